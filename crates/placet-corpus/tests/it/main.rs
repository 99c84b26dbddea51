//! What a corpus gives, end to end.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]
#![expect(clippy::format_push_string, reason = "snapshots are put together piece by piece")]
#![expect(clippy::single_range_in_vec_init, reason = "a single span is cut")]

mod columns;
mod faults;
mod jsonl;
mod listing;
mod mutations;
mod pages;
mod parquet;
mod parquet_foreign;
mod parquet_laws;
mod real;
mod support;
mod table;
mod tar;
mod warc;
