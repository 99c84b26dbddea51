//! The catalogue store: works with their texts, parties, relations, claims, reservations, grants and the trust list, in
//! one folder, the importers that fill it, and the journal's entries. SQLite by default, PostgreSQL where a [`Place`]
//! names one: one schema, one SQL text.
//!
//! Every change is a row with its time and author; nothing is overwritten, so that every question can be asked as of
//! a moment. This crate never prints, reads no clock and no environment.

mod claims;
mod conflicts;
mod content_code;
mod db;
mod decisions;
mod encoding;
mod error;
pub mod extract;
mod gutenberg;
mod holdings;
mod import;
mod journal;
mod keys;
mod rights;
mod schema;
mod store;
pub mod summaries;
mod texts;
mod trust;
mod works;

pub use claims::{ClaimCounts, ClaimDraft, ClaimEntry, ClaimSource, PartyDraft, newest, party_draft};
pub use conflicts::{ClaimNotice, Conflict, ConflictingClaim};
pub use content_code::ContentUnits;
pub use db::Place;
pub use decisions::{Decided, Decision, Ruling};
pub use error::RegistryError;
pub use gutenberg::Cut;
pub use holdings::Holdings;

pub use import::claims_table::{CLAIM_COLUMNS, ClaimsImported};
pub use import::columns::{Field, Mapping, UnknownField};
pub use import::deliver::Delivery;
pub use import::register::{Aside, FOLDER_DEPTH_MAX, LISTED_MAX, Progress, Registered};
pub use import::table::{Table, TableRow};
pub use journal::{JournalStore, journal_entries};
pub use keys::{create_issuer_key, issuer_key, issuer_key_path};
pub use rights::{Declared, GrantTerms, ReservationTerms};
pub use store::Registry;
pub use texts::{TextRecord, WorkText};
pub use trust::Issuer;
pub use works::{VisitWork, WorkEntry, WorkVersion};

#[cfg(test)]
fn shared_data(path: &str) -> Option<std::path::PathBuf> {
    let Some(folder) = std::env::var_os("PLACET_SHARED_DATA") else {
        println!("skipped: PLACET_SHARED_DATA is not set, {path} cannot be read");
        return None;
    };
    Some(std::path::Path::new(&folder).join(path))
}
