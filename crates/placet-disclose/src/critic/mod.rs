//! The critic: reads public summaries that others published, field by field with page and quotation, and says what they leave out.
//!
//! It judges a form, never a provider: a summary without findings is a filled form, not a lawful one.

mod card;
mod form;
mod lints;
mod marks;

pub use card::{Card, SectionCard, card};
pub use form::{Form, Found, Page, Reading, TEXT_BYTES_MAX, read, read_summary};
pub use lints::{Finding, LINTS, lint};
pub use marks::{YesNo, html_marks, yes_no};
