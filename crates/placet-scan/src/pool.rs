//! Shards × threads. Every thread does whatever is due, in this order: write what is next in a shard, examine a batch,
//! read a batch, begin a shard. So one large file keeps all threads busy as well as many small ones do.
//!
//! What is in flight is bounded: reading pauses while batches of [`FLIGHT_BYTES`] a thread are between reader and
//! writer. The results of a shard are written in the order of its records, whichever thread examined them.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use placet_corpus::Record;

use crate::commit::Commit;
use crate::error::ScanError;
use crate::examine::{Examined, Examiner, Rules};
use crate::folder::Folder;
use crate::job::{Progress, Watch};
use crate::plan::Shard;
use crate::read::{Batch, ShardReader, Step};
use crate::write::ShardWriter;

/// Bytes of batches between reader and writer, for each thread. A batch takes up to three times its text (text, raw
/// bytes, offsets), so this bounds a thread's batches by 72 MB; the rest of 200 MB is buffers of readers and writers.
pub(crate) const FLIGHT_BYTES: usize = 24 * 1024 * 1024;

/// Scans shards until all are committed, one fails, or the run is told to stop.
pub(crate) fn scan_shards(
    shards: &[&Shard],
    rules: &Rules<'_>,
    read: &placet_corpus::ReadOptions,
    folder: &Folder,
    threads: usize,
    watch: &dyn Watch,
) -> Result<(), ScanError> {
    let threads = threads.max(1);
    let pool = Pool {
        shards,
        rules,
        read,
        folder,
        watch,
        threads,
        state: Mutex::new(State::default()),
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| pool.work());
        }
    });
    let state = pool.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    match (state.panic, state.failure) {
        (Some(panic), _) => resume_unwind(panic),
        (None, Some(failure)) => Err(failure),
        (None, None) => Ok(()),
    }
}

struct Pool<'a, 'p> {
    shards: &'a [&'a Shard],
    rules: &'a Rules<'p>,
    read: &'a placet_corpus::ReadOptions,
    folder: &'a Folder,
    watch: &'a dyn Watch,
    threads: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Shards that were begun; the rest of the list waits.
    begun: usize,
    active: Vec<Active>,
    to_examine: VecDeque<(usize, Batch)>,
    in_flight: usize,
    done: Progress,
    failure: Option<ScanError>,
    panic: Option<Box<dyn std::any::Any + Send>>,
}

/// A shard that is being worked on. Reader and writer are taken out while a thread uses them.
struct Active {
    /// Its place in the list of shards.
    place: usize,
    reader: Option<ShardReader>,
    writer: Option<ShardWriter>,
    /// Batches there are, once the reader came to the end.
    batches: Option<u64>,
    /// Examined batches that wait for their turn.
    ready: BTreeMap<u64, Results>,
    written: u64,
}

/// What became of a batch.
struct Results {
    steps: Vec<Seen>,
    read: u64,
    cost: usize,
}

enum Seen {
    Item(Box<Examined>),
    Other(Step),
}

/// What a thread does next.
enum Task {
    Write { place: usize, writer: Box<ShardWriter>, results: Vec<Results>, last: bool },
    Examine { place: usize, batch: Batch },
    Read { place: usize, reader: Box<ShardReader> },
    Begin { place: usize },
    Leave,
}

