//! The documents of a case. Version `placet.case/1`; `docs/formats/case.md` describes them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// Version of the documents.
pub const SCHEMA: &str = "placet.case/1";

/// One document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// [`SCHEMA`].
    pub schema: String,
    /// One more than the highest number among those before; 1 for the first.
    pub number: u32,
    /// SHA-256 of every document that nothing had followed yet; empty for the first.
    pub previous: Vec<String>,
    /// When its author says that it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: Author,
    /// Always true: a list of works in a case is never all that a party holds.
    pub not_exhaustive: bool,
    /// What it says.
    #[serde(flatten)]
    pub body: Body,
}

/// Who wrote a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Name.
    pub name: String,
    /// On which side.
    pub side: Side,
    /// Public key as a C2SP signed-note verifier key; the document is signed with it.
    pub key: String,
    /// Where it is reached.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub contact: String,
}

/// The sides of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Holds rights, or acts for who does.
    Rightsholder,
    /// Develops or runs an AI system.
    Provider,
}

/// What a document says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Body {
    /// A question about one's own works.
    Request(Request),
    /// The answer to it.
    Answer(Answer),
    /// A substantiated objection (Code of Practice, measure 1.5).
    Complaint(Complaint),
    /// A reply to a complaint, or to anything else.
    Reply(Reply),
    /// It was received.
    Receipt(Receipt),
    /// A reminder.
    Followup(Followup),
    /// The fact that no answer came.
    Silence(Silence),
    /// Something found.
    Evidence(Box<Evidence>),
    /// Something that speaks against evidence.
    Rebuttal(Rebuttal),
    /// Words.
    Remark(Remark),
}

impl Body {
    /// The word for it in names of files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Body::Request(_) => "request",
            Body::Answer(_) => "answer",
            Body::Complaint(_) => "complaint",
            Body::Reply(_) => "reply",
            Body::Receipt(_) => "receipt",
            Body::Followup(_) => "followup",
            Body::Silence(_) => "silence",
            Body::Evidence(_) => "evidence",
            Body::Rebuttal(_) => "rebuttal",
            Body::Remark(_) => "remark",
        }
    }

    /// The document that it is about.
    pub fn about(&self) -> Option<&str> {
        match self {
            Body::Answer(Answer { to, .. })
            | Body::Reply(Reply { to, .. })
            | Body::Receipt(Receipt { to, .. })
            | Body::Followup(Followup { to, .. })
            | Body::Silence(Silence { to, .. })
            | Body::Rebuttal(Rebuttal { to, .. }) => Some(to),
            Body::Request(_) | Body::Complaint(_) | Body::Evidence(_) | Body::Remark(_) => None,
        }
    }

    /// The day by which it asks for an answer.
    pub fn due(&self) -> Option<Date> {
        match self {
            Body::Request(Request { due, .. })
            | Body::Complaint(Complaint { due, .. })
            | Body::Followup(Followup { due, .. }) => Some(*due),
            _ => None,
        }
    }

    /// The works that it is about.
    pub fn works(&self) -> &[OwnWork] {
        match self {
            Body::Request(Request { works, .. }) | Body::Complaint(Complaint { works, .. }) => works,
            _ => &[],
        }
    }

    /// The files that belong to it.
    pub fn attachments(&self) -> Vec<&Attachment> {
        match self {
            Body::Request(Request { standing, .. }) | Body::Complaint(Complaint { standing, .. }) => {
                standing.mandate.iter().collect()
            }
            Body::Answer(answer) => {
                answer.works.iter().filter_map(|work| work.proof.as_ref()).chain(&answer.policy).collect()
            }
            Body::Evidence(evidence) => evidence.files.iter().collect(),
            Body::Rebuttal(Rebuttal { files, .. }) | Body::Remark(Remark { files, .. }) => {
                files.iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A file of a case, kept under its hash in `files/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Name that it had.
    pub name: String,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// Whether it lies in the folder. A log of ten gigabytes is named by its hash and stays where it is.
    pub held: bool,
}

/// A work of the party that asks, by what it is known by. Its text is never part of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnWork {
    /// Its id in the catalogue of the party.
    pub id: String,
    /// Title.
    pub title: String,
    /// Who is credited, with their roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credits: Vec<String>,
    /// Identifiers, `scheme:value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<String>,
    /// Fingerprints of its text, `method:value`: hash of the text, similarity codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fingerprints: Vec<String>,
}

/// Why the party may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Who holds the rights.
    pub holder: String,
    /// What the right rests on, in the party's words: author, publisher by contract, collecting society.
    pub basis: String,
    /// The paper that lets one party act for another; needed where holder and author differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate: Option<Attachment>,
    /// What the party declares, and answers for.
    pub declaration: String,
}

/// A question about one's own works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who is asked.
    pub to: String,
    /// Where that is reached.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub contact: String,
    /// About which model; any where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// About which works: the party's own, and no others.
    pub works: Vec<OwnWork>,
    /// Why the party may ask.
    pub standing: Standing,
    /// Whether the party asks that the request be kept confidential.
    pub confidential: bool,
    /// Days to answer.
    pub days: u32,
    /// Last day to answer.
    pub due: Date,
}

