//! Which fields of a JSON record or columns of a Parquet file hold the text, the id, the address.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::json::Names;
use crate::options::ReadOptions;

/// Where the text is looked for when no option names it, best first. Arrays are looked through, so that
/// `messages.content` is every turn of a conversation.
pub const TEXT_FIELDS: [&str; 15] = [
    "text",
    "content",
    "raw_content",
    "body",
    "document",
    "article",
    "contents",
    "passage",
    "page_content",
    "markdown",
    "maintext",
    "article_body",
    "data.text",
    "messages.content",
    "conversations.value",
];
/// Where the document's own id is looked for.
pub const ID_FIELDS: [&str; 12] = [
    "id",
    "doc_id",
    "docid",
    "document_id",
    "uid",
    "uuid",
    "_id",
    "warc_record_id",
    "warc-record-id",
    "metadata.id",
    "metadata.doc_id",
    "metadata.warc-record-id",
];
/// Where the address is looked for; `source` counts only where it holds one, and so does the id.
pub const URL_FIELDS: [&str; 15] = [
    "url",
    "uri",
    "source_url",
    "page_url",
    "link",
    "warc-target-uri",
    "warc_target_uri",
    "target_uri",
    "metadata.url",
    "metadata.uri",
    "metadata.source_url",
    "metadata.warc-target-uri",
    "metadata.warc_url",
    "meta.url",
    "source",
];
/// Where the language is looked for.
pub const LANGUAGE_FIELDS: [&str; 8] = [
    "language",
    "lang",
    "language_code",
    "metadata.language",
    "metadata.lang",
    "meta.language",
    "warc-identified-content-language",
    "metadata.warc-identified-content-language",
];
/// Where the time of capture is looked for.
pub const CAPTURED_FIELDS: [&str; 11] = [
    "captured",
    "date_download",
    "metadata.date_download",
    "crawl_date",
    "warc-date",
    "warc_date",
    "metadata.warc-date",
    "fetch_time",
    "timestamp",
    "date",
    "created",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Id,
    Url,
    Language,
    Captured,
}

/// The names to look for, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub(crate) names: Names,
    /// Kind and rank (0 is best) of each target.
    targets: Vec<(Kind, usize)>,
    /// Whether all text fields count, not the best one alone.
    join: bool,
}

impl Fields {
    pub(crate) fn new(options: &ReadOptions) -> Self {
        let mut fields =
            Self { names: Names::default(), targets: Vec::new(), join: !options.text_fields.is_empty() };
        if fields.join {
            fields.add(Kind::Text, options.text_fields.iter().map(String::as_str));
        } else {
            fields.add(Kind::Text, TEXT_FIELDS.into_iter());
        }
        match &options.id_field {
            Some(field) => fields.add(Kind::Id, std::iter::once(field.as_str())),
            None => fields.add(Kind::Id, ID_FIELDS.into_iter()),
        }
        match &options.url_field {
            Some(field) => fields.add(Kind::Url, std::iter::once(field.as_str())),
            None => fields.add(Kind::Url, URL_FIELDS.into_iter()),
        }
        fields.add(Kind::Language, LANGUAGE_FIELDS.into_iter());
        fields.add(Kind::Captured, CAPTURED_FIELDS.into_iter());
        fields
    }

    fn add<'a>(&mut self, kind: Kind, paths: impl Iterator<Item = &'a str>) {
        for (rank, path) in paths.enumerate() {
            self.names.add(path, self.targets.len());
            self.targets.push((kind, rank));
        }
    }

    /// Kind and rank of a target.
    pub(crate) fn target(&self, target: usize) -> Option<(Kind, usize)> {
        self.targets.get(target).copied()
    }

    /// Whether the text of all fields is joined.
    pub(crate) fn join(&self) -> bool {
        self.join
    }
}

/// What was found besides the text; each place keeps its best-ranked value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    id: Option<(usize, String)>,
    url: Option<(usize, String)>,
    language: Option<(usize, String)>,
    captured: Option<(usize, Timestamp)>,
}

impl Facts {
    pub(crate) fn add(&mut self, kind: Kind, rank: usize, value: &str) {
        if value.is_empty() {
            return;
        }
        match kind {
            Kind::Text => {}
            Kind::Id => keep(&mut self.id, rank, || Some(value.to_owned())),
            Kind::Url => keep(&mut self.url, rank, || is_address(value).then(|| value.to_owned())),
            Kind::Language => keep(&mut self.language, rank, || Some(value.to_owned())),
            Kind::Captured => keep(&mut self.captured, rank, || timestamp(value)),
        }
    }

