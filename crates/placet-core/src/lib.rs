//! Plain values that every part of Placet shares: uses, verdicts, works, parties, reservations and grants.
//!
//! This crate depends on no other crate of the project, does no I/O and reads no clock. One word per thing:
//! the names here are the names in the command line, in JSON, in the pages and in the documentation.

mod claim;
mod id;
mod money;
pub mod note;
mod party;
mod period;
mod relation;
mod rights;
mod statement;
mod territory;
mod uses;
mod verdict;
mod work;

pub use claim::{
    Basis, Claim, Ratio, RatioError, Right, Share, UnknownBasis, UnknownRight, UnknownUseStage, UseStage,
};
pub use id::{
    Doi, Eidr, IDENTIFIER_BYTES_MAX, Identifier, IdentifierError, IdentifierProblem, Ipi, Isan, Isbn, Iscc,
    IsccMainType, Isni, Isrc, Iswc,
};
pub use money::{Currency, Money, MoneyError};
pub use party::{Party, PartyKind, UnknownPartyKind};
pub use period::{Period, PeriodError};
pub use relation::{Relation, RelationKind, UnknownRelationKind};
pub use rights::{Condition, Grant, Licensee, Reservation, Scope};
pub use statement::{Actor, Actors, Binding, Evidence, Nature, ParseStatus, Proof, Reach, Statement, Tier};
pub use territory::{Territory, TerritoryError};
pub use uses::{USES_VERSION, UnknownUse, Use, UseSet};
pub use verdict::Verdict;
pub use work::{Credit, Role, UnknownRole, UnknownWorkKind, Work, WorkKind};
