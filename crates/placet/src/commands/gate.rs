//! `placet gate`: a crawler's hot path. One line in, one line out.

use std::io;
use std::path::PathBuf;

use placet_authorize::Profile;
use placet_core::Use;
use placet_scan::gate::Gate;
use placet_scan::site_records::{SiteRecords, Taken};

use crate::failure::OrFail as _;
use crate::{Context, Exit, Failure};

/// Answer for each URL on standard input whether an agent may put it to a use, from a snapshot of site records
#[derive(clap::Args)]
#[command(after_help = "\
Each line in gives one line out, in the same order: verdict, URL and ground between tabs.
The verdict is allowed, denied, conditional or unknown; a host without a record is unknown.
A denied URL is an answer, not a failure: the exit code is 0.")]
pub(crate) struct Args {
    /// Snapshot: one folder (robots.txt, .well-known/tdmrep.json) or one robots.txt file per host
    #[arg(long, value_name = "DIR")]
    site_records: PathBuf,
    /// Product token of the crawler
    #[arg(long, value_name = "TOKEN")]
    agent: String,
    /// What the URLs are wanted for
    #[arg(long = "use", value_name = "USE", default_value = "access")]
    use_: Use,
    /// Profile that resolves what is unknown (access needs none)
    #[arg(long, value_name = "PROFILE", default_value = "art")]
    profile: String,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let records = SiteRecords::new()
            .with_snapshot(&self.site_records, Taken::AsStored)
            .map_err(|e| {
                anyhow::Error::new(e).context(format!("cannot read {}", self.site_records.display()))
            })
            .or_fail(Exit::Input)
            .map_err(|f| {
                f.hint("--site-records takes a folder with one folder or robots.txt file per host")
            })?;
        let profile = Profile::named(&self.profile).or_fail(Exit::Usage)?;
        let mut gate = Gate::new(records, &self.agent, self.use_, profile, context.now);
        gate.answer_lines(&mut io::stdin().lock(), &mut io::stdout().lock())?;
        Ok(Exit::Done)
    }
}
