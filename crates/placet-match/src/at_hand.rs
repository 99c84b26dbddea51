//! Texts of works, where the one who scans has them.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::letters::Letters;

/// Texts of works, where the one who scans has them: gives exact ends and an edit rate.
pub trait Texts: Sync {
    /// The text of a work, and the range of bytes that is the work itself.
    fn text(&self, pack: u16, work: u32) -> Option<(String, Range<usize>)>;
}

/// The text of a work, ready for alignment.
pub(crate) struct WorkText {
    text: String,
    body: Range<usize>,
    pub(crate) letters: Letters,
}

impl WorkText {
    pub(crate) fn characters(&self, letters: &Range<usize>) -> (u64, u64) {
        let inner = &self.text[self.body.clone()];
        let start = self.body.start + self.letters.byte_of(inner, letters.start);
        let end = self.body.start + self.letters.byte_after(inner, letters.end - 1);
        let start_character = self.text[..start].chars().count();
        (start_character as u64, (start_character + self.text[start..end].chars().count()) as u64)
    }
}

/// The texts compared last; one corpus file tends to hold the same works again and again.
#[derive(Default)]
pub(crate) struct TextCache {
    texts: VecDeque<Cached>,
    bytes: usize,
}

/// Pack and work, and its text where there is one.
type Cached = ((u16, u32), Option<Arc<WorkText>>);

/// Bytes of texts kept by a scanner.
const CACHED_BYTES: usize = 48 << 20;

impl TextCache {
    pub(crate) fn get(&mut self, texts: &dyn Texts, pack: u16, work: u32) -> Option<Arc<WorkText>> {
        if let Some(at) = self.texts.iter().position(|t| t.0 == (pack, work)) {
            let entry = self.texts.remove(at)?;
            let text = entry.1.clone();
            self.texts.push_back(entry);
            return text;
        }
        let text = texts.text(pack, work).filter(|(text, body)| text.get(body.clone()).is_some());
        let text = text.map(|(text, body)| {
            let letters = Letters::of(&text[body.clone()]);
            Arc::new(WorkText { text, body, letters })
        });
        self.bytes += text.as_ref().map_or(0, |t| t.text.len() * 2);
        self.texts.push_back(((pack, work), text.clone()));
        while self.bytes > CACHED_BYTES && self.texts.len() > 1 {
            let dropped = self.texts.pop_front().and_then(|t| t.1);
            self.bytes -= dropped.map_or(0, |t| t.text.len() * 2);
        }
        text
    }
}
