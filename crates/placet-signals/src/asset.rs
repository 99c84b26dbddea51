//! Media files and books: every signal that a file carries within itself.

use placet_core::{ParseStatus, Statement, Tier};

use crate::container::{self, Format, Kind};
use crate::defect::{Defect, Problem, note};
use crate::statement::{AI_USES, evidence, of_asset};
use crate::{c2pa, licence, natural, plus, rsl, tdmrep, xml, xmp};

/// What a file carries.
#[derive(Clone, Debug, Default)]
pub struct AssetSignals {
    /// Its format, where it is one of those that are walked.
    pub format: Option<Format>,
    /// What it states.
    pub statements: Vec<Statement>,
    /// What it says of the TDM reservation, to be weighed against the other carriers.
    pub tdmrep: Option<tdmrep::Mark>,
}

/// Reads a file.
pub fn parse(bytes: &[u8]) -> (AssetSignals, Vec<Defect>) {
    let mut signals = AssetSignals { format: container::format_of(bytes), ..AssetSignals::default() };
    let mut defects = Vec::new();
    if bytes.len() > container::FILE_BYTES_MAX {
        note(&mut defects, Defect::new(Problem::Limit, format!("{} bytes", bytes.len())));
    }
    if signals.format == Some(Format::Zip) {
        epub(bytes, &mut signals, &mut defects);
    }
    for part in container::parts(bytes) {
        let text = || String::from_utf8_lossy(&part.bytes).into_owned();
        match part.kind {
            Kind::Xmp => packet(&part.bytes, &mut signals, &mut defects),
            Kind::Iptc => signals.statements.extend(iptc(&part.bytes)),
            Kind::Words => signals.statements.extend(words(&text(), &part.place)),
            Kind::LicenceUrl => signals.statements.extend(licence::in_asset(&text(), &part.place)),
            Kind::Rsl => document(&part.bytes, &mut signals, &mut defects),
            Kind::Manifest => {
                let (statements, wrong) = c2pa::parse(
                    &part.bytes,
                    Some(c2pa::Holder { file: bytes, store_bytes: part.bytes.len() }),
                );
                signals.statements.extend(statements);
                defects.extend(wrong);
            }
        }
    }
    defects.truncate(crate::defect::DEFECTS_MAX);
    (signals, defects)
}

/// The C2PA manifest stores of a file.
pub fn manifests(bytes: &[u8]) -> Vec<Vec<u8>> {
    container::parts(bytes).into_iter().filter(|p| p.kind == Kind::Manifest).map(|p| p.bytes).collect()
}

/// What an XMP packet carries.
fn packet(bytes: &[u8], signals: &mut AssetSignals, defects: &mut Vec<Defect>) {
    let (properties, wrong) = xmp::parse(bytes);
    defects.extend(wrong);
    let (statements, wrong) = plus::in_xmp(&properties);
    signals.statements.extend(statements);
    defects.extend(wrong);
    let (mark, wrong) = tdmrep::xmp(&properties);
    signals.tdmrep = signals.tdmrep.take().or(mark);
    defects.extend(wrong);
    signals.statements.extend(plus::words_for_people(&properties));
    for (space, name) in [
        ("http://creativecommons.org/ns#", "license"),
        ("http://ns.adobe.com/xap/1.0/rights/", "WebStatement"),
        ("http://purl.org/dc/terms/", "license"),
        ("http://ns.useplus.org/ldf/xmp/1.0/", "Licensor"),
    ] {
        for url in xmp::values(&properties, space, name) {
            signals.statements.extend(licence::in_asset(url, "#xmp"));
        }
    }
    if memchr::memmem::find(bytes, rsl::SPACE.as_bytes()).is_some() {
        document(bytes, signals, defects);
    }
}

fn document(bytes: &[u8], signals: &mut AssetSignals, defects: &mut Vec<Defect>) {
    let (rsl, wrong) = rsl::parse(bytes);
    defects.extend(wrong);
    // Inside a file the canonical URL of a content is the file's own.
    for content in rsl.contents {
        let own = rsl::Rsl {
            contents: vec![rsl::Content { url: String::new(), ..content }],
            ..rsl::Rsl::default()
        };
        signals.statements.extend(rsl::statements(&own, None, rsl::Association::Asset));
    }
}

/// IPTC-IIM, record 2: copyright notice (116) and special instructions (40), words for people.
fn iptc(bytes: &[u8]) -> Vec<Statement> {
    const RECORDS_MAX: usize = 10_000;
    let mut stated = Vec::new();
    let mut rest = bytes;
    for _ in 0..RECORDS_MAX {
        let [0x1C, record, dataset, high, low, data @ ..] = rest else { break };
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        // The highest bit announces a longer length, which no rights text needs.
        let (Some(text), true) = (data.get(..len), *high < 0x80) else { break };
        if (*record, *dataset) == (2, 116) || (*record, *dataset) == (2, 40) {
            stated.extend(words(&String::from_utf8_lossy(text), &format!("#iptc-{record}:{dataset}")));
        }
        rest = data.get(len..).unwrap_or_default();
    }
    stated
}

fn words(text: &str, place: &str) -> Vec<Statement> {
    natural::sentences(text)
        .into_iter()
        .map(|sentence| Statement {
            uses: AI_USES,
            parse_status: ParseStatus::HumanOnly,
            evidence: evidence(place, None, sentence),
            ..of_asset("natural-language", Tier::D)
        })
        .collect()
}

/// EPUB, version 2 or 3: the package document that `META-INF/container.xml` names.
fn epub(bytes: &[u8], signals: &mut AssetSignals, defects: &mut Vec<Defect>) {
    let archive: container::Archive<'_> = container::open_zip(bytes);
    let Some(index) = archive.read("META-INF/container.xml") else { return };
    let (root, wrong) = xml::parse(&index);
    defects.extend(wrong);
    let path = root
        .iter()
        .flat_map(xml::Element::walk)
        .find(|e| e.name == "rootfile")
        .and_then(|e| e.attribute("full-path"))
        .map(str::to_owned);
    let Some(package) = path.as_deref().and_then(|p| archive.read(p)) else {
        note(defects, Defect::new(Problem::Missing, "package document"));
        return;
    };
    let (root, wrong) = xml::parse(&package);
    defects.extend(wrong);
    let Some(root) = root else { return };
    let (mark, wrong) = tdmrep::opf(&root);
    signals.tdmrep = mark;
    defects.extend(wrong);
    for rights in root.walk().into_iter().filter(|e| e.is("http://purl.org/dc/elements/1.1/", "rights")) {
        signals.statements.extend(licence::in_asset(rights.text.trim(), "#opf"));
        signals.statements.extend(words(&rights.text, "#opf"));
    }
    if memchr::memmem::find(&package, rsl::SPACE.as_bytes()).is_some() {
        document(&package, signals, defects);
    }
}
