//! Runs over small corpora, as a caller of the crate sees them.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod folder;
mod results;
mod support;
