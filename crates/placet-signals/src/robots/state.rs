//! What a robots.txt states, as statements.

use std::collections::BTreeSet;

use placet_core::{Actor, Actors, Reach, Statement, Tier, Use, UseSet, Verdict};

use super::{Agent, Directive, Group, Matcher, Robots, authority_of, normal, path_of};
use crate::agents::{self, Class};
use crate::statement::{evidence, malformed, of_place};

/// How many operators of agents with one purpose a robots.txt must refuse by name before that is read as a refusal of
/// the purpose. One crawler is often refused for its load or its manners alone.
pub const OPERATORS_MIN: usize = 3;

/// What a robots.txt states about one URL, read as the agents that fetched the copy or would use it.
///
/// For each of `tokens`: whether it may fetch (`robots`). For every agent of an AI system that the file names and
/// refuses: what its purpose class makes of that (`robots-purpose`, approximate, addressed to that agent alone). An
/// absent file, or one that says nothing to an agent, states nothing.
pub fn statements(robots: &Robots, matcher: &Matcher, tokens: &[&str], url: &str) -> Vec<Statement> {
    let path = path_of(url);
    let path = normal(path.as_bytes());
    let mut stated = own(robots, matcher, tokens, url, &path);
    stated.extend(refused(matcher, &path).map(|(agent, line)| Statement {
        version: Some(agents::AGENTS_VERSION.into()),
        verdict: Verdict::Denied,
        uses: agent.class.uses(),
        approximate: agent.class.uses(),
        actors: only(agent.token),
        target: Some(url.to_owned()),
        evidence: evidence("", Some(line), &format!("{}: {}", agent.token, quoted(robots, line))),
        ..of_place("robots-purpose", Tier::C, Reach::Path)
    }));
    stated.extend(ai_training(robots, tokens, url));
    stated
}

/// What a robots.txt states about one URL to whoever names no agent of its own: what `*` may fetch, and what the file
/// makes of whole purposes.
///
/// Training is refused (`robots-purpose`, approximate, addressed to anyone) where a policy-only token is, or training
/// agents of at least [`OPERATORS_MIN`] operators, and fewer of them are let in by name. Search is not concluded from
/// refusals of some crawlers. Where `*` may not fetch, that
/// is stated for anyone too.
pub fn statements_to_anyone(robots: &Robots, matcher: &Matcher, url: &str) -> Vec<Statement> {
    let path = path_of(url);
    let path = normal(path.as_bytes());
    let mut stated = own(robots, matcher, &["*"], url, &path);
    for statement in &mut stated {
        statement.actors = Actors::Anyone;
    }
    if !matcher.known_agents().is_empty() {
        stated.extend(purposes(robots, matcher, url, &path));
    }
    stated.extend(ai_training(robots, &[], url));
    stated
}

/// Whether the agents given may fetch.
fn own(robots: &Robots, matcher: &Matcher, tokens: &[&str], url: &str, path: &[u8]) -> Vec<Statement> {
    let decided = tokens.iter().filter_map(|token| {
        let access = matcher.decide(token, path);
        access.line.map(|line| (*token, access.allowed, line))
    });
    decided
        .map(|(token, allowed, line)| Statement {
            version: Some("9309".into()),
            verdict: if allowed { Verdict::Allowed } else { Verdict::Denied },
            uses: UseSet::NONE.with(Use::Access),
            actors: only(token),
            target: Some(url.to_owned()),
            evidence: evidence("", Some(line), &quoted(robots, line)),
            ..of_place("robots", Tier::A, Reach::Path)
        })
        .collect()
}

/// The agents of AI systems that the file names and refuses, with the line that does.
fn refused<'m>(
    matcher: &'m Matcher,
    path: &'m [u8],
) -> impl Iterator<Item = (&'static agents::Agent, u32)> + 'm {
    matcher.known_agents().iter().filter_map(|agent| {
        let rules = matcher.agent(agent.token);
        let access = rules.decide(path);
        let line = access.line.filter(|_| rules.named && !access.allowed)?;
        (!agent.class.uses().is_empty()).then_some((*agent, line))
    })
}

/// The purposes that the file refuses by the agents that serve them.
fn purposes(robots: &Robots, matcher: &Matcher, url: &str, path: &[u8]) -> Vec<Statement> {
    const NAMED_MAX: usize = 6;
    let refused: Vec<(&agents::Agent, u32)> = refused(matcher, path).collect();
    let counted = |purpose: &Class| matches!(purpose, Class::Training | Class::PolicyOnly);
    let purposes: BTreeSet<Class> =
        refused.iter().map(|(agent, _)| agent.class.purpose()).filter(counted).collect();
    let mut stated = Vec::new();
    for purpose in purposes {
        let of_purpose = |agent: &agents::Agent| agent.class.purpose() == purpose;
        let those: Vec<_> = refused.iter().filter(|(agent, _)| of_purpose(agent)).collect();
        let operator = |agent: &agents::Agent| {
            if agent.operator.is_empty() { agent.token } else { agent.operator }
        };
        let operators: BTreeSet<&str> = those.iter().map(|(agent, _)| operator(agent)).collect();
        let named = matcher.known_agents().iter().filter(|agent| of_purpose(agent)).count();
        let enough = if purpose == Class::PolicyOnly { 1 } else { OPERATORS_MIN };
        let Some((_, line)) = those.first() else { continue };
        if operators.len() < enough || those.len() * 2 <= named {
            continue;
        }
        let mut tokens: Vec<&str> = those.iter().map(|(agent, _)| agent.token).collect();
        let more = tokens.len().saturating_sub(NAMED_MAX);
        tokens.truncate(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let uses = those.iter().fold(UseSet::NONE, |all, (agent, _)| all.union(agent.class.uses()));
        stated.push(Statement {
            version: Some(agents::AGENTS_VERSION.into()),
            verdict: Verdict::Denied,
            uses,
            approximate: uses,
            target: Some(url.to_owned()),
            evidence: evidence(
                "",
                Some(*line),
                &format!("{}{more}: {}", tokens.join(", "), quoted(robots, *line)),
            ),
            ..of_place("robots-purpose", Tier::C, Reach::Path)
        });
    }
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
