//! Bytes in order, with damage reported in between.

use std::fs::File;
use std::io::Read;

use bytes::Bytes;

/// A stream of bytes. A [`Fault`] says that bytes were lost at this point; the next call goes on behind them.
/// After the end, or after a fault that nothing can follow, `fill` gives an empty slice for ever.
pub(crate) trait Input {
    /// The bytes at hand; empty at the end.
    fn fill(&mut self) -> Result<&[u8], Fault>;
    /// Takes `n` of the bytes that `fill` gave.
    fn consume(&mut self, n: usize);
    /// The offset in the file, in its own (compressed) bytes, up to which the stream was read.
    fn position(&self) -> u64;
    /// As `fill`, with as many bytes as the buffer holds where that is possible.
    fn fill_up(&mut self) -> Result<&[u8], Fault> {
        self.fill()
    }
    /// The first `n` bytes of those that `fill` gave, shared, where that spares a copy.
    fn shared(&self, _n: usize) -> Option<Bytes> {
        None
    }
    /// The compressed bytes of the gzip member whose content is all that `fill` gives now, from its first byte to its
    /// last, where that is known.
    fn packed(&self) -> Option<&[u8]> {
        None
    }
}

/// Bytes that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) position: u64,
    pub(crate) reason: String,
    pub(crate) remedy: &'static str,
}

const BUFFER_BYTES: usize = 256 * 1024;

/// A reader, buffered.
pub(crate) struct Buffered<R> {
    inner: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    read: u64,
    failure: Option<std::io::Error>,
    failed: bool,
}

impl Buffered<File> {
    pub(crate) fn file(file: File) -> Self {
        Self::new(file)
    }
}

impl<R: Read> Buffered<R> {
    pub(crate) fn new(inner: R) -> Self {
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Self { inner, buffer, start: 0, end: 0, read: 0, failure: None, failed: false }
    }

    /// Moves what is left to the front and reads until the buffer is full: where one chunk ends does not depend on how
    /// many bytes the system hands over at a time.
    fn refill(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        while !self.failed
            && let Some(room) = self.buffer.get_mut(self.end..).filter(|room| !room.is_empty())
        {
            match self.inner.read(room) {
                Ok(0) => return,
                Ok(n) => {
                    self.end += n;
                    self.read += n as u64;
                }
                Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
                Err(cause) => {
                    self.failed = true;
                    self.failure = Some(cause);
                }
            }
        }
    }
}

impl<R: Read> Input for Buffered<R> {
    fn fill(&mut self) -> Result<&[u8], Fault> {
        if self.start == self.end {
            self.refill();
        }
        // What was read before a failure is given out first.
        if self.start == self.end
            && let Some(cause) = self.failure.take()
        {
            return Err(Fault {
                position: self.read,
                reason: format!("the rest cannot be read: {cause}"),
                remedy: "check the disk and run the same command again",
            });
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    fn fill_up(&mut self) -> Result<&[u8], Fault> {
        self.refill();
        self.fill()
    }

    fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
    }

    fn position(&self) -> u64 {
        self.read - (self.end - self.start) as u64
    }
}

/// One line, or why there is none.
pub(crate) enum Line {
    /// The line is in the buffer, with its line end where it has one.
    Whole,
    /// The line was longer than allowed and has been skipped.
    TooLong {
        /// Its length.
        bytes: u64,
    },
    End,
}

/// Reads up to and including the next line feed into `line`, which is cleared first. At most `max` bytes are held.
pub(crate) fn read_line(input: &mut dyn Input, line: &mut Vec<u8>, max: u64) -> Result<Line, Fault> {
    line.clear();
    let mut bytes = 0_u64;
    loop {
        let chunk = input.fill()?;
        if chunk.is_empty() {
            break;
        }
        let (take, ended) = memchr::memchr(b'\n', chunk).map_or((chunk.len(), false), |at| (at + 1, true));
        bytes += take as u64;
        if bytes <= max {
            line.extend_from_slice(chunk.get(..take).unwrap_or_default());
        }
        input.consume(take);
        if ended {
            break;
        }
    }
    Ok(if bytes == 0 {
        Line::End
    } else if bytes > max {
        line.clear();
        Line::TooLong { bytes }
    } else {
        Line::Whole
    })
}

/// What [`read_to_end`] found.
pub(crate) enum Rest {
    Whole,
    TooLong { bytes: u64 },
}

/// Reads what is left into `out`, at most `max` bytes; the rest is read and dropped.
pub(crate) fn read_to_end(input: &mut dyn Input, out: &mut Vec<u8>, max: u64) -> Result<Rest, Fault> {
    let mut bytes = 0_u64;
    loop {
        let chunk = input.fill()?;
        if chunk.is_empty() {
            break;
        }
        bytes += chunk.len() as u64;
        if bytes <= max {
            out.extend_from_slice(chunk);
        }
        let n = chunk.len();
        input.consume(n);
    }
    Ok(if bytes > max { Rest::TooLong { bytes } } else { Rest::Whole })
}

/// Bytes that were given back to a stream.
#[derive(Debug, Default)]
pub(crate) struct GivenBack {
    bytes: Vec<u8>,
    at: usize,
}

/// A stream with bytes that were given back to it in front.
pub(crate) struct Held<'a> {
    pub(crate) held: &'a mut GivenBack,
    pub(crate) below: &'a mut dyn Input,
}

