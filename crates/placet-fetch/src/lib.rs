//! Fetches politely what the rights protocols need of a page and its site, and nothing else.
//!
//! Our own agent's token is obeyed as robots.txt says; redirects, sizes and times are bounded; addresses that are not
//! public are refused, and the address that was checked is the one connected to. What came over the wire is kept as it
//! came ([`warc`]), and reading it again gives what reading it the first time gave. Nothing here prints, and times are
//! handed in.

mod address;
mod client;
mod http;
mod visit;
pub mod warc;

pub use address::{Target, TargetError, is_public};
pub use client::{Client, FetchError, Patience, Private, Settings, SettingsError};
pub use http::{Response, read};
pub use visit::{Source, Visit, visit};

use jiff::Timestamp;

/// The product token that robots.txt files can address us by.
pub const TOKEN: &str = "Placet";

/// One request and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The URL that was asked for.
    pub url: String,
    /// When, in whole seconds.
    pub at: Timestamp,
    /// The address that was connected to, where it came so far.
    pub address: Option<String>,
    /// The request as it was sent.
    pub request: Vec<u8>,
    /// What came back.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A response, as it came, up to the limit.
    Response(Vec<u8>),
    /// None, and why, in words.
    Failed(String),
}

impl Exchange {
    /// The response, read.
    pub fn response(&self) -> Option<Response<'_>> {
        match &self.outcome {
            Outcome::Response(bytes) => read(bytes),
            Outcome::Failed(_) => None,
        }
    }

    /// Where it leads, where it is a redirect.
    pub fn location(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Response(bytes) => http::location(bytes),
            Outcome::Failed(_) => None,
        }
    }
}
