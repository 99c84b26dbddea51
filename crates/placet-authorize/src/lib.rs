//! The decision law: matches, reservations, grants, statements and a profile become a verdict with its grounds.
//!
//! Everything here is a pure function: no I/O, no clock, no reading of protocols. The time of the question is part of
//! the question. The order of the facts never matters.
//!
//! The steps, in this order (`docs/decisions/law.md`):
//! 1. which statements apply to this copy, this asker and this day ([`applies`]);
//! 2. the merge per use, a join semilattice: a no absorbs every yes ([`Merge`]);
//! 3. matched works: a reservation, the absence of a grant, a missing holder or a conflict refuses;
//! 4. grants and proven licences lift what they cover, as a step of its own;
//! 5. what is still unknown, the [`Profile`] resolves, last.

mod applies;
mod decide;
mod decision;
mod facts;
mod grants;
mod merge;
mod profile;
mod works;

pub use applies::{Shadow, applies};
pub use decide::{decide, replay};
pub use decision::{Decision, Duty, Fact, Flag, Ground, Shadowed};
pub use facts::{Asking, GivenGrant, Item, Matched, names};
pub use merge::Merge;
pub use profile::{
    Exception, Grants, Later, Letters, Matches, Profile, ProfileError, Reading, Statements, Unknown,
    UnknownItems, UnknownUses, WithoutGrant,
};
