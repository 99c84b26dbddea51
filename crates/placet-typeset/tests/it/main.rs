//! Pages: the same bytes for the same document, archival, and nothing foreign in them is markup.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod documents;
mod hostile;
mod support;
