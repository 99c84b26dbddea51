//! Section 2: datasets, crawls and domains, by the sources that the provider declares.

use super::numbers::{percent, spaced};
use super::{Filling, Making};
use crate::summary::answers::{SourceDecl, SourceKind};
use crate::summary::document::{Answer, Months, Named, SourceRow, Stands};
use crate::summary::gather::Totals;
use crate::summary::template::Field;

/// A dataset above this share of all publicly available datasets, in per cent, is listed by name.
pub const LARGE_PERCENT: u64 = 3;

impl Making<'_> {
    /// Public datasets with their volume.
    fn public(&self) -> Vec<(&SourceDecl, u64)> {
        let of = |(at, source): (usize, &SourceDecl)| {
            (source.kind == SourceKind::PublicDataset).then(|| {
                let counted = self.m.gathered.sources.get(at).map_or(0, |totals| totals.volume);
                (at, source.bytes.unwrap_or(counted))
            })
        };
        let found = self.m.answers.sources.iter().enumerate().filter_map(of);
        found.filter_map(|(at, volume)| Some((self.m.answers.sources.get(at)?, volume))).collect()
    }

    pub(super) fn large(&self, of: &Field) -> Filling {
        let public = self.public();
        let all: u64 = public.iter().map(|(_, volume)| volume).sum();
        if public.is_empty() || all == 0 {
            return match self.given(of) {
                (Stands::Unknown, Answer::Unknown(why), _) if !self.m.answers.fields.contains_key(of.key) => {
                    let why = format!("{why}; no [[source]] of kind public-dataset is declared");
                    (Stands::Unknown, Answer::Unknown(why), Vec::new())
                }
                given => given,
            };
        }
        let large = public.iter().filter(|(_, volume)| is_large(*volume, all));
        let list = large
            .map(|(source, volume)| {
                let mut detail = format!("{} % of all publicly available datasets", percent(*volume, all));
                if let Some(selection) = &source.selection {
                    detail.push_str(&format!("; part used: {selection}"));
                }
                Named {
                    name: source.name.clone(),
                    link: source.link.clone(),
                    version: source.version.clone(),
                    summary: None,
                    detail: Some(detail),
                }
            })
            .collect();
        let what = format!(
            "volume of each source of kind public-dataset against their sum; listed above {LARGE_PERCENT} %"
        );
        (Stands::Both, Answer::List(list), self.counted_by(&what))
    }

    pub(super) fn other_public(&self, of: &Field) -> Filling {
        let public = self.public();
        let all: u64 = public.iter().map(|(_, volume)| volume).sum();
        let small: Vec<String> = public
            .iter()
            .filter(|(_, volume)| !is_large(*volume, all))
            .map(|(source, volume)| {
                let link = source.link.as_ref().map_or_else(String::new, |link| format!(", {link}"));
                format!("{}{link} ({} %)", source.name, percent(*volume, all))
            })
            .collect();
        let named = if small.is_empty() {
            "None beyond those listed above".to_owned()
        } else {
            format!("At or below {LARGE_PERCENT} % each: {}", small.join("; "))
        };
        match (self.given_text(of.key), public.is_empty()) {
            (Some(text), false) => (
                Stands::Both,
                Answer::Text(format!("{text}\n{named}.")),
                self.counted_by("volume of each source"),
            ),
            (None, false) => (
                Stands::Measured,
                Answer::Text(format!("{named}.")),
                self.counted_by("volume of each source"),
            ),
            _ => self.given(of),
        }
    }

    fn crawled(&self) -> Totals {
        let mut sum = Totals::default();
        for (source, totals) in self.m.answers.sources.iter().zip(&self.m.gathered.sources) {
            if source.kind == SourceKind::Crawled {
                sum.items += totals.items;
                sum.dated += totals.dated;
                sum.first = [sum.first.take(), totals.first.clone()].into_iter().flatten().min();
                sum.last = sum.last.take().max(totals.last.clone());
            }
        }
        sum
    }

    pub(super) fn period(&mut self, of: &Field) -> Filling {
        let crawled = self.crawled();
        let month = |day: &Option<String>| day.as_deref().and_then(|day| day.get(..7)).map(str::to_owned);
        let Some((from, to)) = month(&crawled.first).zip(month(&crawled.last)) else { return self.given(of) };
        let what = format!(
            "first and last `captured` of the sources of kind crawled; {} of their {} items carry one",
            spaced(crawled.dated),
            spaced(crawled.items)
        );
        let evidence = self.measured_by(&what);
        if let Some(given) = self.m.answers.fields.get(of.key)
            && let Answer::Period(months) = &given.answer
        {
            if months.from > from || months.to < to {
                let says = format!(
                    "states {} to {}, yet items were captured from {from} to {to}",
                    months.from, months.to
                );
                self.fault(given.line, of.key, says, "correct it, or the sources");
            }
            return (Stands::Both, given.answer.clone(), evidence);
        }
        (Stands::Measured, Answer::Period(Months { from, to }), evidence)
    }

    pub(super) fn domains(&self, of: &Field) -> Filling {
        let lists = self.m.domains;
        if lists.list.is_empty() {
            let (stands, answer, evidence) = self.given(of);
            return match answer {
                Answer::Unknown(_) if !self.m.answers.fields.contains_key(of.key) => {
                    let why = "no item of a [[source]] of kind crawled carries an address, and nobody has listed domains".to_owned();
                    (Stands::Unknown, Answer::Unknown(why), evidence)
                }
                answer => (stands, answer, evidence),
            };
        }
        let list = lists
            .list
            .iter()
            .map(|row| Named {
                name: row.domain.clone(),
                detail: Some(format!(
                    "{} documents, {} % of all {}",
                    spaced(row.items),
                    percent(row.volume, lists.volume),
                    lists.unit
                )),
                ..Named::default()
            })
            .collect();
        let says = lists.variants.first().map_or("", |variant| variant.says.as_str());
        let what = format!("registrable domains (public suffix list) of the sources of kind crawled; {says}");
        (Stands::Measured, Answer::List(list), self.counted_by(&what))
    }

    pub(super) fn sources(&self) -> Vec<SourceRow> {
        let declared = self
            .m
            .answers
            .sources
            .iter()
            .map(|source| (source.name.clone(), source.kind.word(), source.bytes));
        let rest = [("not assigned to any source".to_owned(), "unassigned", None)];
        declared
            .chain(rest)
            .zip(&self.m.gathered.sources)
            .filter(|((_, kind, _), totals)| *kind != "unassigned" || totals.items > 0)
            .map(|((name, kind, bytes), totals)| SourceRow {
                name,
                kind: kind.to_owned(),
                items: totals.items,
                volume: bytes.unwrap_or(totals.volume),
                first: totals.first.clone(),
                last: totals.last.clone(),
            })
            .collect()
    }
}

fn is_large(volume: u64, all: u64) -> bool {
    u128::from(volume) * 100 > u128::from(all) * u128::from(LARGE_PERCENT)
}
