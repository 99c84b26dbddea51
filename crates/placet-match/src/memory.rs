//! Memory for the hot tables of a pack: huge pages where the system gives them, the file itself where memory is short.
//!
//! A probe of a large table costs a page walk, not the table: with pages of 4 KiB it takes some 30 times as long as with
//! pages of 2 MiB. So the tables are read into anonymous memory for which huge pages were asked.
#![expect(
    unsafe_code,
    reason = "anonymous and file mappings; `Heap` is the safe twin that tests hold them against"
)]

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::ptr::NonNull;

/// Words of 64 bits, read-only once filled.
#[derive(Debug)]
pub(crate) struct Memory(Kind);

#[derive(Debug)]
enum Kind {
    Heap(Vec<u64>),
    #[cfg(target_os = "linux")]
    Mapped {
        at: NonNull<u64>,
        words: usize,
        /// Bytes that are mapped.
        bytes: usize,
        pages: Pages,
    },
}

/// Where a table lies; the run's record says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// Ordinary memory: another system, or a small table.
    Heap,
    /// Anonymous memory for which huge pages were asked.
    Huge,
    /// The pack's file, mapped: memory was too short for a copy, and each probe costs a page walk.
    File,
}

impl Pages {
    /// The word for it in files and output.
    pub const fn code(self) -> &'static str {
        match self {
            Pages::Heap => "heap",
            Pages::Huge => "huge-pages",
            Pages::File => "file",
        }
    }
}

/// Below this, huge pages have nothing to win.
const HUGE_FROM: usize = 4 << 20;

/// Bytes of a file that are handed over at a time: they are still in a core's own cache when they are hashed.
const PART: usize = 128 << 10;

/// A huge page.
#[cfg(target_os = "linux")]
const HUGE_PAGE: usize = 2 << 20;

/// Bytes that the machine keeps free when tables are loaded.
const HEADROOM: u64 = 512 << 20;

// SAFETY: the mapping is private to this value, shared only for reading, and unmapped when the value goes.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    /// Zeroed memory.
    pub(crate) fn zeroed(words: usize) -> io::Result<Memory> {
        #[cfg(target_os = "linux")]
        if words * 8 >= HUGE_FROM {
            return anonymous(words);
        }
        Ok(Memory(Kind::Heap(vec![0; words])))
    }

    /// The words of a file from an offset that is a multiple of 4096. They are handed to `seen` as they are read, in
    /// order; a mapped file is handed over too, but the system may fetch it again later.
    pub(crate) fn load(
        file: &File,
        offset: u64,
        words: usize,
        mut seen: impl FnMut(&[u8]),
    ) -> io::Result<Memory> {
        #[cfg(target_os = "linux")]
        if words * 8 >= HUGE_FROM && available().is_some_and(|free| free < words as u64 * 8 + HEADROOM) {
            let memory = map(file, offset, words)?;
            for part in memory.bytes().chunks(PART) {
                seen(part);
            }
            return Ok(memory);
        }
        let mut memory = Memory::zeroed(words)?;
        let mut at = offset;
        for part in memory.bytes_mut().chunks_mut(PART) {
            file.read_exact_at(part, at)?;
            seen(part);
            at += part.len() as u64;
        }
        Ok(memory)
    }

    pub(crate) fn words(&self) -> &[u64] {
        match &self.0 {
            Kind::Heap(words) => words,
            // SAFETY: the mapping holds this many words and lives as long as `self`.
            #[cfg(target_os = "linux")]
            Kind::Mapped { at, words, .. } => unsafe { std::slice::from_raw_parts(at.as_ptr(), *words) },
        }
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        match &mut self.0 {
            Kind::Heap(words) => words,
            // SAFETY: as above; only anonymous memory is made mutable, before it is shared.
            #[cfg(target_os = "linux")]
            Kind::Mapped { at, words, .. } => unsafe { std::slice::from_raw_parts_mut(at.as_ptr(), *words) },
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        let words = self.words();
        // SAFETY: every byte of a word is a valid byte.
        unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), words.len() * 8) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let words = self.words_mut();
        // SAFETY: every byte of a word is a valid byte, and every pattern of bytes a word.
        unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len() * 8) }
    }

    pub(crate) fn pages(&self) -> Pages {
        match &self.0 {
            Kind::Heap(_) => Pages::Heap,
            #[cfg(target_os = "linux")]
            Kind::Mapped { pages, .. } => *pages,
        }
    }
}

/// Whole huge pages: what lies outside of them would lie in small ones.
#[cfg(target_os = "linux")]
fn anonymous(words: usize) -> io::Result<Memory> {
    let bytes = (words * 8).next_multiple_of(HUGE_PAGE);
    // SAFETY: a fresh anonymous mapping, of which the ends that are given back are never used; a failure is reported,
    // advice that is refused costs speed alone.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let all = bytes + HUGE_PAGE;
        let start = libc::mmap(std::ptr::null_mut(), all, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let before = start.align_offset(HUGE_PAGE);
        let at = start.byte_add(before);
        if before > 0 {
            libc::munmap(start, before);
        }
        if before < HUGE_PAGE {
            libc::munmap(at.byte_add(bytes), HUGE_PAGE - before);
        }
        let pages =
            if libc::madvise(at, bytes, libc::MADV_HUGEPAGE) == 0 { Pages::Huge } else { Pages::Heap };
        let at = NonNull::new(at.cast()).ok_or_else(io::Error::last_os_error)?;
        Ok(Memory(Kind::Mapped { at, words, bytes, pages }))
    }
}

#[cfg(target_os = "linux")]
fn map(file: &File, offset: u64, words: usize) -> io::Result<Memory> {
    use std::os::fd::AsRawFd as _;
    let offset = offset.try_into().map_err(io::Error::other)?;
    // SAFETY: a fresh read-only mapping of an open file.
    unsafe {
        let at = libc::mmap(
            std::ptr::null_mut(),
            words * 8,
            libc::PROT_READ,
            libc::MAP_PRIVATE,
            file.as_raw_fd(),
            offset,
        );
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let at = NonNull::new(at.cast()).ok_or_else(io::Error::last_os_error)?;
        Ok(Memory(Kind::Mapped { at, words, bytes: words * 8, pages: Pages::File }))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Memory {
    fn drop(&mut self) {
        if let Kind::Mapped { at, bytes, .. } = &self.0 {
            // SAFETY: mapped with this length, and not used after.
            unsafe {
                libc::munmap(at.as_ptr().cast(), *bytes);
            }
        }
    }
}

/// Bytes that can be had without swapping, where the system says.
#[cfg(target_os = "linux")]
fn available() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_memory_holds_the_same_words() {
        let words: Vec<u64> =
            (0..HUGE_FROM as u64 / 8 + 512).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_ne_bytes()).collect();
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&bytes, 4096).unwrap();
        let heap = Memory(Kind::Heap(words.clone()));
        let mut seen = vec![];
        let loaded = Memory::load(&file, 4096, words.len(), |part| seen.extend_from_slice(part)).unwrap();
        assert_eq!(seen, bytes);
        assert_eq!(loaded.words(), heap.words());
        #[cfg(target_os = "linux")]
        {
            assert_eq!(loaded.words().as_ptr().addr() % HUGE_PAGE, 0, "whole huge pages");
            let mapped = map(&file, 4096, words.len()).unwrap();
            assert_eq!((mapped.words(), mapped.pages()), (heap.words(), Pages::File));
        }
    }
}