    /// Id, url, language, time of capture.
    pub(crate) fn finish(self) -> (Option<String>, Option<String>, Option<String>, Option<Timestamp>) {
        let id = self.id.map(|(_, id)| id);
        let url = self.url.map(|(_, url)| url).or_else(|| id.clone().filter(|id| is_address(id)));
        (id, url, self.language.map(|(_, language)| language), self.captured.map(|(_, captured)| captured))
    }
}

fn keep<T>(slot: &mut Option<(usize, T)>, rank: usize, value: impl FnOnce() -> Option<T>) {
    if slot.as_ref().is_none_or(|(held, _)| rank < *held)
        && let Some(value) = value()
    {
        *slot = Some((rank, value));
    }
}

/// Whether a value is an absolute address or at least a host with a path.
fn is_address(value: &str) -> bool {
    !value.contains(char::is_whitespace)
        && (value.contains("://") || (value.contains('.') && value.contains('/')))
}

/// Reads RFC 3339, `2020-03-29 09:04:10`, `2020-03-29`, ARC's `20140216050221` and seconds or milliseconds since 1970.
/// A time without zone is taken as UTC.
pub(crate) fn timestamp(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    if let Some(digits) = digits_of(value) {
        let when = of_digits(&digits);
        if when.is_some() || value.len() == digits.len() {
            return when;
        }
    }
    if let Ok(number) = value.parse::<i64>() {
        return if number.abs() > 100_000_000_000 {
            Timestamp::from_millisecond(number).ok()
        } else if number > 100_000_000 {
            Timestamp::from_second(number).ok()
        } else {
            None
        };
    }
    value
        .parse::<Timestamp>()
        .ok()
        .or_else(|| TimeZone::UTC.to_timestamp(value.parse::<DateTime>().ok()?).ok())
        .or_else(|| {
            TimeZone::UTC
                .to_timestamp(value.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight()))
                .ok()
        })
}

/// The digits of `20140216050221` and of `2014-02-16T05:02:21Z`, which web archives have: a general reader takes several times
/// as long, for each record.
fn digits_of(value: &str) -> Option<[u8; 14]> {
    const SHAPE: &[u8; 20] = b"0000-00-00T00:00:00Z";
    let value = value.as_bytes();
    let mut digits = [0; 14];
    if value.len() == digits.len() {
        digits.copy_from_slice(value);
    } else if value.len() == SHAPE.len() {
        let mut places = digits.iter_mut();
        for (byte, shape) in value.iter().zip(SHAPE) {
            if *shape == b'0' {
                *places.next()? = *byte;
            } else if byte != shape {
                return None;
            }
        }
    } else {
        return None;
    }
    digits.iter().all(u8::is_ascii_digit).then_some(digits)
}

fn of_digits(digits: &[u8; 14]) -> Option<Timestamp> {
    let number = |from: usize, to: usize| {
        digits
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .fold(0, |sum, digit| sum * 10 + i16::from(digit - b'0'))
    };
    let part = |from: usize| number(from, from + 2) as i8;
    let when = DateTime::new(number(0, 4), part(4), part(6), part(8), part(10), part(12), 0);
    TimeZone::UTC.to_timestamp(when.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (written, expected) in [
            ("2020-03-29T09:04:10Z", "2020-03-29T09:04:10Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("2023-04-07T15:24:38.743534+00:00", "2023-04-07T15:24:38.743534Z"),
            ("2020-03-29 09:04:10", "2020-03-29T09:04:10Z"),
            ("2020-03-29", "2020-03-29T00:00:00Z"),
            ("20140216050221", "2014-02-16T05:02:21Z"),
            ("1585472650", "2020-03-29T09:04:10Z"),
            ("1585472650000", "2020-03-29T09:04:10Z"),
        ] {
            assert_eq!(timestamp(written).map(|at| at.to_string()).as_deref(), Some(expected), "{written}");
        }
        for wrong in [
            "",
            "12",
            "yesterday",
            "20141316050221",
            "2020-02-30",
            "2020-02-30T00:00:00Z",
            "2020-02-03T00:00:00z0",
        ] {
            assert_eq!(timestamp(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_best_ranked_value_wins_and_a_source_must_be_an_address() {
        let mut facts = Facts::default();
        facts.add(Kind::Url, 14, "common-crawl");
        facts.add(Kind::Id, 3, "later");
        facts.add(Kind::Id, 0, "http://example.org/a");
        let (id, url, ..) = facts.finish();
        assert_eq!(id.as_deref(), Some("http://example.org/a"));
        assert_eq!(url.as_deref(), Some("http://example.org/a"));
    }
}
