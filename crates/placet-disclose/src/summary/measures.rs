//! `measures.parquet`: bytes, words, language and day of capture of every item of a run (`placet.measures/1`), read from the corpus
//! that was scanned. Each file is compared with the hash in the run's record before it is read.

use std::path::Path;
use std::thread;

use placet_corpus::table::{Cell, Column, ColumnKind, Writer};
use placet_corpus::{Item, ReadOptions, Record, list, open};

use super::measure::{DETECTOR, Measured, measure};
use super::run::{EvidenceError, Run, digest};

/// Its name in the folder of a run.
pub const FILE: &str = "measures.parquet";
/// The version of the shape.
pub const SCHEMA: &str = "placet.measures/1";

const BATCH_ITEMS: usize = 2_048;
const BATCH_BYTES: usize = 8 << 20;

/// One row for each item, in the order of the corpus.
fn columns() -> Vec<Column> {
    use ColumnKind::{OptText, Text, U64};
    [
        ("path", Text, "file below the corpus, as in decisions"),
        ("ordinal", U64, "place of the item in its file, as in decisions"),
        ("bytes", U64, "bytes of the item's text in UTF-8"),
        ("words", U64, "words of the text; in scripts without spaces between words every letter is one"),
        ("captured", OptText, "day of capture as the corpus states it, YYYY-MM-DD, UTC"),
        (
            "language",
            Text,
            "primary language subtag (BCP 47) as detected; und where the detector is not sure",
        ),
        ("script", Text, "script of the sample the detector saw"),
    ]
    .map(|(name, kind, doc)| Column::new(name, kind, doc))
    .into()
}

/// Measures the corpus of a run on this many threads; `seen` is told of every batch of items.
pub fn write(
    run: &Run,
    corpus: &Path,
    to: &Path,
    threads: usize,
    seen: &mut dyn FnMut(u64),
) -> Result<u64, EvidenceError> {
    let (sources, _) = list(corpus);
    let read = &run.record.read;
    let options = ReadOptions {
        text_fields: read.text_fields.clone(),
        id_field: read.id_field.clone(),
        url_field: read.url_field.clone(),
        item_bytes_max: read.item_bytes_max,
        keep_raw: false,
    };
    let metadata = [
        ("placet.schema".to_owned(), SCHEMA.to_owned()),
        ("placet.detector".to_owned(), DETECTOR.to_owned()),
    ];
    let part = to.with_extension("parquet.part");
    let mut writer = Writer::create(&part, &columns(), &metadata)?;
    for input in &run.record.inputs {
        // What could not be opened when it was scanned left no items.
        let Some(blake3) = &input.blake3 else { continue };
        let source = sources.iter().find(|source| source.name == input.name);
        let Some(source) = source.filter(|source| source.bytes == input.bytes) else {
            return Err(EvidenceError::Changed { path: corpus.join(&input.name), by: "run.json" });
        };
        if digest(&source.path)?.0 != *blake3 {
            return Err(EvidenceError::Changed { path: source.path.clone(), by: "run.json" });
        }
        let Ok(mut reader) = open(source, &options) else { continue };
        loop {
            let mut batch: Vec<Item> = Vec::new();
            let mut bytes = 0;
            while batch.len() < BATCH_ITEMS && bytes < BATCH_BYTES {
                match reader.next() {
                    Some(Record::Item(item)) => {
                        bytes += item.text.len();
                        batch.push(item);
                    }
                    Some(Record::Passed(_) | Record::Aside(_)) => {}
                    None => break,
                }
            }
            if batch.is_empty() {
                break;
            }
            push(&mut writer, &source.name, &batch, threads)?;
            seen(batch.len() as u64);
        }
    }
    let rows = writer.finish()?;
    std::fs::rename(&part, to).map_err(EvidenceError::io(to, "cannot be written"))?;
    Ok(rows)
}

fn push(writer: &mut Writer, source: &str, batch: &[Item], threads: usize) -> Result<(), EvidenceError> {
    let share = batch.len().div_ceil(threads.max(1)).max(1);
    let measured: Vec<Measured> = thread::scope(|scope| {
        let works: Vec<_> = batch
            .chunks(share)
            .map(|items| {
                scope.spawn(move || items.iter().map(|item| measure(&item.text)).collect::<Vec<_>>())
            })
            .collect();
        // A detector that fails on a text leaves that share undetermined rather than ending the job.
        works
            .into_iter()
            .zip(batch.chunks(share))
            .flat_map(|(work, items)| work.join().unwrap_or_else(|_| unmeasured(items)))
            .collect()
    });
    for (item, measured) in batch.iter().zip(&measured) {
        let path =
            item.member.as_ref().map_or_else(|| source.to_owned(), |member| format!("{source}!{member}"));
        let captured = item.captured.map(|moment| moment.to_string());
        writer.push(&[
            Cell::Text(&path),
            Cell::U64(item.ordinal),
            Cell::U64(measured.bytes),
            Cell::U64(measured.words),
            captured.as_deref().and_then(|moment| moment.get(..10)).into(),
            Cell::Text(measured.language),
            Cell::Text(measured.script_name()),
        ])?;
    }
    Ok(())
}

fn unmeasured(items: &[Item]) -> Vec<Measured> {
    let one = |item: &Item| Measured {
        bytes: item.text.len() as u64,
        words: 0,
        language: super::measure::UNDETERMINED,
        script: None,
    };
    items.iter().map(one).collect()
}
