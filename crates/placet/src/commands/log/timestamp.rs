//! `placet log timestamp`: a token of a time-stamping authority (RFC 3161) for the newest checkpoint.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_log::policy::Policy;
use placet_log::timestamp::{Authority, answers, certificate, imprint, request, verify};
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::http::Client;
use crate::output::foreign;
use crate::sealed::{Sealed, hex, random};
use crate::witnesses::replace_durably;
use crate::{Context, Exit, Failure};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Address of the authority
    #[arg(long, value_name = "https://ADDRESS")]
    authority: String,
    /// Trust policy: the token must be of an authority that it names
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Where the token goes; what was stamped goes beside it, with `.stamped`
    #[arg(long, short, value_name = "FILE", default_value = "checkpoint.tsr")]
    output: PathBuf,
}

#[derive(Serialize)]
struct Said {
    log: String,
    log_size: u64,
    time: jiff::Timestamp,
    /// SHA-256 of the authority's certificate.
    certificate: String,
    token: PathBuf,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sealed = Sealed::new(&context.home);
        let checkpoint = sealed.reader()?.checkpoint().clone();
        let trusted = match &self.policy {
            None => None,
            Some(path) => {
                let bytes = fs::read(path)
                    .with_context(|| format!("cannot read {}", path.display()))
                    .or_fail(Exit::Input)?;
                Some(Policy::parse(&bytes).or_fail(Exit::Usage)?.authorities().to_vec())
            }
        };
        let nonce = random()?.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let stamped = imprint(&checkpoint);
        let answer = Client::new()
            .post(&self.authority, "application/timestamp-query", &request(stamped, nonce))
            .with_context(|| format!("cannot ask {}", self.authority))
            .or_fail(Exit::Unavailable)?;
        if answer.status != 200 {
            let error = anyhow::anyhow!("{} answered with status {}", self.authority, answer.status);
            return Err(Failure::new(Exit::Unavailable, error));
        }
        // Without a policy the token's own certificate is taken, and its hash told: whether to trust it is for the
        // reader, who compares it with what the authority publishes.
        let hash = certificate(&answer.body).or_fail(Exit::Unavailable)?;
        let own = vec![Authority { name: self.authority.clone(), certificate: hash }];
        let timestamp =
            verify(&answer.body, stamped, &trusted.clone().unwrap_or(own)).or_fail(Exit::Denied)?;
        if !answers(&timestamp, nonce) {
            return Err(Failure::new(Exit::Denied, placet_log::timestamp::TimestampError::Nonce));
        }
        let kept = sealed.home().join("timestamps");
        fs::create_dir_all(&kept)
            .and_then(|()| replace_durably(&kept.join(format!("{:020}.tsr", checkpoint.size)), &answer.body))
            .with_context(|| format!("cannot write to {}", kept.display()))
            .or_fail(Exit::Unavailable)?;
        let mut beside = self.output.clone().into_os_string();
        beside.push(".stamped");
        let text = checkpoint.to_string();
        for (path, bytes) in [(self.output.clone(), &answer.body[..]), (beside.into(), text.as_bytes())] {
            fs::write(&path, bytes)
                .with_context(|| format!("cannot write {}", path.display()))
                .or_fail(Exit::Unavailable)?;
        }
        let time = jiff::Timestamp::from_second(timestamp.time).or_fail(Exit::Input)?;
        let certificate = hex(&hash.0);
        let said =
            Said { log: checkpoint.origin, log_size: checkpoint.size, time, certificate, token: self.output };
        if context.out.is_json() {
            context.out.json("placet.log-timestamp/1", &said)?;
            return Ok(Exit::Done);
        }
        if trusted.is_none() {
            context.out.note(&format!(
                "compare the certificate with the one that the authority publishes; readers who trust it add to their policy:\n\
                 #timestamp-authority NAME {}",
                said.certificate
            ));
        }
        context.out.result(&format!(
            "the log {} with {} entries was stamped at {time}\ntoken: {}\n",
            foreign(&said.log),
            said.log_size,
            foreign(&said.token.display().to_string())
        ))?;
        Ok(Exit::Done)
    }
}
