//! The log against other people's vectors and logs, and answers from end to end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod conformance;
mod killed;
mod timestamps;
mod vectors;
