//! The shapes of what a run writes. `docs/formats/` describes each for readers; a change of meaning raises its version.

use placet_corpus::table::{Column, ColumnKind};

pub(crate) const PLAN: &str = "placet.plan/1";
pub(crate) const COMMIT: &str = "placet.commit/1";
pub(crate) const RUN: &str = "placet.run/1";
pub(crate) const DECISIONS: &str = "placet.decisions/2";
pub(crate) const MATCHES: &str = "placet.matches/1";
pub(crate) const USES: &str = "placet.uses/1";
pub(crate) const ASIDE: &str = "placet.aside/1";

/// One row for each item and use.
pub(crate) fn decisions() -> Vec<Column> {
    use ColumnKind::{OptText, Text, TextList, U64};
    columns(&[
        ("item_id", Text, "the document's own id, else path#n with n counting from 1"),
        ("path", Text, "file below the corpus; a member of an archive stands behind an exclamation mark"),
        ("ordinal", U64, "place of the item in its file or member, from 1"),
        ("url", OptText, "address the item was taken from"),
        ("domain", OptText, "host of the address, in lower case, without www."),
        ("language", OptText, "language as stated by the document or its crawler; never guessed"),
        ("use", Text, "the use that was asked about"),
        ("verdict", Text, "allowed, conditional, unknown or denied; unknown is never a yes"),
        ("ground", Text, "what decided it"),
        ("protocol", OptText, "protocol of the signal that decided it"),
        ("works", TextList, "works that count, as issuer/id"),
        ("duties", TextList, "duties that come with a grant"),
        ("letters", U64, "letters and digits of the item's text"),
        (
            "matched_letters",
            U64,
            "letters in stretches that match a work and are not common text, counted once",
        ),
        ("matched_permille", U64, "matched_letters in thousandths of letters"),
        (
            "witness",
            TextList,
            "what decided it, one JSON object each: a signal with protocol, place, hash and time, or a right",
        ),
        ("shadowed", TextList, "what was heard and did not decide, one JSON object each, with why"),
        ("flags", TextList, "what a person should look at"),
        ("cleared", Text, "what the cleared corpus holds of it: kept, redacted or dropped"),
    ])
}

/// One row for each match.
pub(crate) fn matches() -> Vec<Column> {
    use ColumnKind::{Bool, F32, Text, U64};
    columns(&[
        ("item_id", Text, "as in decisions"),
        ("path", Text, "as in decisions"),
        ("ordinal", U64, "as in decisions"),
        ("work_id", Text, "the work's id in its issuer's registry"),
        ("issuer", Text, "who issued the pack"),
        ("pack", Text, "id of the pack"),
        ("item_start", U64, "first character of the item's original that certainly belongs to the match"),
        ("item_end", U64, "character behind the last one"),
        ("work_start", U64, "first character of the work; near it where estimated"),
        ("work_end", U64, "character behind the last one; near it where estimated"),
        ("margin_start", U64, "characters of the original by which the true run may begin earlier"),
        ("margin_end", U64, "characters of the original by which the true run may end later"),
        ("letters", U64, "letters that certainly agree"),
        ("similarity", F32, "share of the stretch that agrees, 0 to 1"),
        ("measured", Text, "estimated from hashes, or aligned with the text of the work"),
        ("kind", Text, "exact, near or excerpt"),
        ("common", Bool, "text that many works share or that nobody may claim; counts as a use of no work"),
    ])
}

/// One row for each work, use, verdict, ground and shard.
pub(crate) fn uses() -> Vec<Column> {
    use ColumnKind::{Text, U64};
    columns(&[
        ("issuer", Text, "who issued the pack"),
        ("work_id", Text, "the work's id in its issuer's registry"),
        ("title", Text, "its title"),
        ("pack", Text, "id of the pack"),
        ("use", Text, "the use that was asked about"),
        ("shard", Text, "shard of the corpus"),
        ("words", U64, "words of the items that certainly stem from the work"),
        ("letters", U64, "letters of the items that certainly stem from the work"),
        ("items", U64, "items that hold them"),
        ("verdict", Text, "the items' verdict for this use"),
        ("ground", Text, "the items' ground for this use"),
    ])
}

/// Texts in which hardly two items agree.
const OF_ONE_ITEM: [&str; 2] = ["item_id", "url"];

fn columns(list: &[(&str, ColumnKind, &str)]) -> Vec<Column> {
    let column = |(name, kind, doc): &(&str, ColumnKind, &str)| {
        let column = Column::new(name, *kind, doc);
        if OF_ONE_ITEM.contains(name) { column.distinct() } else { column }
    };
    list.iter().map(column).collect()
}
