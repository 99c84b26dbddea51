//! Lines and tally rows as tables.

use anyhow::anyhow;
use placet_corpus::table::{Cell, Column, ColumnKind};
use placet_remunerate::claim::Name;
use placet_remunerate::settle::{Line, To};
use placet_remunerate::uses::{RowKey, Standing, Totals};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The words for the sections of the lines, in their order.
pub(super) const SECTIONS: [&str; 3] = ["party", "held", "unclaimed"];

/// The columns of `lines.parquet`.
pub(super) fn line_columns() -> Vec<Column> {
    use ColumnKind::{Bool, OptText, Text, U64};
    [
        ("to", Text, "party, held or unclaimed; rows are sorted by this and the receiver"),
        ("receiver", Text, "the party; for money that waits, the work it is kept for"),
        ("pool", U64, "number of the pool in settlement.json, from 0"),
        ("asset", OptText, "the work that was used"),
        ("work", OptText, "the layer of it that this pays"),
        ("use", Text, "the use"),
        ("country", OptText, "where"),
        ("since", Text, "since which change of the work's claims"),
        ("claim", OptText, "under which claim"),
        ("role", OptText, "as what"),
        ("right", OptText, "under which right"),
        ("by_default", Bool, "given by the default rule, stated by nobody"),
        ("why", OptText, "why the money waits (JSON)"),
        ("gross", Text, "grains (billionths of a minor unit) before what managers keep"),
        ("kept", OptText, "what managers keep (JSON)"),
        ("net", Text, "grains that are left"),
    ]
    .map(|(name, kind, doc)| Column::new(name, kind, doc))
    .into()
}

/// The columns of `counted.parquet`.
pub(super) fn row_columns() -> Vec<Column> {
    use ColumnKind::{OptText, Text, U64};
    [
        ("stream", U64, "number of the stream in the tariff, from 0"),
        ("standing", Text, "owed, past or unlicensed"),
        ("model", OptText, "the model version, where each is a licence of its own"),
        ("work", Text, "the work"),
        ("use", Text, "the use"),
        ("country", OptText, "where"),
        ("since", Text, "since which change of the work's claims"),
        ("records", U64, "use records"),
        ("amount", Text, "units times repetitions"),
        ("measured", Text, "the same times parts per billion, where a measurement counts"),
        ("unmeasured", Text, "units times repetitions of what was not measured well enough"),
    ]
    .map(|(name, kind, doc)| Column::new(name, kind, doc))
    .into()
}

