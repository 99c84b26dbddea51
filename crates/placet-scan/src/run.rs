//! A run from the plan to the finished folder.

use crate::commit::{Commit, Counts};
use crate::error::ScanError;
use crate::examine::Rules;
use crate::finalise;
use crate::folder::{Folder, digest};
use crate::hearing::{self, Sources};
use crate::job::{Job, Progress, Watch};
use crate::plan::{Plan, Shard, Written, lies_in};
use crate::pool::scan_shards;
use crate::record::{Heard, Outcome};

/// Carries out a run, or goes on with one that was interrupted.
pub fn scan(job: &Job, watch: &dyn Watch) -> Result<Outcome, ScanError> {
    let began = watch.now();
    if lies_in(&job.out, &job.corpus) {
        return Err(ScanError::Inside { out: job.out.clone(), corpus: job.corpus.clone() });
    }
    // The corpus is listed before anything is made, so that a wrong path leaves nothing behind.
    let sources = Sources::look(job)?;
    let mut plan = Plan::new(job, &sources, job.day)?;
    let folder = Folder::open(&job.out, job.part)?;
    if let Some(earlier) = folder.plan()? {
        // A run that goes on answers as of the day it began.
        if earlier.question.as_of != job.day {
            plan = Plan::new(job, &sources, earlier.question.as_of)?;
        }
        if let Some(what) = plan.difference(&earlier) {
            return Err(ScanError::Changed { out: job.out.clone(), what });
        }
        check_inputs(job, &plan, &earlier, &folder)?;
    } else {
        folder.write_plan(&plan.written)?;
    }
    if let Some(outcome) = finalise::finished(&folder)? {
        return Ok(Outcome { resumed: true, ..outcome });
    }

    let mut done = Counts::default();
    let mut before = Progress::default();
    let mut pending: Vec<&Shard> = Vec::new();
    for shard in &plan.shards {
        match folder.committed(&shard.id)? {
            Some(commit) => {
                done.add(&commit.counts);
                before.shards += 1;
                before.bytes += shard.bytes;
            }
            None => pending.push(shard),
        }
    }
    before.items = done.items;
    before.matched = done.items_matched;
    let total = Progress { bytes: plan.bytes, shards: plan.shards.len(), ..Progress::default() };
    watch.begin(&total, (before.shards > 0).then_some(&before));
    if let Some((i, n)) = job.part {
        pending.retain(|shard| shard.number as u64 % u64::from(n.max(1)) == u64::from(i.saturating_sub(1)));
    }
    if let Some(only) = &job.only {
        pending.retain(|shard| only.contains(&shard.id));
    }

    let crawl = hearing::crawl(job, &plan, &folder)?;
    let records = hearing::records(job, crawl.as_ref())?;
    let rules = Rules::new(job, job.asking(plan.written.question.as_of), records);
    let scanned = scan_shards(&pending, &rules, &job.read, &folder, job.threads, watch);
    let commits = committed(&plan, &folder)?;
    if let Err(failure) = scanned {
        return Err(match failure {
            ScanError::Stopped { .. } => {
                ScanError::Stopped { committed: commits.len(), shards: plan.shards.len() }
            }
            other => other,
        });
    }
    if commits.len() < plan.shards.len() {
        let mut counts = Counts::default();
        for commit in &commits {
            counts.add(&commit.counts);
        }
        return Ok(Outcome::partial(commits.len(), plan.shards.len(), &counts));
    }
    folder.hold_alone()?;
    if let Some(outcome) = finalise::finished(&folder)? {
        return Ok(outcome);
    }
    sources.check(job)?;
    let heard = Heard::of(job, &sources, crawl.as_deref());
    finalise::finalise(job, &plan, heard, &folder, &commits, began, watch)
}

fn committed(plan: &Plan, folder: &Folder) -> Result<Vec<Commit>, ScanError> {
    let mut commits = Vec::new();
    for shard in &plan.shards {
        commits.extend(folder.committed(&shard.id)?);
    }
    Ok(commits)
}

/// A file whose time changed since the plan is read again where a committed result rests on it.
fn check_inputs(job: &Job, plan: &Plan, earlier: &Written, folder: &Folder) -> Result<(), ScanError> {
    let times = |written: &Written| written.files.iter().map(|file| file.modified).collect::<Vec<u64>>();
    let (then, now) = (times(earlier), times(&plan.written));
    let mut place = 0;
    for shard in &plan.shards {
        let places = place..place + shard.sources.len();
        place = places.end;
        if then.get(places.clone()) == now.get(places.clone()) {
            continue;
        }
        let Some(commit) = folder.committed(&shard.id)? else { continue };
        for ((source, input), place) in shard.sources.iter().zip(&commit.inputs).zip(places) {
            if then.get(place) == now.get(place) {
                continue;
            }
            // A file that could not be opened then may be readable now, and the other way round.
            let hash = digest(&source.path).ok().map(|record| record.blake3);
            if hash != input.blake3 {
                let what = format!("the content of {} changed", source.name);
                return Err(ScanError::Changed { out: job.out.clone(), what });
            }
        }
    }
    Ok(())
}
