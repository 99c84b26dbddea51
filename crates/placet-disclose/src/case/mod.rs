//! A case: what a rightsholder asks and objects, what a provider answers, what is found, and how long anybody was silent.
//!
//! A case is a folder of JSON documents that both sides keep alike ([`folder`]). Each document names the ones that
//! came before by their hashes and is signed by the party that wrote it, so the folder travels by mail or on a stick
//! and is checked offline. Nothing in it is ever changed; a correction is another document.

pub mod document;
pub mod folder;
pub mod papers;
pub mod timeline;

pub use document::{
    Answer, Attachment, Author, Body, Complaint, Document, Followup, OwnWork, Rebuttal, Receipt, Remark,
    Reply, Request, Side, Silence, Standing, WorkAnswer, WorkFinding,
};
pub use folder::{CaseError, CaseFolder, Checked, Fault, Stored};
pub use timeline::{Clock, Status, clocks};
