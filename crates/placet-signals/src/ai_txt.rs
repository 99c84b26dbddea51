//! ai.txt (Spawning, 2023): robots.txt's grammar at `/ai.txt`, asked when media are downloaded; a refusal is one of
//! training.
//!
//! Many hosts answer the path with a page, which is absence. A draft of another author uses the name for something
//! else (draft-car-ai-txt-wellknown); its lines are unknown words here.

use placet_core::{Reach, Statement, Tier, Verdict};

use crate::defect::{Defect, Problem};
use crate::robots::{self, Directive, Matcher, Robots};
use crate::statement::{TRAINING, evidence, of_place};

/// Reads an ai.txt.
pub fn parse(bytes: &[u8]) -> (Robots, Vec<Defect>) {
    let (robots, mut defects) = robots::parse(bytes);
    let unknown = robots.extensions(Directive::Unknown);
    defects.extend(unknown.map(|(_, e)| Defect::at(e.line, Problem::UnknownWord, &e.key)));
    defects.truncate(crate::defect::DEFECTS_MAX);
    (robots, defects)
}

/// What an ai.txt says of one URL, as the agents given; the rules for all where there are none.
pub fn statements(file: &Robots, tokens: &[&str], url: &str) -> Vec<Statement> {
    let matcher = Matcher::new(file);
    let path = robots::path_of(url);
    let path = robots::normal(path.as_bytes());
    let mut stated: Vec<Statement> = Vec::new();
    for token in if tokens.is_empty() { &["*"][..] } else { tokens } {
        let access = matcher.decide(token, &path);
        let Some(line) = access.line else { continue };
        let verdict = if access.allowed { Verdict::Allowed } else { Verdict::Denied };
        let quote = if access.allowed { "Allow" } else { "Disallow" };
        let actors = match robots::groups_for_any(file, &[token]).first() {
            Some(group) => robots::actors(group),
            None => placet_core::Actors::Anyone,
        };
        let statement = Statement {
            verdict,
            uses: TRAINING,
            actors,
            target: Some(url.to_owned()),
            evidence: evidence("", Some(line), quote),
            ..of_place("ai-txt", Tier::C, Reach::Path)
        };
        if !stated.contains(&statement) {
            stated.push(statement);
        }
    }
    stated
}

/// Writes an ai.txt that refuses training with everything the host serves, or with files of these extensions.
pub fn write(extensions: &[&str]) -> String {
    let mut lines = vec!["User-Agent: *".to_owned()];
    if extensions.is_empty() {
        lines.extend(["Disallow: /".to_owned(), "Disallow: *".to_owned()]);
    }
    let plain = extensions.iter().filter(|e| e.chars().all(|c| c.is_ascii_alphanumeric()));
    lines.extend(plain.map(|extension| format!("Disallow: *.{extension}")));
    lines.push(String::new());
    lines.join("\n")
}
