//! What a corpus gives, end to end.

mod faults;
mod jsonl;
mod listing;
mod mutations;
mod pages;
mod parquet;
mod real;
mod support;
mod table;
mod tar;
mod warc;
