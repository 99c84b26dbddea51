//! The critic over forms as people fill them and over whatever else is handed to it; the laws of cases, evidence, dossiers and letters.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod access;
mod case;
mod critic;
mod dossier;
mod letter;
