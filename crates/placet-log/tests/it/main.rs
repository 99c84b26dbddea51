//! The log against other people's vectors and logs, and answers from end to end.

mod answers;
mod conformance;
