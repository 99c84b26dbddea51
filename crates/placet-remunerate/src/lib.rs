//! Who holds what, what a use earns, and every cent explained.
//!
//! A pure crate: no floats, no clock, no I/O. Everything it computes is a function of its arguments, gives the
//! same bytes whatever the order of its inputs, and can be recomputed by a stranger from hashed inputs.
//! The words and the models are in `docs/remuneration.md`.

mod digest;

pub mod audit;
pub mod books;
pub mod claim;
pub mod deadlines;
pub mod dsr;
pub mod export;
pub mod grains;
pub mod journal;
pub mod layers;
pub mod mandate;
pub mod pain001;
pub mod payout;
pub mod pool;
pub mod resolve;
pub mod settle;
pub mod statement;
pub mod tariff;
pub mod uses;
pub mod value;

pub use digest::{Digest, DigestError, Nodes, Tree, leads_to, path, root};
pub use grains::Grains;