impl<'p> Pool<'_, 'p> {
    fn work(&self) {
        let mut examiner = Examiner::new(self.rules);
        loop {
            let task = self.next_task();
            if matches!(task, Task::Leave) {
                return;
            }
            // A panic in one thread must not leave the others waiting.
            match catch_unwind(AssertUnwindSafe(|| self.carry_out(task, &mut examiner))) {
                Ok(Ok(())) => {}
                Ok(Err(failure)) => {
                    self.lock().failure.get_or_insert(failure);
                }
                Err(panic) => {
                    self.lock().panic.get_or_insert(panic);
                }
            }
            self.changed.notify_all();
        }
    }

    fn next_task(&self) -> Task {
        let mut state = self.lock();
        loop {
            if self.watch.stop() && state.failure.is_none() && !self.is_done(&state) {
                state.failure = Some(ScanError::Stopped { committed: 0, shards: 0 });
            }
            if state.failure.is_some() || state.panic.is_some() || self.is_done(&state) {
                self.changed.notify_all();
                return Task::Leave;
            }
            if let Some(task) = self.choose(&mut state) {
                return task;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn is_done(&self, state: &State) -> bool {
        state.begun == self.shards.len() && state.active.is_empty()
    }

    fn choose(&self, state: &mut State) -> Option<Task> {
        for active in &mut state.active {
            let due = active.ready.contains_key(&active.written) || active.batches == Some(active.written);
            if due && let Some(writer) = active.writer.take() {
                let mut results = Vec::new();
                while let Some(next) = active.ready.remove(&active.written) {
                    results.push(next);
                    active.written += 1;
                }
                let last = active.batches == Some(active.written);
                return Some(Task::Write { place: active.place, writer: Box::new(writer), results, last });
            }
        }
        if let Some((place, batch)) = state.to_examine.pop_front() {
            return Some(Task::Examine { place, batch });
        }
        if state.in_flight >= FLIGHT_BYTES * self.threads {
            return None;
        }
        for active in &mut state.active {
            if let Some(reader) = active.reader.take() {
                return Some(Task::Read { place: active.place, reader: Box::new(reader) });
            }
        }
        if state.begun < self.shards.len() && state.active.len() < self.threads {
            let place = state.begun;
            state.begun += 1;
            state.active.push(Active {
                place,
                reader: None,
                writer: None,
                batches: None,
                ready: BTreeMap::new(),
                written: 0,
            });
            return Some(Task::Begin { place });
        }
        None
    }

    fn carry_out(&self, task: Task, examiner: &mut Examiner<'_, 'p>) -> Result<(), ScanError> {
        match task {
            Task::Begin { place } => {
                let Some(shard) = self.shards.get(place) else { return Ok(()) };
                let writer = ShardWriter::new(self.folder.attempt(&shard.id)?, shard)?;
                let reader = ShardReader::new(shard, self.read);
                self.active(place, |active| {
                    active.reader = Some(reader);
                    active.writer = Some(writer);
                });
                Ok(())
            }
            Task::Read { place, mut reader } => {
                let batch = reader.next()?;
                let mut state = self.lock();
                let active = state.active.iter_mut().find(|active| active.place == place);
                match (batch, active) {
                    (Some(batch), Some(active)) => {
                        active.reader = Some(*reader);
                        state.in_flight += batch.cost;
                        state.to_examine.push_back((place, batch));
                    }
                    (None, Some(active)) => active.batches = Some(reader.batches()),
                    (_, None) => {}
                }
                Ok(())
            }
            Task::Examine { place, batch } => {
                let (number, read, cost) = (batch.number, batch.read, batch.cost);
                let mut steps = Vec::with_capacity(batch.steps.len());
                for step in batch.steps {
                    steps.push(match step {
                        Step::Record(record) => match *record {
                            Record::Item(item) => Seen::Item(Box::new(examiner.examine(item)?)),
                            other => Seen::Other(Step::Record(Box::new(other))),
                        },
                        other => Seen::Other(other),
                    });
                }
                self.active(place, |active| {
                    active.ready.insert(number, Results { steps, read, cost });
                });
                Ok(())
            }
            Task::Write { place, mut writer, results, last } => {
                let mut progress = Progress::default();
                let mut cost = 0;
                for result in results {
                    cost += result.cost;
                    progress.bytes += result.read;
                    for step in result.steps {
                        write(&mut writer, self.rules, step, &mut progress)?;
                    }
                }
                if last {
                    let (folder, commit): (PathBuf, Commit) = writer.finish(self.rules)?;
                    self.folder.commit(&folder, &commit)?;
                    progress.shards += 1;
                } else {
                    self.active(place, |active| active.writer = Some(*writer));
                }
                let mut state = self.lock();
                if last {
                    state.active.retain(|active| active.place != place);
                }
                state.in_flight = state.in_flight.saturating_sub(cost);
                state.done.bytes += progress.bytes;
                state.done.shards += progress.shards;
                state.done.items += progress.items;
                state.done.matched += progress.matched;
                let done = state.done;
                drop(state);
                self.watch.advance(&done);
                Ok(())
            }
            Task::Leave => Ok(()),
        }
    }

    fn active(&self, place: usize, change: impl FnOnce(&mut Active)) {
        if let Some(active) = self.lock().active.iter_mut().find(|active| active.place == place) {
            change(active);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(
    writer: &mut ShardWriter,
    rules: &Rules<'_>,
    step: Seen,
    progress: &mut Progress,
) -> Result<(), ScanError> {
    match step {
        Seen::Item(examined) => {
            progress.items += 1;
            progress.matched += u64::from(examined.matched_letters > 0);
            writer.item(rules, &examined)
        }
        Seen::Other(Step::Begin(source)) => {
            writer.begin(source);
            Ok(())
        }
        Seen::Other(Step::End { name, bytes, blake3 }) => writer.end(name, bytes, blake3),
        Seen::Other(Step::Record(record)) => match *record {
            Record::Passed(passed) => writer.passed(&passed),
            Record::Aside(aside) => writer.aside(&aside),
            Record::Item(_) => unreachable!("items are examined before they are written"),
        },
    }
}
