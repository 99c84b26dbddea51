//! `placet log statement`: a statement about a document in the words of SCITT (RFC 9943), sealed as an entry, with its
//! receipt attached.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_core::note::{NoteError, Signer};
use placet_log::cose::{Claims, Receipt, Statement, Transparent, attach};
use placet_log::hash::Hash;
use placet_log::store::Reader;

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::sealed::{Sealed, of_store};
use crate::{Context, Exit, Failure, witnesses};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The document; its hash goes into the log, itself it stays with you
    #[arg(value_name = "FILE")]
    document: PathBuf,
    /// What the statement is about: a model and its version, a data set
    #[arg(long, value_name = "TEXT")]
    subject: String,
    /// Who makes it, best an address [default: the name of the log]
    #[arg(long, value_name = "TEXT")]
    issuer: Option<String>,
    /// Media type of the document
    #[arg(long, value_name = "TYPE", default_value = "application/json")]
    content_type: String,
    /// The issuer's key (`placet audit key` makes such a file) [default: the log's]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where the transparent statement goes
    #[arg(long, short, value_name = "FILE", default_value = "statement.scitt")]
    output: PathBuf,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sealed = Sealed::new(&context.home);
        let log = sealed.signer()?;
        let read = |path: &PathBuf| {
            fs::read(path).with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)
        };
        let issuer = match &self.key {
            None => log.clone(),
            Some(path) => {
                let text = String::from_utf8(read(path)?).or_fail(Exit::Input)?;
                text.trim_end().parse().map_err(|error: NoteError| Failure::new(Exit::Input, error))?
            }
        };
        let statement = Statement {
            claims: Claims {
                issuer: self.issuer.unwrap_or_else(|| log.verifier().name().to_owned()),
                subject: self.subject,
            },
            issued_at: u64::try_from(context.now.as_second()).unwrap_or_default(),
            content_type: self.content_type,
            document: Hash::of(&[&read(&self.document)?]),
        };
        let entry = statement.sign(&issuer).or_fail(Exit::Usage)?;
        let mut writer = sealed.writer()?;
        let index = writer.append(&entry).map_err(of_store)?;
        let checkpoint = sealed.seal(&mut writer)?;
        witnesses::ask(context, &sealed, &mut writer)?;
        let bytes = transparent(&sealed.reader()?, index, &entry, &log)?;
        let holds = Transparent::verify(
            &bytes,
            std::slice::from_ref(issuer.verifier()),
            std::slice::from_ref(log.verifier()),
        );
        holds.or_fail(Exit::Internal)?;
        fs::write(&self.output, bytes)
            .with_context(|| format!("cannot write {}", self.output.display()))
            .or_fail(Exit::Unavailable)?;
        context.out.note(&format!(
            "the statement is sealed as entry {index}; {} is the statement with its receipt. Signed with {}",
            foreign(&self.output.display().to_string()),
            issuer.verifier()
        ));
        context.out.result(&checkpoint.to_string())?;
        Ok(Exit::Done)
    }
}

/// A statement's entry with a receipt for the newest checkpoint.
pub(super) fn transparent(
    reader: &Reader,
    index: u64,
    entry: &[u8],
    log: &Signer,
) -> Result<Vec<u8>, Failure> {
    let statement = Statement::read(entry).or_fail(Exit::Input)?;
    let checkpoint = reader.checkpoint();
    let hashes = reader.tiles().inclusion_proof(index).map_err(of_store)?;
    let claims = Claims { issuer: log.verifier().name().to_owned(), subject: statement.claims.subject };
    let receipt = Receipt { size: checkpoint.size, index, hashes, claims: Some(claims) };
    let signed = receipt.sign(checkpoint.root, log);
    // Signed only if the tree on disk leads to the root that the log signed before.
    let holds = |bytes: &Vec<u8>| Receipt::verify(bytes, entry, log.verifier()).is_ok();
    let Some(receipt) = signed.filter(holds) else {
        let error = anyhow::anyhow!("the log's files do not lead to its checkpoint");
        return Err(Failure::new(Exit::Denied, error).hint("check it: placet log fsck"));
    };
    attach(entry, &[receipt]).or_fail(Exit::Internal)
}
