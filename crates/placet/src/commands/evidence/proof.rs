//! Proofs that a register holds a work.

use placet_disclose::case::CaseFolder;
use placet_disclose::evidence::{Evidence, Found, Grade, Graded, RegisterRow};
use placet_log::answer::{Expected, verify};
use placet_log::policy::Policy;

use super::{Add, small};
use crate::cases::of_case;
use crate::failure::OrFail as _;
use crate::{Exit, Failure};

impl Add {
    /// A proof that a register holds a work.
    pub(super) fn proof(&self, case: &CaseFolder) -> Result<Evidence, Failure> {
        let [path] = self.files.as_slice() else {
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!("one proof at a time")));
        };
        let Some(policy_path) = &self.policy else {
            return Err(Failure::new(
                Exit::Usage,
                anyhow::anyhow!("a proof needs the log's key to be checked"),
            )
            .hint("give the trust policy of the log with --policy"));
        };
        let policy = Policy::parse(&small(policy_path)?).or_fail(Exit::Usage)?;
        let expected = Expected { work: None, period: None, size_known: None };
        let proven = verify(&small(path)?, &policy, expected).map_err(|error| {
            Failure::new(
                Exit::Denied,
                anyhow::Error::new(error).context("NOT PROVEN: the proof does not hold"),
            )
        })?;
        let uses: Vec<String> = proven
            .uses
            .iter()
            .flatten()
            .map(|row| {
                format!("{}: {} {} {}, {}", row.use_name, row.amount, row.unit, row.verdict, row.ground)
            })
            .collect();
        let present = proven.uses.is_some();
        let row = RegisterRow {
            work: proven.work,
            log: proven.checkpoint.origin,
            entry: proven.index,
            period: proven.register.period,
            uses,
        };
        let mut not_shown = vec![
            "that the register is complete".to_owned(),
            "that a model was trained with it: the rows say what a scan found in the sealed corpus"
                .to_owned(),
        ];
        if !present {
            not_shown
                .push("that the work was not used: it is absent from this register, and no more".to_owned());
        }
        Ok(Evidence {
            title: format!(
                "{} is {} in the register of {} for {}",
                row.work,
                if present { "present" } else { "absent" },
                row.log,
                row.period
            ),
            graded: Graded {
                grade: if present { Grade::A } else { Grade::C },
                reasons: vec![if present {
                    "the provider's own sealed record names the work, and the proof of it holds".to_owned()
                } else {
                    "a proof of absence holds for the committed register alone".to_owned()
                }],
                not_shown,
            },
            source: format!("log {} entry {}", row.log, row.entry),
            from: None,
            until: None,
            works: vec![row.work.clone()],
            verify: vec!["placet verify PROOF --policy POLICY checks it against the log's key".to_owned()],
            files: vec![case.keep(path).map_err(of_case)?, case.keep(policy_path).map_err(of_case)?],
            found: Found::Register(row),
        })
    }
}
