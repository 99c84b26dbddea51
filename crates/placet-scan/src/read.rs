//! Reads a shard's files and gives out batches of records, in order.

use std::fs;
use std::path::PathBuf;
use std::thread::JoinHandle;

use placet_corpus::{Aside, ReadOptions, Reader, Record, Source, open};

use crate::error::{OrIo as _, ScanError};
use crate::folder::digest;
use crate::plan::{Shard, modified};

/// Bytes of text after which a batch is full: with its raw bytes it stays in a core's own cache until it is examined.
const BATCH_BYTES: usize = 256 * 1024;
/// And records.
const BATCH_RECORDS: usize = 1024;
/// A file from this size on is hashed beside being read; a smaller one afterwards, from the system's cache.
const HASHED_BESIDE: u64 = 4 * 1024 * 1024;

/// Records of one shard, handed from thread to thread.
pub(crate) struct Batch {
    /// Place of the batch in the shard.
    pub(crate) number: u64,
    pub(crate) steps: Vec<Step>,
    /// Bytes of corpus files, as stored, that were read for it.
    pub(crate) read: u64,
    /// About how many bytes of memory it takes.
    pub(crate) cost: usize,
}

/// What a reader comes by.
pub(crate) enum Step {
    /// A file begins.
    Begin(Source),
    /// A record of it.
    Record(Box<Record>),
    /// It ends; the hash is that of the bytes that were read.
    End {
        /// Its name below the corpus.
        name: String,
        /// Its size.
        bytes: u64,
        /// BLAKE3 of its bytes; absent where it could not be opened.
        blake3: Option<String>,
    },
}

/// Reads one shard.
pub(crate) struct ShardReader {
    sources: std::vec::IntoIter<Source>,
    options: ReadOptions,
    current: Option<Current>,
    number: u64,
}

struct Current {
    source: Source,
    reader: Reader,
    /// Size and time of the last change when it was opened.
    opened: (u64, u64),
    /// Bytes of it that batches have counted.
    counted: u64,
    hash: Option<JoinHandle<Result<String, ScanError>>>,
}

impl ShardReader {
    pub(crate) fn new(shard: &Shard, options: &ReadOptions) -> ShardReader {
        ShardReader {
            sources: shard.sources.clone().into_iter(),
            options: options.clone(),
            current: None,
            number: 0,
        }
    }

    /// Batches given out so far.
    pub(crate) fn batches(&self) -> u64 {
        self.number
    }

    /// The next batch; `None` behind the last one.
    pub(crate) fn next(&mut self) -> Result<Option<Batch>, ScanError> {
        let mut batch = Batch { number: self.number, steps: Vec::new(), read: 0, cost: 0 };
        while batch.cost < BATCH_BYTES && batch.steps.len() < BATCH_RECORDS {
            if let Some(current) = &mut self.current {
                if let Some(record) = current.reader.next() {
                    batch.cost += cost(&record);
                    batch.steps.push(Step::Record(Box::new(record)));
                } else if let Some(current) = self.current.take() {
                    batch.read += current.source.bytes.saturating_sub(current.counted);
                    batch.steps.push(current.end()?);
                }
            } else {
                match self.sources.next() {
                    Some(source) => self.begin(source, &mut batch)?,
                    None => break,
                }
            }
        }
        if batch.steps.is_empty() {
            return Ok(None);
        }
        if let Some(current) = &mut self.current {
            let position = current.reader.position().min(current.source.bytes);
            batch.read += position.saturating_sub(current.counted);
            current.counted = position;
        }
        self.number += 1;
        Ok(Some(batch))
    }

    fn begin(&mut self, source: Source, batch: &mut Batch) -> Result<(), ScanError> {
        let opened = fs::metadata(&source.path).map(|metadata| (metadata.len(), modified(&metadata)));
        match (open(&source, &self.options), opened) {
            (Ok(reader), Ok(opened)) => {
                if opened.0 != source.bytes {
                    return Err(ScanError::Moving { path: source.path });
                }
                let hash = (source.bytes >= HASHED_BESIDE).then(|| hash_beside(source.path.clone()));
                batch.steps.push(Step::Begin(source.clone()));
                self.current = Some(Current { source, reader, opened, counted: 0, hash });
            }
            (Err(error), _) => {
                batch.read += source.bytes;
                batch.steps.extend(unopened(source, error.to_aside("file")));
            }
            (_, Err(cause)) => return Err(cause).or_io(&source.path, "cannot be looked at"),
        }
        Ok(())
    }
}

impl Current {
    fn end(self) -> Result<Step, ScanError> {
        let path = &self.source.path;
        let blake3 = match self.hash {
            Some(hash) => hash.join().map_err(|_| ScanError::Moving { path: path.clone() })??,
            None => digest(path)?.blake3,
        };
        let now = fs::metadata(path).or_io(path, "cannot be looked at")?;
        if (now.len(), modified(&now)) != self.opened {
            return Err(ScanError::Moving { path: path.clone() });
        }
        Ok(Step::End { name: self.source.name, bytes: self.source.bytes, blake3: Some(blake3) })
    }
}

/// A file that cannot be opened is put aside; it leaves nothing in the cleared corpus.
fn unopened(source: Source, aside: Aside) -> [Step; 2] {
    let aside = Aside { source: source.name.clone(), ..aside };
    [
        Step::Record(Box::new(Record::Aside(aside))),
        Step::End { name: source.name, bytes: source.bytes, blake3: None },
    ]
}

fn hash_beside(path: PathBuf) -> JoinHandle<Result<String, ScanError>> {
    std::thread::spawn(move || digest(&path).map(|file| file.blake3))
}

fn cost(record: &Record) -> usize {
    match record {
        Record::Item(item) => item.text.len() + item.kept_bytes() + 1024,
        Record::Passed(passed) => passed.kept_bytes() + 1024,
        Record::Aside(_) => 1024,
    }
}
