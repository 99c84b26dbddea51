//! Packs and scans from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod guarantee;
mod library;
mod pack;
