//! The transparency log in which uses are sealed: RFC 6962 tree, C2SP tiles, checkpoints, proofs and policies, and
//! the register that answers whether a work is in it.
//!
//! Without the feature `store` the crate verifies only: no I/O, no clock, no storage. With it, a log in a folder of
//! static files can be written and read. A proof says what it proves: presence in, or absence from, the committed
//! register. That everything was committed, and that it is true, no proof in here says.

pub mod answer;
pub mod audit;
pub mod blind;
pub mod blinded;
pub mod cbor;
pub mod checkpoint;
pub mod cose;
pub mod disclosure;
pub mod hash;
pub mod leaf;
pub mod policy;
pub mod private;
pub mod proof;
pub mod register;
pub mod tile;
#[cfg(feature = "timestamp")]
pub mod timestamp;
pub mod tlog_proof;
pub mod tree;
pub mod witness;

#[cfg(feature = "store")]
mod disk;
#[cfg(feature = "store")]
pub mod fsck;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "store")]
pub mod stored_register;

#[cfg(test)]
#[cfg(feature = "store")]
mod crash;