impl Held<'_> {
    /// Puts bytes in front of what comes next.
    pub(crate) fn give_back(&mut self, mut bytes: Vec<u8>) {
        bytes.extend_from_slice(self.held.bytes.get(self.held.at..).unwrap_or_default());
        *self.held = GivenBack { bytes, at: 0 };
    }
}

impl Input for Held<'_> {
    fn fill(&mut self) -> Result<&[u8], Fault> {
        match self.held.bytes.get(self.held.at..) {
            Some(rest) if !rest.is_empty() => Ok(rest),
            _ => self.below.fill(),
        }
    }

    fn consume(&mut self, n: usize) {
        if self.held.at < self.held.bytes.len() {
            self.held.at += n;
            if self.held.at >= self.held.bytes.len() {
                *self.held = GivenBack::default();
            }
        } else {
            self.below.consume(n);
        }
    }

    fn position(&self) -> u64 {
        self.below.position()
    }

    fn packed(&self) -> Option<&[u8]> {
        if self.held.at < self.held.bytes.len() { None } else { self.below.packed() }
    }
}

/// The first bytes of a stream.
pub(crate) struct Limited<'a> {
    pub(crate) left: &'a mut u64,
    /// Set when the stream below reports a fault: the count is off from then on.
    pub(crate) faulted: &'a mut bool,
    /// Where the stream below stood when this one was made.
    pub(crate) at: u64,
    pub(crate) below: &'a mut dyn Input,
}

impl Input for Limited<'_> {
    fn fill(&mut self) -> Result<&[u8], Fault> {
        let left = *self.left;
        if left == 0 {
            return Ok(&[]);
        }
        let chunk = match self.below.fill() {
            Ok(chunk) => chunk,
            Err(fault) => {
                *self.faulted = true;
                *self.left = 0;
                return Err(fault);
            }
        };
        if chunk.is_empty() {
            *self.faulted = true;
            *self.left = 0;
            return Err(Fault {
                position: self.at,
                reason: "the archive ends inside this member".to_owned(),
                remedy: "fetch the archive again",
            });
        }
        let step = usize::try_from(left).map_or(chunk.len(), |left| chunk.len().min(left));
        Ok(chunk.get(..step).unwrap_or_default())
    }

    fn consume(&mut self, n: usize) {
        *self.left = self.left.saturating_sub(n as u64);
        self.below.consume(n);
    }

    fn position(&self) -> u64 {
        self.below.position()
    }
}
