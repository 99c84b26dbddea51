//! Reads and writes every machine-readable rights protocol, one file each.
//!
//! A reader takes bytes and gives what they state, with every [`Defect`] beside it. It does no I/O, reads no clock,
//! never fails and never panics; its limits are constants in its file. It runs its own protocol's algorithm to the
//! end and never applies one protocol's rules to another's lines: merging is the decision law's matter.
//!
//! Readers know no place and no time: they name the part inside the thing they read, and [`locate`] completes the
//! evidence once the thing is read.
//!
//! [`copy`] gathers what is said about one copy: its response, its page or file, its [`site`], the documents linked.

mod defect;
mod statement;
mod text;
mod xml;

pub mod address;
pub mod agents;
pub mod ai_txt;
pub mod aipref;
pub mod asset;
pub mod c2pa;
pub mod container;
pub mod content_signal;
pub mod copy;
pub mod header;
pub mod html;
pub mod licence;
pub mod natural;
pub mod onix;
pub mod plus;
pub mod publish;
pub mod robots;
pub mod robots_meta;
pub mod rsl;
pub mod site;
pub mod structured_field;
pub mod tdm_ai;
pub mod tdmrep;
pub mod trust_txt;
pub mod xmp;

pub use defect::{Defect, Problem};
pub use statement::{Found, locate};
