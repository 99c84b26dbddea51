//! The public summary of training content, in the official template: C(2025) 5235 of 24 July 2025, re-issued as C(2025) 8311 of
//! 5 December 2025.

pub mod answers;
pub mod band;
pub mod document;
pub mod domains;
pub mod draft;
pub mod gather;
pub mod history;
pub mod html;
pub mod measure;
pub mod measures;
mod paper;
pub mod run;
pub mod template;
