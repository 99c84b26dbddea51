//! What a disclosure proves, in plain words: a private field of an entry, or a row of a sealed shard.

use placet_log::cbor::Value;
use placet_log::disclosure::{Proven, Shown};
use placet_log::leaf::Leaf;
use serde::Serialize;

use super::{Signed, plain, say_signed};
use crate::output::foreign;

#[derive(Serialize)]
pub(super) struct Said {
    log: String,
    log_size: u64,
    entry: u64,
    /// `shard`, `register`, `authorization`, `value`, `correction` or `key`.
    kind: &'static str,
    period: Option<String>,
    /// `field` or `row`.
    shown: &'static str,
    /// The row's number.
    row: Option<u64>,
    /// How many rows the shard has.
    rows: Option<u64>,
    members: Vec<(String, String)>,
    signed: Vec<Signed>,
    not_proven: Vec<&'static str>,
}

impl Said {
    pub(super) fn of(proven: Proven) -> Said {
        let (kind, period) = match &proven.leaf {
            Leaf::Shard(shard) => ("shard", Some(&shard.period)),
            Leaf::Register(register) => ("register", Some(&register.period)),
            Leaf::Authorization(document) => ("authorization", Some(&document.period)),
            Leaf::Value(document) => ("value", Some(&document.period)),
            Leaf::Correction { document, .. } => ("correction", Some(&document.period)),
            Leaf::KeyChange { .. } => ("key", None),
        };
        let period = period.cloned();
        let rows = match &proven.leaf {
            Leaf::Shard(shard) => Some(shard.rows),
            _ => None,
        };
        let (shown, row, members) = match proven.shown {
            Shown::Field { name, value } => ("field", None, vec![(name, plain(&value))]),
            Shown::Row { index, value: Value::Map(members) } => {
                let members = members.into_iter().map(|(name, value)| (name, plain(&value)));
                ("row", Some(index), members.collect())
            }
            Shown::Row { index, value } => ("row", Some(index), vec![("row".to_owned(), plain(&value))]),
        };
        let signed = Signed::all(proven.signed);
        let mut not_proven = vec!["that what was sealed is true, or all that there was to seal"];
        not_proven.extend(Signed::not_proven(&signed));
        Said {
            log: proven.checkpoint.origin,
            log_size: proven.checkpoint.size,
            entry: proven.index,
            kind,
            period,
            shown,
            row,
            rows: rows.filter(|_| row.is_some()),
            members,
            signed,
            not_proven,
        }
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "PROVEN")?;
        let period =
            self.period.as_ref().map_or(String::new(), |p| format!(" for the period {}", foreign(p)));
        writeln!(
            f,
            "  Entry {} of the log {} ({} entries) is of the kind {}{period}.",
            self.entry,
            foreign(&self.log),
            self.log_size,
            self.kind
        )?;
        say_signed(f, &self.signed)?;
        let what = match self.row.zip(self.rows) {
            Some((row, rows)) => format!("Row {row} of the {rows} that it commits to, counted from 0,"),
            None => "A private field that it commits to".to_owned(),
        };
        writeln!(f, "  {what} reads:\n")?;
        for (name, value) in &self.members {
            writeln!(f, "    {}  {}", foreign(name), foreign(value))?;
        }
        writeln!(f, "\nNOT PROVEN")?;
        self.not_proven.iter().try_for_each(|line| writeln!(f, "  - {line}"))
    }
}
