//! The root of a settlement in the log of the home folder: what a payee was shown cannot be exchanged later.

use std::path::Path;

use anyhow::Context as _;
use placet_log::cbor::Value;
use placet_log::hash::Hash;
use placet_log::leaf::{Document, Leaf};
use placet_remunerate::settle::Settlement;
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::sealed::{Sealed, entries, of_store};
use crate::{Context, Exit, Failure, witnesses};

/// Where in the log a settlement stands.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Committed {
    /// The log's name.
    pub(crate) log: String,
    /// How many entries it had.
    pub(crate) size: u64,
    /// The entry.
    pub(crate) entry: u64,
}

/// Seals a settlement in the log; once, however often it is asked.
pub(crate) fn commit(
    context: &Context,
    settled: &Settlement,
    period: &str,
    record: &Path,
) -> Result<Committed, Failure> {
    if let Some(standing) = committed(context, settled, record)? {
        return Ok(standing);
    }
    let sealed = Sealed::new(&context.home);
    let mut writer = sealed.writer()?;
    let document = sha256(record)?;
    let fields = vec![
        ("licensee".to_owned(), Value::text(&settled.inputs.licensee)),
        ("run".to_owned(), Value::bytes(settled.run.0)),
        ("tariff".to_owned(), Value::text(&settled.inputs.tariff_id)),
    ];
    let private = sealed.keep_private(writer.size(), document, fields)?.root();
    let document = Document { period: period.to_owned(), document, private };
    let leaf = Leaf::Settlement { document, root: Hash(settled.root.0) };
    let entry = writer.append(&leaf.encode()).map_err(of_store)?;
    let checkpoint = writer.seal().map_err(of_store)?;
    let committed = Committed { log: checkpoint.origin.clone(), size: checkpoint.size, entry };
    witnesses::ask(context, &sealed, &mut writer)?;
    Ok(committed)
}

/// The entry of a settlement in the log of the home folder, where there is one.
pub(crate) fn committed(
    context: &Context,
    settled: &Settlement,
    record: &Path,
) -> Result<Option<Committed>, Failure> {
    let sealed = Sealed::new(&context.home);
    if !sealed.log().exists() {
        return Ok(None);
    }
    let reader = sealed.reader()?;
    let (root, record) = (Hash(settled.root.0), sha256(record)?);
    let holds = |entry: &[u8]| {
        let leaf = Leaf::decode(entry);
        matches!(&leaf, Ok(Leaf::Settlement { document, root: r }) if *r == root && document.document == record)
    };
    let found = entries(&reader)?.into_iter().find(|(_, entry)| holds(entry));
    let checkpoint = reader.checkpoint();
    Ok(found.map(|(entry, _)| Committed { log: checkpoint.origin.clone(), size: checkpoint.size, entry }))
}

fn sha256(path: &Path) -> Result<Hash, Failure> {
    let bytes = std::fs::read(path)
        .with_context(|| format!("cannot read {}", path.display()))
        .or_fail(Exit::Input)?;
    Ok(Hash::of(&[&bytes]))
}
