//! Reads and writes every machine-readable rights protocol, one file each.
//!
//! A reader takes bytes and gives what they state, with every [`Defect`] beside it. It does no I/O, reads no clock,
//! never fails and never panics; its limits are constants in its file. It runs its own protocol's algorithm to the
//! end and never applies one protocol's rules to another's lines: merging is the decision law's matter.

mod defect;
mod text;

pub mod robots;

pub use defect::{Defect, Problem};
