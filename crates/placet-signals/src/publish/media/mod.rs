//! Media files: PLUS Data Mining and the TDM reservation, in XMP, within the file or beside it.
//!
//! Nothing of the file but its XMP changes. A file that carries a C2PA manifest is left as it is, since its signature
//! covers every other byte: its statement goes beside it. With a signer, a JPEG gets a manifest of its own.

mod jpeg;
mod manifest;
mod packet;
mod png;
mod webp;

pub use packet::PacketError;

use placet_core::{Use, UseSet};

use super::site::{Told, compare, heard, loss, reservation};
use super::{Answer, Terms};
use crate::c2pa::{self, Signer, SignerError};
use crate::container::{self, Format};
use crate::plus::{self, DataMining};
use crate::tdmrep;

/// What is to become of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marked {
    /// The file with its statement within.
    Within(Vec<u8>),
    /// The statement as an XMP packet to lie beside the file, and why it does.
    Beside(Vec<u8>, Why),
}

/// Why a statement lies beside its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// XMP is not written into files of this format.
    Format,
    /// The file carries a signed manifest that a change would break.
    Signed,
}

/// Why a file cannot be marked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// Its XMP cannot be changed without loss.
    #[error(transparent)]
    Packet(#[from] PacketError),
    /// It is not built as its format says.
    #[error("the file is not built as its format says; repair it, then publish again")]
    Malformed,
    /// The packet does not fit where it belongs.
    #[error("the file's XMP and the statement are larger than one segment holds (65,502 bytes)")]
    TooLarge,
    /// The manifest could not be signed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The terms say nothing that the carrier has a word for.
    #[error("the terms say nothing that a media file can carry")]
    Nothing,
}

/// The properties that say the terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// The value of PLUS Data Mining.
    pub data_mining: Option<DataMining>,
    /// Words for its constraint, where it points to one.
    pub constraint: Option<String>,
    /// The TDM reservation.
    pub reserved: Option<bool>,
    /// Where both say something else than the terms, or nothing.
    pub told: Vec<Told>,
}

impl Properties {
    /// The properties that say most of the terms and nothing against them.
    pub fn of(terms: &Terms) -> Properties {
        let mut made = Properties { reserved: reservation(terms).0, ..Properties::default() };
        if terms.offers.iter().any(|o| o.uses.contains(Use::Tdm)) {
            // A condition is said by the constraint; the bit alone would be a plain no.
            made.reserved = None;
        }
        made.constraint = (!terms.offers.is_empty()).then(|| {
            let contact = terms.contact.as_deref().unwrap_or("the rightsholder");
            format!("Licences for AI uses: {contact}")
        });
        let mut best: Option<([usize; 4], DataMining)> = None;
        for value in DataMining::ALL {
            if let Some(loss) = loss_of(terms, value)
                && best.is_none_or(|(least, _)| loss < least)
            {
                best = Some((loss, value));
            }
        }
        made.data_mining = best.map(|(_, value)| value);
        if made.data_mining != Some(DataMining::ProhibitedSeeConstraint) {
            made.constraint = None;
        }
        let packet = packet::write(None, &made).unwrap_or_default();
        let (carried, _) = crate::asset::parse(&packet);
        let marks: Vec<tdmrep::Mark> = carried.tdmrep.into_iter().collect();
        let (plus, other): (Vec<_>, Vec<_>) = carried
            .statements
            .into_iter()
            .chain(tdmrep::statements(&marks, None))
            .partition(|s| s.protocol == "plus");
        let reservations: Vec<_> = other.into_iter().filter(|s| s.protocol == "tdmrep").collect();
        made.told = compare(terms, "plus", &plus);
        made.told.extend(compare(terms, "tdmrep", &reservations));
        made
    }

    /// Uses that the terms refuse and that neither property refuses.
    pub fn unsaid(&self, terms: &Terms) -> UseSet {
        Use::ALL
            .into_iter()
            .filter(|u| terms.answer(*u) == Answer::Refused)
            .filter(|u| {
                ["plus", "tdmrep"].iter().all(|p| self.told.iter().any(|t| t.protocol == *p && t.use_ == *u))
            })
            .collect()
    }
}

