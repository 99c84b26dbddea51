//! What is disclosed about training content, and what is demanded about it: the public summary of Article 53(1)(d) of Regulation
//! (EU) 2024/1689, its critic, itemised lists, requests, complaints and dossiers.
//!
//! Nothing here reads the clock, prints, or infers what only a person can attest.

pub mod case;
pub mod critic;
pub mod diversity;
pub mod dossier;
pub mod evidence;
pub mod letter;
pub mod list;
pub mod summary;
pub mod typeset;
