//! What a transparent statement proves: who says something about a document, and that it is in the log.

use placet_core::note::Verifier;
use placet_log::cose::{StatementError, Transparent};
use placet_log::hash::Hash;
use placet_log::policy::Policy;
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::sealed::hex;
use crate::{Context, Exit, Failure};

#[derive(Serialize)]
struct Said {
    issuer: String,
    subject: String,
    /// The key that signed.
    key: String,
    /// The issuer's word.
    issued_at: Option<jiff::Timestamp>,
    content_type: String,
    /// SHA-256 of the document.
    document: String,
    /// Whether the document was there and is the one.
    compared: bool,
    log: String,
    /// As the receipt says: its signature covers the root alone.
    log_size: u64,
    /// As the receipt says.
    entry: u64,
    not_proven: Vec<String>,
}

pub(super) fn run(
    context: &Context,
    file: &[u8],
    document: Option<&[u8]>,
    policy: &Policy,
    keys: &[String],
) -> Result<Exit, Failure> {
    let denied = |error: anyhow::Error| {
        Failure::new(Exit::Denied, error.context("NOT PROVEN: the statement does not hold"))
    };
    let given: Vec<Verifier> =
        keys.iter().map(|key| key.trim().parse().or_fail(Exit::Usage)).collect::<Result<_, _>>()?;
    let issuers = if given.is_empty() { policy.logs() } else { &given };
    let proven = Transparent::verify(file, issuers, policy.logs()).map_err(|error| {
        let hint = match &error {
            StatementError::Issuer(_) => "if you know the issuer's key, name it with --key",
            StatementError::Malformed(_) => "if this is a receipt, give its entry with --entry",
            _ => return denied(error.into()),
        };
        denied(error.into()).hint(hint)
    })?;
    let statement = proven.statement;
    if let Some(document) = document
        && Hash::of(&[document]) != statement.document
    {
        return Err(denied(anyhow::anyhow!("it is about another document than the one given")));
    }
    let place = format!(
        "its place: entry {} of {}, says the receipt, which signs the root alone",
        proven.receipt.index, proven.receipt.size
    );
    let mut not_proven = vec![
        "that what the document says is true: the statement shows who says it".to_owned(),
        "when it was said: the time is the issuer's word".to_owned(),
        place,
        "that everybody is shown the same log: a receipt carries no witness's cosignature".to_owned(),
    ];
    if document.is_none() {
        not_proven.insert(0, "which document it is about: give it with --document".to_owned());
    }
    let issued_at = i64::try_from(statement.issued_at).ok();
    let said = Said {
        issuer: statement.claims.issuer,
        subject: statement.claims.subject,
        key: proven.issuer.to_string(),
        issued_at: issued_at.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()),
        content_type: statement.content_type,
        document: hex(&statement.document.0),
        compared: document.is_some(),
        log: proven.log.name().to_owned(),
        log_size: proven.receipt.size,
        entry: proven.receipt.index,
        not_proven,
    };
    if context.out.is_json() {
        context.out.json("placet.verify-statement/1", &said)?;
    } else {
        context.out.result(&said.to_string())?;
    }
    Ok(Exit::Done)
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = self.issued_at.map_or(String::new(), |time| format!(", at {time} by its own word"));
        writeln!(f, "PROVEN")?;
        writeln!(f, "  {} made a statement about {}{time},", foreign(&self.issuer), foreign(&self.subject))?;
        writeln!(f, "  signed with {}.", foreign(&self.key))?;
        let given = if self.compared { "the one given" } else { "not given here" };
        writeln!(f, "  Its document, {given}, is of the type {}", foreign(&self.content_type))?;
        writeln!(f, "  and has the SHA-256 {}.", self.document)?;
        writeln!(f, "  The statement is an entry of the log {}.", foreign(&self.log))?;
        writeln!(f, "\nNOT PROVEN")?;
        self.not_proven.iter().try_for_each(|line| writeln!(f, "  - {line}"))
    }
}
