//! From bytes of a text to its characters.

/// Counts of the characters of a text, made when a match first asks for them.
#[derive(Default)]
pub(crate) struct Characters {
    /// Characters before each [`COUNTED_BYTES`] bytes; empty for ASCII, where bytes are characters.
    counts: Vec<usize>,
    ascii: bool,
}

const COUNTED_BYTES: usize = 1024;

impl Characters {
    /// Another text comes.
    pub(crate) fn clear(&mut self) {
        self.counts.clear();
    }

    /// Counts the characters of a text, unless that was done.
    pub(crate) fn prepare(&mut self, text: &str, ascii: bool) {
        self.ascii = ascii;
        if ascii || !self.counts.is_empty() {
            return;
        }
        let mut count = 0;
        for chunk in text.as_bytes().chunks(COUNTED_BYTES) {
            self.counts.push(count);
            count += starts(chunk);
        }
    }

    /// Characters that begin before this byte.
    pub(crate) fn before(&self, text: &str, byte: usize) -> usize {
        if self.ascii {
            return byte;
        }
        let chunk = byte / COUNTED_BYTES;
        let counted = self.counts.get(chunk).copied().unwrap_or(0);
        counted + starts(&text.as_bytes()[(chunk * COUNTED_BYTES).min(byte)..byte])
    }
}

/// Characters that begin in these bytes: all but continuation bytes begin one.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b as i8 >= -64).count()
}
