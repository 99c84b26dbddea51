//! What a disclosure proves, in plain words: a private field of an entry, a row of a sealed shard, or a change of key.

use placet_log::cbor::Value;
use placet_log::disclosure::{Proven, Shown};
use placet_log::leaf::Leaf;
use serde::Serialize;

use super::{Signed, Stamped, plain, say_signed, say_stamped};
use crate::output::foreign;

#[derive(Serialize)]
pub(super) struct Said {
    log: String,
    log_size: u64,
    entry: u64,
    /// `shard`, `register`, `authorization`, `value`, `correction` or `key`.
    kind: &'static str,
    period: Option<String>,
    /// `field`, `row` or `key`.
    shown: &'static str,
    /// The row's number.
    row: Option<u64>,
    /// How many rows the shard has.
    rows: Option<u64>,
    members: Vec<(String, String)>,
    signed: Vec<Signed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stamped: Option<Stamped>,
    not_proven: Vec<&'static str>,
}

impl Said {
    pub(super) fn of(proven: Proven, stamped: Option<Stamped>) -> Said {
        let (kind, period) = match &proven.leaf {
            Leaf::Shard(shard) => ("shard", Some(&shard.period)),
            Leaf::Register(register) => ("register", Some(&register.period)),
            Leaf::Authorization(document) => ("authorization", Some(&document.period)),
            Leaf::Value(document) => ("value", Some(&document.period)),
            Leaf::Settlement { document, .. } => ("settlement", Some(&document.period)),
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
            Shown::Key { what, old, new } => {
                let members = [("which", what), ("old", old), ("new", new)];
                ("key", None, members.map(|(name, value)| (name.to_owned(), value)).to_vec())
            }
        };
        let signed = Signed::all(proven.signed);
        let mut not_proven = match shown {
            "key" => {
                vec!["that its owner changed the key: whoever stole it could have done so too"]
            }
            _ => vec!["that what was sealed is true, or all that there was to seal"],
        };
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
            stamped,
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
        say_stamped(f, self.stamped.as_ref())?;
        let what = match (self.shown, self.row.zip(self.rows)) {
            (_, Some((row, rows))) => {
                format!("Row {row} of the {rows} that it commits to, counted from 0, reads")
            }
            ("key", None) => "From there on another key signs".to_owned(),
            (_, None) => "A private field that it commits to reads".to_owned(),
        };
        writeln!(f, "  {what}:\n")?;
        for (name, value) in &self.members {
            writeln!(f, "    {}  {}", foreign(name), foreign(value))?;
        }
        writeln!(f, "\nNOT PROVEN")?;
        self.not_proven.iter().try_for_each(|line| writeln!(f, "  - {line}"))
    }
}
