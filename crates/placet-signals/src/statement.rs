//! The frame that every reader fills: a statement with its protocol's standing and nothing said yet.

use jiff::Timestamp;
use placet_core::{
    Actors, Binding, Evidence, Nature, ParseStatus, Period, Proof, Reach, Statement, Territory, Tier, Use,
    UseSet, Verdict,
};
use sha2::{Digest as _, Sha256};

use crate::defect::shortened;

/// Training of every kind.
pub(crate) const TRAINING: UseSet =
    UseSet::NONE.with(Use::TrainNongen).with(Use::TrainGen).with(Use::FineTune);

/// Training of systems that generate content.
pub(crate) const GENERATIVE_TRAINING: UseSet = UseSet::NONE.with(Use::TrainGen).with(Use::FineTune);

/// What an AI system does with a work beyond fetching it and finding it.
pub(crate) const AI_USES: UseSet = TRAINING
    .with(Use::Tdm)
    .with(Use::AiIndex)
    .with(Use::AiInput)
    .with(Use::AiOutput)
    .with(Use::Evaluation)
    .with(Use::Replica);

/// A statement of a protocol that is bound to the place it was found at, over the server's connection.
pub(crate) fn of_place(protocol: &'static str, tier: Tier, reach: Reach) -> Statement {
    Statement {
        protocol: protocol.into(),
        version: None,
        nature: Nature::Preference,
        verdict: Verdict::Unknown,
        uses: UseSet::NONE,
        approximate: UseSet::NONE,
        actors: Actors::Anyone,
        territory: Territory::World,
        period: Period::ALWAYS,
        reach,
        target: None,
        binding: Binding::Location,
        declarant: None,
        proof: Proof::Transport,
        tier,
        parse_status: ParseStatus::Ok,
        overruled: false,
        duties: Vec::new(),
        evidence: Evidence::default(),
    }
}

/// A statement that a file carries within itself.
pub(crate) fn of_asset(protocol: &'static str, tier: Tier) -> Statement {
    Statement { binding: Binding::Asset, proof: Proof::None, ..of_place(protocol, tier, Reach::Asset) }
}

/// Evidence inside the thing read: the part, a line, the words.
pub(crate) fn evidence(part: &str, line: Option<u32>, quote: &str) -> Evidence {
    Evidence {
        place: part.to_owned(),
        line: line.map(u64::from),
        quote: Some(shortened(quote)),
        ..Evidence::default()
    }
}

/// What the statement would have said, had its author written it as the protocol wants: no answer, but a flag.
pub(crate) fn malformed(statement: Statement) -> Statement {
    Statement { verdict: Verdict::Unknown, parse_status: ParseStatus::MalformedIntent, ..statement }
}

/// Completes the evidence of statements read from one thing: where it lies, when it was seen, and its hash.
///
/// Readers know only the part inside the thing (`#xmp`, a line), so this is called once for each thing read.
pub fn locate(statements: &mut [Statement], place: &str, observed_at: Option<Timestamp>, bytes: &[u8]) {
    if !statements.is_empty() {
        Found::of(place, observed_at, bytes).locate(statements);
    }
}

/// A thing that was read: where, when, and which bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its URL, or its path.
    pub place: String,
    /// When its bytes were observed there, where that is known.
    pub observed_at: Option<Timestamp>,
    /// BLAKE3 of them, in lower-case hexadecimal.
    pub blake3: String,
    /// SHA-256 of them, in lower-case hexadecimal.
    pub sha256: String,
}

impl Found {
    /// Hashes the thing.
    pub fn of(place: &str, observed_at: Option<Timestamp>, bytes: &[u8]) -> Found {
        Found {
            place: place.to_owned(),
            observed_at,
            blake3: blake3::hash(bytes).to_hex().to_string(),
            sha256: Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect(),
        }
    }

    /// Completes the evidence of what was read from it.
    pub fn locate(&self, statements: &mut [Statement]) {
        for statement in statements {
            self.stamp(&mut statement.evidence);
        }
    }

    /// Completes one evidence, which so far names the part inside the thing.
    pub fn stamp(&self, evidence: &mut Evidence) {
        evidence.place.insert_str(0, &self.place);
        evidence.observed_at = self.observed_at;
        evidence.blake3 = Some(self.blake3.clone());
        evidence.sha256 = Some(self.sha256.clone());
    }
}