/// What a value misses of the terms; absent where it says something against them.
fn loss_of(terms: &Terms, value: DataMining) -> Option<[usize; 4]> {
    let properties = Properties { data_mining: Some(value), ..Properties::default() };
    let (read, _) = crate::asset::parse(&packet::write(None, &properties).ok()?);
    let stated: Vec<_> = read.statements.into_iter().filter(|s| s.protocol == "plus").collect();
    // The only word that leaves search results alone also allows them.
    let leaves_search =
        terms.answer(Use::Search) == Answer::Silent && heard(&stated, Use::Search) == Answer::Granted;
    let of = Use::ALL.into_iter().filter(|u| !(leaves_search && *u == Use::Search)).collect();
    let mut missed = loss(terms, &stated, of)?;
    missed[3] += usize::from(leaves_search);
    Some(missed)
}

/// Puts the properties into a file, or into the packet beside it. `beside` is the packet that lies there.
pub fn mark(bytes: &[u8], beside: Option<&[u8]>, properties: &Properties) -> Result<Marked, MarkError> {
    if properties.data_mining.is_none() && properties.reserved.is_none() {
        return Err(MarkError::Nothing);
    }
    let written = |existing: Option<&[u8]>| packet::write(existing, properties).map_err(MarkError::from);
    let format = container::format_of(bytes);
    let result = match format {
        Some(Format::Jpeg) => jpeg::mark(bytes, written),
        Some(Format::Png) => png::mark(bytes, written),
        Some(Format::Riff) if bytes.get(8..12) == Some(b"WEBP") => webp::mark(bytes, written),
        Some(Format::Xmp) => written(Some(bytes)).map(Some),
        _ => return Ok(Marked::Beside(written(beside)?, Why::Format)),
    };
    match result? {
        Some(marked) => Ok(Marked::Within(marked)),
        None => Ok(Marked::Beside(written(beside)?, Why::Signed)),
    }
}

/// The same, with a manifest that says the terms and is signed, where the file is a JPEG that carries no manifest of
/// somebody else's. One that was published before is replaced; where it says the same, the file stays as it is.
pub fn mark_signed(
    bytes: &[u8],
    beside: Option<&[u8]>,
    properties: &Properties,
    terms: &Terms,
    signer: &Signer,
) -> Result<Marked, MarkError> {
    let entries = manifest::entries(terms);
    if container::format_of(bytes) != Some(Format::Jpeg) || entries.is_empty() {
        return mark(bytes, beside, properties);
    }
    let stores = crate::asset::manifests(bytes);
    if !stores.iter().all(|store| c2pa::is_ours(store)) {
        return mark(bytes, beside, properties);
    }
    let bare = if stores.is_empty() { bytes.to_vec() } else { jpeg::without_manifest(bytes)? };
    let Marked::Within(marked) = mark(&bare, beside, properties)? else { return Err(MarkError::Malformed) };
    let signed = manifest::put(&marked, &entries, signer)?;
    let said = |bytes: &[u8]| crate::asset::parse(bytes).0.statements;
    // A signature is another one each time; what it says is not.
    Ok(Marked::Within(if marked == bare && said(bytes) == said(&signed) { bytes.to_vec() } else { signed }))
}

/// Where a manifest with the terms says something else than they do, or nothing.
pub fn told_by_manifest(terms: &Terms) -> Vec<Told> {
    compare(terms, "cawg", &c2pa::said(&manifest::entries(terms)))
}

/// The properties of a packet that are written: namespace, usual prefix, name, value.
fn values(properties: &Properties) -> Vec<(&'static str, &'static str, &'static str, Option<String>)> {
    let mining = properties.data_mining.map(|d| format!("{}{}", plus::VOCABULARY, d.key()));
    let reserved = properties.reserved.map(|r| u8::from(r).to_string());
    let mut values = vec![
        (plus::SPACE, "plus", "DataMining", mining),
        (tdmrep::XMP_SPACE, "tdm", "reservation", reserved.clone()),
        (tdmrep::SPACE, "tdmrep", "reservation", None),
        (tdmrep::XMP_SPACE, "tdm", "policy", None),
        (tdmrep::SPACE, "tdmrep", "policy", None),
    ];
    // Another constraint of the file's own is kept where ours is not needed.
    if let Some(constraint) = &properties.constraint {
        values.push((plus::SPACE, "plus", "OtherConstraints", Some(constraint.clone())));
    }
    values
}