/// What is said about each work that was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// SHA-256 of the request.
    pub to: String,
    /// Work by work.
    pub works: Vec<WorkAnswer>,
    /// Trust policy that the proofs verify under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Attachment>,
    /// What the proofs do not prove.
    pub not_proven: Vec<String>,
}

/// The answer about one work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkAnswer {
    /// Id of the work in the request.
    pub work: String,
    /// What the register holds.
    pub finding: WorkFinding,
    /// Under which name it was looked up.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub looked_up: String,
    /// Why, where it is not an answer of the register.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Model whose register answers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Period whose register answers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub period: String,
    /// The proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Attachment>,
}

/// Answers about one work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkFinding {
    /// It stands in the committed register.
    Present,
    /// It does not stand in the committed register.
    Absent,
    /// The register can say nothing about it.
    CannotBeKnown,
    /// The party does not represent it, as far as can be seen.
    Rejected,
    /// Two parties claim it; neither is preferred.
    Conflict,
}

impl WorkFinding {
    /// The words for people.
    pub const fn words(self) -> &'static str {
        match self {
            WorkFinding::Present => "present in the committed register",
            WorkFinding::Absent => "absent from the committed register",
            WorkFinding::CannotBeKnown => "cannot be known",
            WorkFinding::Rejected => "not answered: standing not shown",
            WorkFinding::Conflict => "not answered: claimed by two parties",
        }
    }
}

/// A substantiated objection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// Against whom.
    pub to: String,
    /// Where that is reached.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub contact: String,
    /// About which model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// About which works.
    pub works: Vec<OwnWork>,
    /// Why the party may object.
    pub standing: Standing,
    /// What it objects to, in the party's words.
    pub facts: String,
    /// SHA-256 of the documents of the case that it rests on.
    pub evidence: Vec<String>,
    /// What it asks for.
    pub remedies: Vec<String>,
    /// Days to answer; the Code of Practice says "a reasonable time" and no number.
    pub days: u32,
    /// Last day to answer.
    pub due: Date,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// SHA-256 of the document that it replies to.
    pub to: String,
    /// What it says.
    pub text: String,
}

/// An acknowledgement. It stops no clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// SHA-256 of what was received.
    pub to: String,
    /// On which day.
    pub received: Date,
}

/// A reminder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followup {
    /// SHA-256 of the document that had no answer.
    pub to: String,
    /// Days without one, counted from the day when it was due.
    pub days_late: u32,
    /// What it says.
    pub text: String,
    /// Last day to answer now.
    pub due: Date,
}

/// The fact that no answer came, as its author saw it on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// SHA-256 of the document that had no answer.
    pub to: String,
    /// When it was due.
    pub due: Date,
    /// As of which day.
    pub as_of: Date,
    /// Days since it was due.
    pub days: u32,
}

/// Something that speaks against evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuttal {
    /// SHA-256 of the document that it speaks against.
    pub to: String,
    /// What it says.
    pub text: String,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Attachment>,
}

/// Words, with files where there are any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// What it says.
    pub text: String,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Attachment>,
}
