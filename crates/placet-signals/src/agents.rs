//! Agents of AI systems, classed by what they fetch for: versioned data, so that a new token is a line in
//! `data/agents.tsv`.
//!
//! RFC 9309 speaks of access only. That a refusal of a training crawler is also a reservation against training is a
//! reading of its vendor's words; it is stated apart (`robots-purpose`), as an approximation, never as access.

use std::sync::LazyLock;

use placet_core::{Use, UseSet};

use crate::statement::{GENERATIVE_TRAINING, TRAINING};

/// Version of the list.
pub const AGENTS_VERSION: &str = "placet.agents/1";

/// One agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Product token as its vendor writes it.
    pub token: &'static str,
    /// What it fetches for.
    pub class: Class,
    /// Who runs it; empty where the list does not know.
    pub operator: &'static str,
}

/// What an agent fetches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Training of models.
    Training,
    /// Collections that are sold or shared, among others for training.
    DataSupply,
    /// Search and AI indexes.
    Search,
    /// Fetches one page when a person asks.
    UserTriggered,
    /// Acts for a person.
    Agent,
    /// Sends no request: a word for what another crawler's copy may be used for.
    PolicyOnly,
    /// Not said.
    Unspecified,
}

impl Class {
    /// The uses that a refusal of such an agent is about, by its vendor's words; none where they do not say.
    pub const fn uses(self) -> UseSet {
        match self {
            Class::Training | Class::DataSupply => TRAINING,
            Class::PolicyOnly => GENERATIVE_TRAINING,
            Class::Search => UseSet::NONE.with(Use::Search).with(Use::AiIndex).with(Use::AiInput),
            Class::UserTriggered | Class::Agent => UseSet::NONE.with(Use::AiInput),
            Class::Unspecified => UseSet::NONE,
        }
    }

    /// The class that stands for it where purposes are counted: whoever sells collections refuses with trainers.
    pub(crate) const fn purpose(self) -> Class {
        match self {
            Class::DataSupply => Class::Training,
            other => other,
        }
    }

    /// The word for it in the data.
    pub const fn code(self) -> &'static str {
        match self {
            Class::Training => "training",
            Class::DataSupply => "data-supply",
            Class::Search => "search",
            Class::UserTriggered => "user-triggered",
            Class::Agent => "agent",
            Class::PolicyOnly => "policy-only",
            Class::Unspecified => "unspecified",
        }
    }

    const ALL: [Class; 7] = [
        Class::Training,
        Class::DataSupply,
        Class::Search,
        Class::UserTriggered,
        Class::Agent,
        Class::PolicyOnly,
        Class::Unspecified,
    ];
}

/// Every agent of the list, by token in alphabetical order without regard to case.
pub fn all() -> &'static [Agent] {
    static AGENTS: LazyLock<Vec<Agent>> = LazyLock::new(|| {
        let mut agents: Vec<Agent> = include_str!("../data/agents.tsv").lines().filter_map(agent).collect();
        agents.sort_by_key(|a| a.token.to_ascii_lowercase());
        agents
    });
    &AGENTS
}

/// The agent of a token, without regard to case.
pub fn find(token: &str) -> Option<&'static Agent> {
    find_lower(token.to_ascii_lowercase().as_bytes())
}

/// The same of a token in lower case.
pub(crate) fn find_lower(token: &[u8]) -> Option<&'static Agent> {
    static LOWER: LazyLock<Vec<Box<[u8]>>> =
        LazyLock::new(|| all().iter().map(|a| a.token.to_ascii_lowercase().into_bytes().into()).collect());
    LOWER.binary_search_by(|lower| (**lower).cmp(token)).ok().and_then(|i| all().get(i))
}

fn agent(line: &'static str) -> Option<Agent> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = line.split('\t');
    let (token, class, operator) = (fields.next()?, fields.next()?, fields.next()?);
    let class = Class::ALL.into_iter().find(|c| c.code() == class)?;
    Some(Agent { token, class, operator })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_agent_and_every_token_is_found() {
        let lines = include_str!("../data/agents.tsv").lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(all().len(), lines);
        for agent in all() {
            assert_eq!(find(&agent.token.to_ascii_uppercase()), Some(agent));
        }
        assert_eq!(find("gptbot").map(|a| a.class), Some(Class::Training));
        assert_eq!(find("Google-Extended").map(|a| a.class), Some(Class::PolicyOnly));
        assert_eq!(find("ChatGPT-User").map(|a| a.class), Some(Class::UserTriggered));
        assert_eq!(find("nobody"), None);
    }
}
