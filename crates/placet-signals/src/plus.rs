//! PLUS Data Mining in XMP (IPTC Photo Metadata Standard 2023.1): nine values, bound to the file.

use placet_core::{Condition, ParseStatus, Statement, Tier, Use, UseSet, Verdict};

use crate::defect::{Defect, Problem, note};
use crate::statement::{AI_USES, GENERATIVE_TRAINING, TRAINING, evidence, malformed, of_asset};
use crate::xmp::{self, Property};

/// Namespace of the property.
pub const SPACE: &str = "http://ns.useplus.org/ldf/xmp/1.0/";
/// Beginning of its values.
pub const VOCABULARY: &str = "http://ns.useplus.org/ldf/vocab/";
const IPTC_EXT: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";

/// A value of the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataMining {
    /// Nothing said.
    Unspecified,
    /// Allowed.
    Allowed,
    /// Prohibited for training.
    ProhibitedAiMlTraining,
    /// Prohibited for training of systems that generate.
    ProhibitedGenAiMlTraining,
    /// Prohibited except for indexing by search engines.
    ProhibitedExceptSearchEngineIndexing,
    /// Prohibited.
    Prohibited,
    /// Prohibited, see `plus:OtherConstraints`.
    ProhibitedSeeConstraint,
    /// Prohibited, see `Iptc4xmpExt:EmbdEncRightsExpr`.
    ProhibitedSeeEmbeddedRightsExpr,
    /// Prohibited, see `Iptc4xmpExt:LinkedEncRightsExpr`.
    ProhibitedSeeLinkedRightsExpr,
}

use DataMining as D;

impl DataMining {
    /// Every value.
    pub const ALL: [DataMining; 9] = [
        D::Unspecified,
        D::Allowed,
        D::ProhibitedAiMlTraining,
        D::ProhibitedGenAiMlTraining,
        D::ProhibitedExceptSearchEngineIndexing,
        D::Prohibited,
        D::ProhibitedSeeConstraint,
        D::ProhibitedSeeEmbeddedRightsExpr,
        D::ProhibitedSeeLinkedRightsExpr,
    ];

    /// Its key in the vocabulary.
    pub const fn key(self) -> &'static str {
        match self {
            D::Unspecified => "DMI-UNSPECIFIED",
            D::Allowed => "DMI-ALLOWED",
            D::ProhibitedAiMlTraining => "DMI-PROHIBITED-AIMLTRAINING",
            D::ProhibitedGenAiMlTraining => "DMI-PROHIBITED-GENAIMLTRAINING",
            D::ProhibitedExceptSearchEngineIndexing => "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
            D::Prohibited => "DMI-PROHIBITED",
            D::ProhibitedSeeConstraint => "DMI-PROHIBITED-SEECONSTRAINT",
            D::ProhibitedSeeEmbeddedRightsExpr => "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR",
            D::ProhibitedSeeLinkedRightsExpr => "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR",
        }
    }

    /// The label that common tools show and sometimes write instead.
    const fn label(self) -> &'static str {
        match self {
            D::Unspecified => "Unspecified - no prohibition defined",
            D::Allowed => "Allowed",
            D::ProhibitedAiMlTraining => "Prohibited for AI/ML training",
            D::ProhibitedGenAiMlTraining => "Prohibited for Generative AI/ML training",
            D::ProhibitedExceptSearchEngineIndexing => "Prohibited except for search engine indexing",
            D::Prohibited => "Prohibited",
            D::ProhibitedSeeConstraint => "Prohibited, see Other Constraints property",
            D::ProhibitedSeeEmbeddedRightsExpr => {
                "Prohibited, see Embedded Encoded Rights Expression property"
            }
            D::ProhibitedSeeLinkedRightsExpr => "Prohibited, see Linked Encoded Rights Expression property",
        }
    }

    /// Reads a value: the URI, the bare key, or a tool's label.
    pub fn parse(value: &str) -> Option<DataMining> {
        let value = value.trim();
        let key = value.rsplit('/').next().filter(|k| k.len() > 4).unwrap_or(value);
        D::ALL.into_iter().find(|d| {
            d.key().eq_ignore_ascii_case(key)
                || d.label().eq_ignore_ascii_case(value)
                || d.label().split(" property").next().is_some_and(|l| l.eq_ignore_ascii_case(value))
        })
    }
}

