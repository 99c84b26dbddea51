//! What a COSE receipt proves: that an entry stands in a tree which the log's key signed.

use placet_log::answer::AnswerError;
use placet_log::cose::Receipt;
use placet_log::policy::Policy;
use serde::Serialize;

use crate::output::foreign;
use crate::{Context, Exit, Failure};

#[derive(Serialize)]
struct Said {
    log: String,
    log_size: u64,
    entry: u64,
}

pub(super) fn run(
    context: &Context,
    file: &[u8],
    entry: &[u8],
    policy: &Policy,
    newest: Option<u64>,
) -> Result<Exit, Failure> {
    let denied = |error: anyhow::Error| {
        Failure::new(Exit::Denied, error.context("NOT PROVEN: the receipt does not hold"))
    };
    let mut last = None;
    for log in policy.logs() {
        match Receipt::verify(file, entry, log) {
            Ok(receipt) => {
                if let Some(known) = newest.filter(|known| receipt.size < *known) {
                    return Err(denied(AnswerError::Stale { found: receipt.size, known }.into()));
                }
                let said = Said { log: log.name().to_owned(), log_size: receipt.size, entry: receipt.index };
                if context.out.is_json() {
                    context.out.json("placet.verify-receipt/1", &said)?;
                } else {
                    context.out.result(&format!(
                        "PROVEN\n  These bytes are entry {} of the log {} as it stood with {} entries.\n\n\
                         NOT PROVEN\n  - that what was sealed is true, or all that there was to seal\n  \
                         - that everybody is shown the same log: a receipt carries no witness's cosignature\n",
                        said.entry,
                        foreign(&said.log),
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
