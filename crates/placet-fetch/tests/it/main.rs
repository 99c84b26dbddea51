//! Against real servers on this machine, over HTTP and TLS.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod hostile;
mod server;
mod visits;
