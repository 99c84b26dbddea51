//! Corpus and packs become decisions, matches, use records and a cleared corpus.
//!
//! ```text
//! Job ─► plan: files → shards ─► read ─► examine (match, hear signals, decide) ─► write ─► commit ─► finalise: run/
//! ```
//!
//! A shard's result is committed whole, once, by conditional create; totals are sums over commits alone. A killed run
//! goes on with the same command and ends with the same bytes, whatever the number of threads. Memory is the packs
//! and a constant per thread. `docs/formats/` describes what a run leaves.
//!
//! Never: prints, reads the clock (the [`Watch`] knows the time), trusts a pack's issuer (the caller does).

mod error;
mod job;
mod record;
mod run;

mod plan;
mod pool;

mod domain;
mod examine;
mod facts;
mod hearing;
mod read;
mod told;
mod words;
mod write;

mod commit;
mod folder;
mod tables;
mod tally;

pub mod gate;
pub mod site_records;

mod finalise;
mod report;
mod works;

pub use error::ScanError;
pub use folder::uses_of_shard;
pub use job::{Job, Progress, SiteSources, Watch};
pub use record::Outcome;
pub use run::scan;
