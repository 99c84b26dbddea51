//! Section 1.3: modalities, sizes, times and languages of the data.

use super::numbers::{percent, spaced, whole};
use super::{Filling, Making, shares};
use crate::summary::answers::Data;
use crate::summary::band::Modality;
use crate::summary::document::{Answer, Share, Stands};
use crate::summary::measure::{DETECTOR, EU_LANGUAGES, SAMPLE_CHARS, UNDETERMINED, UNSEEN, language_name};
use crate::summary::template::Field;

impl Making<'_> {
    pub(super) fn chosen(&self) -> Vec<Modality> {
        let mut chosen = match self.m.answers.fields.get("mod.selected").map(|given| &given.answer) {
            Some(Answer::Modalities(chosen)) => chosen.clone(),
            _ => Vec::new(),
        };
        if self.m.gathered.all.items > 0 {
            chosen.push(Modality::Text);
        }
        for (key, modality) in [
            ("mod.image.amount", Modality::Image),
            ("mod.audio.amount", Modality::Audio),
            ("mod.video.amount", Modality::Video),
            ("mod.other.amount", Modality::Other),
        ] {
            if self.m.answers.fields.contains_key(key) {
                chosen.push(modality);
            }
        }
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    /// Why there is nothing to measure.
    fn no_item(&self) -> &'static str {
        match self.m.answers.data {
            Data::Cleared => "the scans kept no item, and the model was trained on what they kept",
            Data::Whole => "the runs hold no item",
        }
    }

    pub(super) fn modalities(&self) -> Filling {
        let chosen = self.chosen();
        let stands = match (self.m.gathered.all.items > 0, chosen.len()) {
            (false, 0) => {
                return (Stands::Unknown, Answer::Unknown(self.no_item().to_owned()), Vec::new());
            }
            (true, 1) => Stands::Measured,
            (true, _) => Stands::Both,
            (false, _) => Stands::Attested,
        };
        let evidence = if self.m.gathered.all.items > 0 {
            self.decisions("the items that the model was trained on; all hold text")
        } else {
            Vec::new()
        };
        (stands, Answer::Modalities(chosen), evidence)
    }

    /// A field of one modality: not asked where that is not selected, with its band where it is an amount.
    pub(super) fn of_modality(&self, of: &Field, modality: Modality) -> Filling {
        if !self.chosen().contains(&modality) {
            return (
                Stands::NotAsked,
                Answer::NotAsked("this modality is not selected".to_owned()),
                Vec::new(),
            );
        }
        let (stands, answer, evidence) = self.given(of);
        let amount = match (&answer, of.key.ends_with(".amount")) {
            (Answer::Text(text), true) => Some(text.clone()),
            (_, true) => {
                return (
                    Stands::Unknown,
                    Answer::Unknown("nobody has answered this yet".to_owned()),
                    Vec::new(),
                );
            }
            _ => None,
        };
        let band = amount.as_deref().and_then(whole).and_then(|amount| modality.band_of(amount));
        match (amount, band, modality.unit()) {
            (Some(amount), Some(band), Some(unit)) => {
                (stands, Answer::Text(format!("{band} ({amount} {unit})")), evidence)
            }
            _ => (stands, answer, evidence),
        }
    }

    /// Tokens are never more than bytes, so that bytes settle the lowest band; above it the provider's tokenizer has to.
    pub(super) fn band(&mut self) -> Filling {
        let bytes = self.m.gathered.all.volume;
        let given = self.m.answers.fields.get("mod.text.tokens");
        let tokens = self.given_text("mod.text.tokens").and_then(whole);
        if !self.chosen().contains(&Modality::Text) {
            return (
                Stands::NotAsked,
                Answer::NotAsked("this modality is not selected".to_owned()),
                Vec::new(),
            );
        }
        if let (Some(tokens), Some(given), true) = (tokens, given, self.m.gathered.measured)
            && tokens > bytes.saturating_mul(2)
            && self.m.answers.sources.iter().all(|source| source.bytes.is_none())
        {
            let says = format!("states {tokens} tokens, yet the runs hold {bytes} bytes of text");
            self.fault(given.line, "mod.text.tokens", says, "name all runs, or correct the number");
        }
        let covered = self.m.answers.sources.iter().all(|source| source.bytes.is_none());
        let lowest = Modality::Text.middle_band().map_or(0, |(least, _)| least);
        match tokens.and_then(|tokens| Modality::Text.band_of(tokens)) {
            Some(band) => (Stands::Attested, Answer::Text(band.to_owned()), Vec::new()),
            None if self.m.gathered.measured && covered && bytes < lowest => {
                let band = Modality::Text.band_of(bytes).unwrap_or_default();
                let evidence = self.measured_by("sum of `bytes`: no tokenizer that works on bytes or longer pieces gives more tokens than bytes");
                (Stands::Measured, Answer::Text(band.to_owned()), evidence)
            }
            None => {
                let why =
                    "the evidence does not settle the number of tokens; mod.text.tokens in the answers does";
                (Stands::Unknown, Answer::Unknown(why.to_owned()), Vec::new())
            }
        }
    }

    pub(super) fn size(&self) -> Filling {
        let all = &self.m.gathered.all;
        if all.items == 0 {
            return (Stands::Unknown, Answer::Unknown(self.no_item().to_owned()), Vec::new());
        }
        if self.m.gathered.measured {
            let text = format!(
                "{} documents with {} words in {} bytes of text (UTF-8)",
                spaced(all.items),
                spaced(all.words),
                spaced(all.volume)
            );
            (Stands::Measured, Answer::Text(text), self.measured_by("rows, sum of `words`, sum of `bytes`"))
        } else {
            let text =
                format!("{} documents with {} letters and digits", spaced(all.items), spaced(all.volume));
            (Stands::Measured, Answer::Text(text), self.decisions("items, sum of `letters`"))
        }
    }

    pub(super) fn latest(&mut self, of: &Field) -> Filling {
        let last = self.m.gathered.all.last.as_deref().and_then(|day| day.get(..7)).map(str::to_owned);
        let given = self.m.answers.fields.get(of.key);
        let evidence = self.measured_by("latest `captured`");
        match (last, given.map(|given| (&given.answer, given.line))) {
            (Some(last), Some((Answer::Month(month), line))) => {
                if *month < last {
                    let says = format!("states {month}, yet an item was captured in {last}");
                    self.fault(line, of.key, says, "correct it, or the runs");
                }
                (Stands::Both, Answer::Month(month.clone()), evidence)
            }
            (Some(last), _) => (Stands::Measured, Answer::Month(last), evidence),
            (None, Some(_)) => self.given(of),
            (None, None) => {
                let why = if self.m.gathered.measured {
                    "no item carries a time of capture, and nobody has answered this yet"
                } else {
                    "times of capture were not measured, and nobody has answered this yet"
                };
                (Stands::Unknown, Answer::Unknown(why.to_owned()), Vec::new())
            }
        }
    }

    pub(super) fn languages(&self, of: &Field) -> Filling {
        let gathered = self.m.gathered;
        let shares = shares(&gathered.languages, |code| language_name(code).to_owned());
        if shares.is_empty() {
            return self.given(of);
        }
        let all = gathered.all.volume;
        let told: Vec<&Share> = shares.iter().filter(|share| share.code != UNDETERMINED).collect();
        let list: Vec<String> =
            shares.iter().map(|share| format!("{} {} %", share.name, percent(share.volume, all))).collect();
        let how = if gathered.measured {
            format!(
                "Measured with {DETECTOR} on the first {SAMPLE_CHARS} characters of each document; shares of all bytes of text"
            )
        } else {
            "As stated by the documents or their crawlers, not measured; shares of all letters".to_owned()
        };
        let union: Vec<&str> = EU_LANGUAGES
            .iter()
            .filter(|(code, _)| told.iter().any(|share| share.code == *code))
            .map(|(_, name)| *name)
            .collect();
        let missing: Vec<&str> = EU_LANGUAGES
            .iter()
            .filter(|(code, name)| {
                let seen = told.iter().any(|share| share.code == *code);
                let unseen_by_detector = gathered.measured && UNSEEN.contains(name);
                !seen && !unseen_by_detector
            })
            .map(|(_, name)| *name)
            .collect();
        let mut text = format!("{how}: {}.\n", list.join(", "));
        text.push_str(&format!("Official languages of the Union found: {}.", or_none(&union)));
        text.push_str(&format!(" Not found: {}.", or_none(&missing)));
        if gathered.measured {
            text.push_str(&format!(
                " The detector does not know {}: these are neither found nor excluded.",
                UNSEEN.join(" and ")
            ));
        }
        let mut stands = Stands::Measured;
        if let Some(given) = self.given_text(of.key) {
            text.push('\n');
            text.push_str(given);
            stands = Stands::Both;
        }
        let evidence = if gathered.measured {
            self.measured_by("`language`, items and sum of `bytes` by value")
        } else {
            self.decisions("`language`, items and sum of `letters` by value")
        };
        (stands, Answer::Text(text), evidence)
    }
}

fn or_none(list: &[&str]) -> String {
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}
