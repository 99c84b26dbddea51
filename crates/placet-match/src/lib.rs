//! Fingerprints works and finds them again in other texts; the pack format.
//!
//! A text becomes [letters], its k-grams are winnowed to fingerprints, a pack keeps those of a catalogue in a
//! hash table, and a [`Scanner`] finds the stretches of an item that stem from a work. Every shared run of at least
//! [`Guarantee::letters`] letters is found. A match is evidence of overlap, never of use.
//!
//! This crate knows no corpus format, no network and no database.

#[cfg(target_endian = "big")]
compile_error!("packs are little-endian and opened without parsing; big-endian machines are not supported");

mod align;
mod at_hand;
mod chain;
mod characters;
mod fingerprint;
mod found;
mod guarantee;
pub mod letters;
mod memory;
mod pack;
mod passage;
mod scanner;
mod simd;
mod table;
mod winnow;

pub use at_hand::Texts;
pub use found::{Match, MatchKind, Measured};
pub use guarantee::{Guarantee, Params, UnknownGuarantee};
pub use memory::Pages;
pub use pack::{Manifest, Pack, PackBuilder, PackError, PackedWork, Prepared};
pub use scanner::{PackSet, Scanner};
