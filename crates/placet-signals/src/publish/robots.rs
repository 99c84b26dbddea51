//! The robots.txt block: agents by purpose, and the lines of other protocols in every group that a crawler may pick.

use std::collections::BTreeSet;

use placet_core::{Use, UseSet};

use super::Terms;
use crate::agents::{self, Class};
use crate::robots::{Agent, Directive, Extension, Group, Robots, Rule, write};
use crate::statement::{GENERATIVE_TRAINING, TRAINING};

/// The block, where there is anything to say. `foreign` is what the file says besides: crawlers that it names do not
/// hear what is said to everybody, so the lines are said to them too.
pub(super) fn block(terms: &Terms, lines: &[(Directive, &'static str, String)], foreign: &Robots) -> String {
    let refused: Vec<&agents::Agent> = agents::all().iter().filter(|a| is_refused(terms, a.class)).collect();
    let access = terms.word(one(Use::Access), one(Use::Access), UseSet::NONE);
    let extensions: Vec<Extension> = lines
        .iter()
        .map(|(directive, key, value)| Extension {
            directive: *directive,
            key: (*key).to_owned(),
            value: value.clone(),
            line: 0,
        })
        .collect();
    let agent = |name: &str| Agent { value: name.to_owned(), line: 0 };
    let rule = |allow: bool| Rule { allow, pattern: "/".to_owned(), line: 0 };
    let mut groups = Vec::new();
    if !refused.is_empty() {
        groups.push(Group {
            agents: refused.iter().map(|a| agent(a.token)).collect(),
            rules: vec![rule(false)],
            extensions: extensions.clone(),
        });
    }
    let names = |value: &str| refused.iter().any(|r| r.token.eq_ignore_ascii_case(value));
    let elsewhere: BTreeSet<&str> = foreign
        .groups
        .iter()
        .flat_map(|g| &g.agents)
        .filter(|a| !a.is_everybody() && !names(&a.value) && !names(a.token()))
        .map(|a| a.value.as_str())
        .collect();
    let access_rule: Vec<Rule> = access.map(rule).into_iter().collect();
    let says = !extensions.is_empty() || access.is_some();
    if !elsewhere.is_empty() && says {
        groups.push(Group {
            agents: elsewhere.into_iter().map(agent).collect(),
            rules: if access == Some(false) { access_rule.clone() } else { Vec::new() },
            extensions: extensions.clone(),
        });
    }
    if says {
        groups.push(Group { agents: vec![agent("*")], rules: access_rule, extensions });
    }
    if groups.is_empty() {
        return String::new();
    }
    let comment: String = terms.comment().iter().map(|line| format!("# {line}\n")).collect();
    format!("{comment}{}", write(&groups))
}

/// Whether agents of a class are refused: what they mainly fetch for is refused and nothing they fetch for is granted.
pub(super) fn is_refused(terms: &Terms, class: Class) -> bool {
    let core = match class {
        Class::Training | Class::DataSupply => one(Use::TrainGen),
        Class::PolicyOnly => GENERATIVE_TRAINING,
        Class::Search => one(Use::AiIndex).with(Use::AiInput),
        Class::UserTriggered | Class::Agent => one(Use::AiInput),
        // Nobody says what they are for, so no refusal of a use is one of them.
        Class::Unspecified => return false,
    };
    let falls_on = class.uses().union(match class {
        Class::Training | Class::DataSupply => TRAINING,
        _ => UseSet::NONE,
    });
    terms.refuses_all(core) && terms.bears_no(falls_on)
}

pub(super) fn one(u: Use) -> UseSet {
    UseSet::NONE.with(u)
}
