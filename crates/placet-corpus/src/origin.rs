//! Where the characters of an item's text stand in its original.

use std::ops::Range;

/// Maps character offsets of an item's text to character offsets of the original: the HTML source, the value of
/// a JSON field. Characters are Unicode scalar values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Text and original are the same.
    #[default]
    Identity,
    /// They differ; the segments cover the text without gap, in order.
    Segments(Vec<Segment>),
}

/// A run of text that stems from one run of the original. It ends where the next segment starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First character of the run in the text.
    pub text_start: usize,
    /// First character of the run in the original.
    pub original_start: usize,
    /// How the two runs correspond.
    pub kind: SegmentKind,
}

/// How a run of text corresponds to its run of the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// Character by character.
    Run,
    /// As a whole: an entity, or a line break put in for a block element (length 0 in the original).
    Whole {
        /// Characters of the original.
        original_len: usize,
    },
}

impl Origin {
    /// The place in the original of the character at `text` (or of the text's end).
    pub fn resolve(&self, text: usize) -> usize {
        match self {
            Self::Identity => text,
            Self::Segments(segments) => segment_at(segments, text).map_or(0, |segment| match segment.kind {
                SegmentKind::Run => segment.original_start + (text - segment.text_start),
                SegmentKind::Whole { original_len } if text == segment.text_start || original_len == 0 => {
                    segment.original_start
                }
                SegmentKind::Whole { .. } => segment.original_start,
            }),
        }
    }

    /// The range of the original that the characters in `text` come from: from the start of the first one to the
    /// end of the last one.
    pub fn range(&self, text: Range<usize>) -> Range<usize> {
        if text.is_empty() {
            let at = self.resolve(text.start);
            return at..at;
        }
        let end = match self {
            Self::Identity => text.end,
            Self::Segments(segments) => {
                let last = text.end - 1;
                segment_at(segments, last).map_or(0, |segment| match segment.kind {
                    SegmentKind::Run => segment.original_start + (last - segment.text_start) + 1,
                    SegmentKind::Whole { original_len } => segment.original_start + original_len,
                })
            }
        };
        let start = self.resolve(text.start);
        start..end.max(start)
    }
}

fn segment_at(segments: &[Segment], text: usize) -> Option<Segment> {
    let after = segments.partition_point(|segment| segment.text_start <= text);
    segments.get(after.checked_sub(1)?).copied()
}

/// Builds the segments of a text while it is written.
#[derive(Debug, Default)]
pub(crate) struct OriginBuilder {
    segments: Vec<Segment>,
}

impl OriginBuilder {
    /// The text's characters from `text_start` on are those of the original from `original_start` on.
    pub(crate) fn run(&mut self, text_start: usize, original_start: usize) {
        if let Some(last) = self.segments.last()
            && last.kind == SegmentKind::Run
            && text_start >= last.text_start
            && original_start >= last.original_start
            && text_start - last.text_start == original_start - last.original_start
        {
            return;
        }
        self.segments.push(Segment { text_start, original_start, kind: SegmentKind::Run });
    }

    /// The text's characters from `text_start` on stand for `original_len` characters of the original.
    pub(crate) fn whole(&mut self, text_start: usize, original_start: usize, original_len: usize) {
        self.segments.push(Segment { text_start, original_start, kind: SegmentKind::Whole { original_len } });
    }

    pub(crate) fn finish(self) -> Origin {
        match self.segments.as_slice() {
            [] | [Segment { text_start: 0, original_start: 0, kind: SegmentKind::Run }] => Origin::Identity,
            _ => Origin::Segments(self.segments),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_and_breaks_resolve_to_their_source() {
        // original: "a&amp;b<br>c"   text: "a&b\nc"
        let mut builder = OriginBuilder::default();
        builder.run(0, 0);
        builder.whole(1, 1, 5);
        builder.run(2, 6);
        builder.whole(3, 7, 0);
        builder.run(4, 11);
        let origin = builder.finish();
        assert_eq!(origin.range(0..1), 0..1);
        assert_eq!(origin.range(1..2), 1..6);
        assert_eq!(origin.range(0..5), 0..12);
        assert_eq!(origin.range(2..4), 6..7);
        assert_eq!(origin.resolve(4), 11);
    }

    #[test]
    fn a_single_run_from_the_start_is_the_identity() {
        let mut builder = OriginBuilder::default();
        builder.run(0, 0);
        builder.run(4, 4);
        assert_eq!(builder.finish(), Origin::Identity);
    }
}