/// Reads the property in an XMP packet's properties.
pub fn in_xmp(properties: &[Property]) -> (Vec<Statement>, Vec<Defect>) {
    let (mut stated, mut defects) = (Vec::new(), Vec::new());
    for value in xmp::values(properties, SPACE, "DataMining") {
        let frame = Statement {
            evidence: evidence("#xmp", None, &format!("plus:DataMining {value}")),
            ..of_asset("plus", Tier::B)
        };
        match DataMining::parse(value) {
            None => {
                note(&mut defects, Defect::new(Problem::UnknownWord, value));
                stated.push(malformed(Statement { uses: AI_USES, ..frame }));
            }
            Some(meant) => stated.extend(state(meant, properties, &frame)),
        }
    }
    (stated, defects)
}

fn state(meant: DataMining, properties: &[Property], frame: &Statement) -> Vec<Statement> {
    let mining = TRAINING.with(Use::Tdm).with(Use::Evaluation);
    let near = UseSet::NONE.with(Use::AiIndex).with(Use::AiInput);
    let search = UseSet::NONE.with(Use::Search);
    let say = |verdict, uses, approximate| Statement { verdict, uses, approximate, ..frame.clone() };
    let see = |space: &str, name: &str, duty: &str| {
        let detail = xmp::first(properties, space, name).map(crate::defect::shortened);
        let duties = vec![Condition { duty: duty.to_owned(), detail, before_use: true }];
        let uses = mining.union(near).union(search);
        vec![Statement { duties, ..say(Verdict::Conditional, uses, near) }]
    };
    match meant {
        D::Unspecified => vec![say(Verdict::Unknown, mining, UseSet::NONE)],
        D::Allowed => vec![say(Verdict::Allowed, mining, UseSet::NONE)],
        D::ProhibitedAiMlTraining => vec![say(Verdict::Denied, TRAINING, UseSet::NONE)],
        D::ProhibitedGenAiMlTraining => vec![say(Verdict::Denied, GENERATIVE_TRAINING, UseSet::NONE)],
        D::ProhibitedExceptSearchEngineIndexing => {
            vec![say(Verdict::Denied, mining.union(near), near), say(Verdict::Allowed, search, UseSet::NONE)]
        }
        D::Prohibited => vec![say(Verdict::Denied, mining.union(near).union(search), near)],
        D::ProhibitedSeeConstraint => see(SPACE, "OtherConstraints", "see-constraint"),
        D::ProhibitedSeeEmbeddedRightsExpr => see(IPTC_EXT, "EmbdEncRightsExpr", "see-embedded-rights"),
        D::ProhibitedSeeLinkedRightsExpr => see(IPTC_EXT, "LinkedEncRightsExpr", "see-linked-rights"),
    }
}

/// Rights words for people in the packet: kept, classed human-only.
pub fn words_for_people(properties: &[Property]) -> Vec<Statement> {
    const PLACES: [(&str, &str); 3] = [
        ("http://ns.adobe.com/xap/1.0/rights/", "UsageTerms"),
        ("http://purl.org/dc/elements/1.1/", "rights"),
        (SPACE, "OtherConstraints"),
    ];
    let found =
        PLACES.iter().flat_map(|(space, name)| xmp::values(properties, space, name).map(move |v| (name, v)));
    found
        .filter(|(_, text)| crate::natural::speaks_of_ai(text))
        .map(|(name, text)| Statement {
            uses: AI_USES,
            parse_status: ParseStatus::HumanOnly,
            evidence: evidence("#xmp", None, &format!("{name}: {text}")),
            ..of_asset("natural-language", Tier::D)
        })
        .collect()
}

/// Writes an XMP packet that holds the property alone.
pub fn write(meant: DataMining) -> String {
    format!(
        "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:plus=\"{SPACE}\">\n\
         <plus:DataMining>{VOCABULARY}{}</plus:DataMining>\n\
         </rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n",
        meant.key()
    )
}
