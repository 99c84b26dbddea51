//! What a robots.txt states, as statements.

use std::collections::BTreeSet;

use placet_core::{Actor, Actors, Reach, Statement, Tier, Use, UseSet, Verdict};

use super::{Agent, Directive, Group, Matcher, Robots, authority_of, normal, path_of};
use crate::agents;
use crate::statement::{evidence, malformed, of_place};

/// What a robots.txt states about one URL, read as the agents that fetched the copy or would use it.
///
/// For each of `tokens`: whether it may fetch (`robots`). For every agent of an AI system that the file names and
/// refuses: what its purpose class makes of that (`robots-purpose`, approximate, addressed to that agent alone). An
/// absent file, or one that says nothing to an agent, states nothing.
pub fn statements(robots: &Robots, matcher: &Matcher, tokens: &[&str], url: &str) -> Vec<Statement> {
    let mut stated = Vec::new();
    let path = path_of(url);
    let path = normal(path.as_bytes());
    for &token in tokens {
        let access = matcher.decide(token, &path);
        let Some(line) = access.line else { continue };
        stated.push(Statement {
            version: Some("9309".into()),
            verdict: if access.allowed { Verdict::Allowed } else { Verdict::Denied },
            uses: UseSet::NONE.with(Use::Access),
            actors: only(token),
            target: Some(url.to_owned()),
            evidence: evidence("", Some(line), &quoted(robots, line)),
            ..of_place("robots", Tier::A, Reach::Path)
        });
    }
    for agent in matcher.known_agents() {
        let rules = matcher.agent(agent.token);
        let access = rules.decide(&path);
        let uses = agent.class.uses();
        let Some(line) = access.line.filter(|_| rules.named && !access.allowed && !uses.is_empty()) else {
            continue;
        };
        stated.push(Statement {
            version: Some(agents::AGENTS_VERSION.into()),
            verdict: Verdict::Denied,
            uses,
            approximate: uses,
            actors: only(agent.token),
            target: Some(url.to_owned()),
            evidence: evidence("", Some(line), &format!("{}: {}", agent.token, quoted(robots, line))),
            ..of_place("robots-purpose", Tier::C, Reach::Path)
        });
    }
    stated.extend(ai_training(robots, tokens, url));
    stated
}

/// `DisallowAITraining: /path` of an expired draft (draft-canel-robots-ai-control): recognised, an intent, no answer.
fn ai_training(robots: &Robots, tokens: &[&str], url: &str) -> Vec<Statement> {
    let path = path_of(url);
    let path = normal(path.as_bytes());
    let mut stated = Vec::new();
    for group in groups_for_any(robots, tokens) {
        for line in group.extensions.iter().filter(|e| e.directive == Directive::AiTraining) {
            let refuses = line.key.to_ascii_lowercase().starts_with("disallow");
            let pattern = super::normal_pattern(line.value.as_bytes());
            if refuses && !pattern.is_empty() && super::matches(pattern.as_bytes(), &path) {
                stated.push(malformed(Statement {
                    version: Some("draft-canel-robots-ai-control".into()),
                    uses: crate::statement::TRAINING,
                    actors: actors(group),
                    target: Some(url.to_owned()),
                    evidence: evidence("", Some(line.line), &format!("{}: {}", line.key, line.value)),
                    ..of_place("robots-ai-training", Tier::C, Reach::Path)
                }));
            }
        }
    }
    stated
}

/// The groups that speak to any of the agents; those for `*` where there are no agents at all.
pub(crate) fn groups_for_any<'a>(robots: &'a Robots, tokens: &[&str]) -> Vec<&'a Group> {
    let mut groups: Vec<&Group> = Vec::new();
    for token in if tokens.is_empty() { &["*"][..] } else { tokens } {
        for group in robots.groups_for(token) {
            if !groups.iter().any(|g| std::ptr::eq(*g, group)) {
                groups.push(group);
            }
        }
    }
    groups
}

/// Whom a group addresses.
pub(crate) fn actors(group: &Group) -> Actors {
    if group.agents.iter().any(Agent::is_everybody) {
        return Actors::Anyone;
    }
    Actors::Only(group.agents.iter().map(|a| Actor::Agent(a.token().to_owned())).collect())
}

/// The place that a host-wide line speaks of: the host of the URL.
pub(crate) fn host_of(url: &str) -> Option<String> {
    authority_of(url).map(str::to_owned)
}

fn only(token: &str) -> Actors {
    Actors::Only(BTreeSet::from([Actor::Agent(token.to_owned())]))
}

fn quoted(robots: &Robots, line: u32) -> String {
    let rules = robots.groups.iter().flat_map(|g| &g.rules);
    let rule = rules.into_iter().find(|r| r.line == line);
    rule.map_or_else(String::new, |r| {
        format!("{}: {}", if r.allow { "Allow" } else { "Disallow" }, r.pattern)
    })
}
