//! Runs over small corpora, as a caller of the crate sees them.

mod folder;
mod results;
mod support;
