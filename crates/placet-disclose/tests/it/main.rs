//! The critic over forms as people fill them, and over whatever else is handed to it.

mod critic;
