//! Outputs of AI systems, held against registered works.

use serde::{Deserialize, Serialize};

use super::grade::NOT_TRAINING;
use super::{Grade, Graded};

/// An output with how it came about, and the words of registered works in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// The system, as the one who asked named it.
    pub model: String,
    /// What was asked.
    pub prompt: String,
    /// When, as the one who asked states.
    pub time: String,
    /// SHA-256 of the output.
    pub output_sha256: String,
    /// Letters and digits of the output.
    pub letters: u64,
    /// The shortest run that is always found, in words.
    pub guarantee: String,
    /// Stretches that stem from registered works.
    pub overlaps: Vec<Overlap>,
    /// Works that were held against it.
    pub compared: u64,
}

/// A stretch of an output that agrees with a work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// Id of the work.
    pub work: String,
    /// First character of the output.
    pub from: u64,
    /// Character behind the last.
    pub until: u64,
    /// Where it begins in the text of the work, in characters.
    pub work_from: u64,
    /// Letters that agree.
    pub letters: u64,
    /// Share of the stretch that agrees, in thousandths.
    pub agreement_permille: u32,
    /// `exact`, `near` or `excerpt`.
    pub extent: String,
    /// Whether many works share the words: never a finding about one of them.
    pub common: bool,
    /// The words of the output.
    pub quote: String,
}

/// Longest quotation of an output, in characters.
pub const QUOTE_CHARS_MAX: usize = 400;

impl Probe {
    /// The grade: B where an output holds words of a work that are not common, C where it holds none.
    pub fn graded(&self) -> Graded {
        let own = self.overlaps.iter().filter(|o| !o.common).count();
        let mut not_shown = vec![
            NOT_TRAINING.to_owned(),
            "that the output came from this system: model, prompt and time are the word of the one who recorded it"
                .to_owned(),
        ];
        if own == 0 {
            not_shown
                .push("that the system has not seen the works: it only did not repeat them here".to_owned());
            return Graded {
                grade: Grade::C,
                reasons: vec![format!("the output shares no run of {} with the works", self.guarantee)],
                not_shown,
            };
        }
        not_shown.push(
            "how the words came there: from training, from a page that was read, or from the prompt"
                .to_owned(),
        );
        Graded {
            grade: Grade::B,
            reasons: vec![
                format!(
                    "{own} {} with the text of registered works, letter for letter or nearly",
                    if own == 1 { "stretch of the output agrees" } else { "stretches of the output agree" }
                ),
                "the output and its hash are kept, so that anybody can compare again".to_owned(),
            ],
            not_shown,
        }
    }
}
