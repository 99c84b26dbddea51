//! What a COSE receipt proves: that an entry stands in a tree whose root the log's key signed.

use placet_log::cose::Receipt;
use placet_log::policy::Policy;
use serde::Serialize;

use crate::output::foreign;
use crate::{Context, Exit, Failure};

#[derive(Serialize)]
struct Said {
    log: String,
    /// As the receipt says: its signature covers the root alone.
    log_size: u64,
    /// As the receipt says.
    entry: u64,
}

pub(super) fn run(context: &Context, file: &[u8], entry: &[u8], policy: &Policy) -> Result<Exit, Failure> {
    let denied = |error: anyhow::Error| {
        Failure::new(Exit::Denied, error.context("NOT PROVEN: the receipt does not hold"))
    };
    let mut last = None;
    for log in policy.logs() {
        match Receipt::verify(file, entry, log) {
            Ok(receipt) => {
                let said = Said { log: log.name().to_owned(), log_size: receipt.size, entry: receipt.index };
                if context.out.is_json() {
                    context.out.json("placet.verify-receipt/1", &said)?;
                } else {
                    context.out.result(&format!(
                        "PROVEN\n  These bytes are an entry of the log {}.\n\n\
                         NOT PROVEN\n  - their place: entry {} of {}, says the receipt, which signs the root alone\n  \
                         - that what was sealed is true, or all that there was to seal\n  \
                         - that everybody is shown the same log: a receipt carries no witness's cosignature\n",
                        foreign(&said.log),
                        said.entry,
                        said.log_size
                    ))?;
                }
                return Ok(Exit::Done);
            }
            Err(error) => last = Some(error),
        }
    }
    let error = last.map_or_else(|| anyhow::anyhow!("the policy names no log"), anyhow::Error::new);
    Err(denied(error))
}
