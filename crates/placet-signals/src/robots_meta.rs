//! Robots meta words: `X-Robots-Tag` header fields and `<meta name="robots">`.
//!
//! `noai`, `noimageai` and `noml` are a custom of artists' platforms; `nocache` and `noarchive` bind one operator's
//! products and are addressed to it alone. Rules for an agent and for all add up, and only refusals count.

use std::collections::BTreeSet;

use placet_core::{Actor, Actors, Condition, Reach, Statement, Tier, Use, UseSet, Verdict};

use crate::agents;
use crate::defect::{Defect, Problem, note};
use crate::statement::{TRAINING, evidence, malformed, of_place};

/// Most words of one page or response.
const WORDS_MAX: usize = 1_000;

/// The agent whose operator gives `nocache` and `noarchive` their meaning for AI answers and training.
const OPERATOR: &str = "bingbot";

/// Reads `X-Robots-Tag` header fields. `agent: words` addresses one agent.
pub fn header(fields: &[&[u8]]) -> (Vec<Statement>, Vec<Defect>) {
    let mut rules = Vec::new();
    for field in fields {
        let text = String::from_utf8_lossy(field).into_owned();
        let mut agent = String::new();
        for word in text.split(',').take(WORDS_MAX) {
            let word = word.trim();
            let (name, rest) = word.split_once(':').map_or(("", word), |(n, r)| (n.trim(), r.trim()));
            if name.is_empty() || takes_value(name) {
                rules.push((agent.clone(), word.to_owned()));
            } else {
                name.clone_into(&mut agent);
                rules.push((agent.clone(), rest.to_owned()));
            }
        }
    }
    state(&rules, "#x-robots-tag")
}

/// Reads `meta` elements as name and content; those whose name is neither `robots` nor an agent's say nothing.
pub fn html(metas: &[(String, String)]) -> (Vec<Statement>, Vec<Defect>) {
    let mut rules = Vec::new();
    for (name, content) in metas.iter().filter(|(name, _)| is_addressed(name)) {
        let agent = if name.eq_ignore_ascii_case("robots") { "" } else { name.as_str() };
        rules.extend(
            content.split([',', ' ']).take(WORDS_MAX).map(|w| (agent.to_owned(), w.trim().to_owned())),
        );
    }
    state(&rules, "#meta")
}

/// Whether a `meta` name addresses crawlers.
pub(crate) fn is_addressed(name: &str) -> bool {
    const CRAWLERS: [&str; 6] = ["robots", "googlebot", "bingbot", "msnbot", "slurp", "googlebot-news"];
    CRAWLERS.iter().any(|c| name.eq_ignore_ascii_case(c)) || agents::find(name).is_some()
}

/// Whether a `meta` name that begins like this may address crawlers; some tokens hold spaces.
pub(crate) fn may_address(begin: &str) -> bool {
    let begins = |token: &str| token.get(..begin.len()).is_some_and(|t| t.eq_ignore_ascii_case(begin));
    is_addressed(begin) || !begin.is_empty() && agents::all().iter().any(|a| begins(a.token))
}

fn takes_value(name: &str) -> bool {
    let known = ["max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"];
    known.iter().any(|k| name.eq_ignore_ascii_case(k))
}

fn state(rules: &[(String, String)], part: &str) -> (Vec<Statement>, Vec<Defect>) {
    let (mut stated, mut defects) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    let has = |agent: &str, wanted: &str| {
        rules
            .iter()
            .any(|(a, w)| w.eq_ignore_ascii_case(wanted) && (a.is_empty() || a.eq_ignore_ascii_case(agent)))
    };
    let cached_words = has(OPERATOR, "nocache");
    for (agent, word) in rules.iter().take(WORDS_MAX) {
        let lower = word.to_ascii_lowercase();
        if lower.is_empty() || !seen.insert((agent.to_ascii_lowercase(), lower.clone())) {
            continue;
        }
        let actors = if agent.is_empty() { Actors::Anyone } else { only(agent) };
        let quote = if agent.is_empty() { word.clone() } else { format!("{agent}: {word}") };
        let frame = Statement {
            verdict: Verdict::Denied,
            actors,
            evidence: evidence(part, None, &quote),
            ..of_place("robots-meta", Tier::C, Reach::Url)
        };
        let operator = if agent.is_empty() { only(OPERATOR) } else { frame.actors.clone() };
        let answers = TRAINING.with(Use::AiInput).with(Use::AiOutput);
        match lower.as_str() {
            "noai" | "noml" => stated.push(Statement { uses: TRAINING, ..frame }),
            "noimageai" => stated.push(Statement { protocol: "noimageai".into(), uses: TRAINING, ..frame }),
            "noindex" | "none" => stated.push(Statement { uses: UseSet::NONE.with(Use::Search), ..frame }),
            "nosnippet" => stated.push(Statement { uses: UseSet::NONE.with(Use::Display), ..frame }),
            // Both present mean nocache: the operator's own rule, and the milder word.
            "noarchive" if !cached_words => {
                stated.push(Statement { uses: answers, actors: operator, ..frame });
            }
            "nocache" => stated.push(Statement {
                verdict: Verdict::Conditional,
                uses: answers,
                approximate: TRAINING,
                actors: operator,
                duties: vec![Condition {
                    duty: "url-title-and-snippet-only".to_owned(),
                    detail: None,
                    before_use: true,
                }],
                ..frame
            }),
            _ if is_other_word(&lower) => {}
            _ if is_meant(&lower) => {
                note(&mut defects, Defect::new(Problem::Misspelt, &quote));
                stated.push(malformed(Statement { uses: TRAINING, ..frame }));
            }
            _ => note(&mut defects, Defect::new(Problem::UnknownWord, &quote)),
        }
    }
    (stated, defects)
}

/// Words about indexing, links and previews, and yeses, which say nothing here.
fn is_other_word(word: &str) -> bool {
    let name = word.split(':').next().unwrap_or(word);
    takes_value(name)
        || matches!(
            word,
            "all"
                | "index"
                | "follow"
                | "nofollow"
                | "noarchive"
                | "noimageindex"
                | "notranslate"
                | "noodp"
                | "noydir"
                | "indexifembedded"
                | "archive"
                | "ai"
                | "imageai"
        )
}

/// Whether an unknown word evidently refuses AI: `no-ai`, `noaitraining`, `notrain`.
fn is_meant(word: &str) -> bool {
    let letters: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    (letters.starts_with("no") || letters.starts_with("dis"))
        && ["ai", "ml", "train", "llm", "tdm"].iter().any(|w| letters.contains(w))
}

fn only(agent: &str) -> Actors {
    Actors::Only(BTreeSet::from([Actor::Agent(agent.to_owned())]))
}

/// The words that refuse these uses; the vocabulary knows no other uses.
pub fn words(refused: UseSet) -> Vec<&'static str> {
    let mut words = Vec::new();
    if !refused.intersection(TRAINING).is_empty() {
        words.extend(["noai", "noimageai", "noml"]);
    }
    words
}