/// Hands a line's cells to a writer.
pub(super) fn write_line<E: From<anyhow::Error>>(
    line: &Line,
    push: impl FnOnce(&[Cell<'_>]) -> Result<(), E>,
) -> Result<(), E> {
    let (mut claim, mut role, mut right, mut default, mut why) = (None, None, None, false, None);
    match &line.to {
        To::Party { claim: c, role: ro, right: ri, by_default, .. } => {
            (claim, role, right, default) =
                (Some(&**c), Some(ro.to_string()), Some(ri.to_string()), *by_default);
        }
        To::Held(reason) => why = Some(json(reason)?),
        To::Unclaimed(reason) => why = Some(json(reason)?),
    }
    let kept = if line.kept.is_empty() { None } else { Some(json(&line.kept)?) };
    let (purpose, since) = (line.purpose.to_string(), line.day.to_string());
    let (gross, net) = (line.gross.to_string(), line.net.to_string());
    push(&[
        Cell::Text(SECTIONS.get(usize::from(line.section())).copied().unwrap_or_default()),
        Cell::Text(line.receiver()),
        Cell::U64(line.pool.into()),
        line.asset.as_deref().into(),
        line.work.as_deref().into(),
        Cell::Text(&purpose),
        line.country.as_deref().into(),
        Cell::Text(&since),
        claim.into(),
        role.as_deref().into(),
        right.as_deref().into(),
        Cell::Bool(default),
        why.as_deref().into(),
        Cell::Text(&gross),
        kept.as_deref().into(),
        Cell::Text(&net),
    ])
}

/// Hands a tally row's cells to a writer.
pub(super) fn write_row<E>(
    (key, totals): &(RowKey, Totals),
    push: impl FnOnce(&[Cell<'_>]) -> Result<(), E>,
) -> Result<(), E> {
    let (purpose, since) = (key.purpose.to_string(), key.day.to_string());
    let [amount, measured, unmeasured] =
        [totals.amount, totals.measured, totals.unmeasured].map(|number| number.to_string());
    push(&[
        Cell::U64(key.stream as u64),
        Cell::Text(match key.standing {
            Standing::Owed => "owed",
            Standing::Past => "past",
            Standing::Unlicensed => "unlicensed",
        }),
        key.model.as_deref().into(),
        Cell::Text(&key.work),
        Cell::Text(&purpose),
        key.country.as_deref().into(),
        Cell::Text(&since),
        Cell::U64(totals.records),
        Cell::Text(&amount),
        Cell::Text(&measured),
        Cell::Text(&unmeasured),
    ])
}

/// Reads a row of `lines.parquet`.
pub(super) fn read_line(cells: &[Cell<'_>]) -> anyhow::Result<Line> {
    let cells = Cells(cells);
    let receiver = Name::from(cells.text(1)?);
    let to = match cells.text(0)? {
        "party" => To::Party {
            party: receiver,
            claim: cells.text(8)?.into(),
            role: cells.text(9)?.parse()?,
            right: cells.text(10)?.parse()?,
            by_default: cells.0.get(11) == Some(&Cell::Bool(true)),
        },
        "held" => To::Held(cells.json(12)?),
        "unclaimed" => To::Unclaimed(cells.json(12)?),
        other => return Err(anyhow!("a line goes to `{other}`")),
    };
    Ok(Line {
        pool: cells.number(2)?.try_into()?,
        asset: cells.name(3),
        work: cells.name(4),
        purpose: cells.text(5)?.parse()?,
        country: cells.name(6),
        day: cells.text(7)?.parse()?,
        to,
        gross: cells.text(13)?.to_owned().try_into()?,
        kept: if cells.name(14).is_some() { cells.json(14)? } else { Vec::new() },
        net: cells.text(15)?.to_owned().try_into()?,
    })
}

/// Reads a row of `counted.parquet`.
pub(super) fn read_row(cells: &[Cell<'_>]) -> anyhow::Result<(RowKey, Totals)> {
    let cells = Cells(cells);
    let key = RowKey {
        stream: cells.number(0)?.try_into()?,
        standing: match cells.text(1)? {
            "owed" => Standing::Owed,
            "past" => Standing::Past,
            "unlicensed" => Standing::Unlicensed,
            other => return Err(anyhow!("a row stands as `{other}`")),
        },
        model: cells.name(2),
        work: cells.text(3)?.into(),
        purpose: cells.text(4)?.parse()?,
        country: cells.name(5),
        day: cells.text(6)?.parse()?,
    };
    let totals = Totals {
        records: cells.number(7)?,
        amount: cells.text(8)?.parse()?,
        measured: cells.text(9)?.parse()?,
        unmeasured: cells.text(10)?.parse()?,
    };
    Ok((key, totals))
}

/// The columns of `receivers.parquet`.
pub(super) fn receiver_columns() -> Vec<Column> {
    [
        ("to", ColumnKind::Text, "party, held or unclaimed"),
        ("receiver", ColumnKind::Text, "the receiver with whom a row group of lines.parquet begins"),
    ]
    .map(|(name, kind, doc)| Column::new(name, kind, doc))
    .into()
}

/// Section and receiver of a row of `lines.parquet` or `receivers.parquet`, without reading the rest.
pub(super) fn place<'c>(cells: &[Cell<'c>]) -> anyhow::Result<(u8, &'c str)> {
    let (Some(Cell::Text(word)), Some(Cell::Text(receiver))) = (cells.first(), cells.get(1)) else {
        return Err(anyhow!("a line goes nowhere"));
    };
    let section = SECTIONS.iter().position(|s| s == word);
    Ok((section.ok_or_else(|| anyhow!("a line goes to `{word}`"))? as u8, receiver))
}

struct Cells<'c>(&'c [Cell<'c>]);

impl Cells<'_> {
    fn text(&self, at: usize) -> anyhow::Result<&str> {
        match self.0.get(at) {
            Some(Cell::Text(text)) => Ok(text),
            _ => Err(anyhow!("column {} holds no text", at + 1)),
        }
    }

    fn name(&self, at: usize) -> Option<Name> {
        self.text(at).ok().map(Name::from)
    }

    fn number(&self, at: usize) -> anyhow::Result<u64> {
        match self.0.get(at) {
            Some(Cell::U64(number)) => Ok(*number),
            _ => Err(anyhow!("column {} holds no number", at + 1)),
        }
    }

    fn json<T: DeserializeOwned>(&self, at: usize) -> anyhow::Result<T> {
        Ok(serde_json::from_str(self.text(at)?)?)
    }
}

fn json<T: Serialize>(value: &T) -> anyhow::Result<String> {
    Ok(serde_json::to_string(value)?)
}
