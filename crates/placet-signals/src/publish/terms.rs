//! The terms themselves: an answer for each use.

use std::collections::BTreeSet;

use placet_core::{Territory, Use, UseSet};

use crate::statement::AI_USES;

/// What a rightsholder wants said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Who holds the rights.
    pub holder: Option<String>,
    /// Where licences are to be had: an e-mail address or a URL.
    pub contact: Option<String>,
    /// Where the site is served, `https://example.org`; links that must be absolute need it.
    pub site: Option<String>,
    /// Uses that are refused.
    pub refuse: UseSet,
    /// Uses that are granted to everybody, everywhere, without conditions.
    pub grant: UseSet,
    /// Uses that are granted to some, somewhere, or for a price.
    pub offers: Vec<Offer>,
    /// What protocols say that know no conditions, where a use is offered.
    pub until_agreed: UntilAgreed,
}

/// A grant with conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The uses.
    pub uses: UseSet,
    /// Classes of licensees (RSL: commercial, non-commercial, education, government, personal); none means everybody.
    pub to: BTreeSet<String>,
    /// Where.
    pub territory: Territory,
    /// What it costs.
    pub price: Option<Price>,
    /// Whether the source must be named.
    pub attribution: bool,
}

/// An amount for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The kind of payment in RSL's words: purchase, subscription, training, crawl, use, contribution.
    pub per: String,
    /// The amount as a decimal number, and its currency (ISO 4217); absent where it is to be agreed.
    pub amount: Option<(String, String)>,
}

/// What is said of an offered use where no conditions can be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UntilAgreed {
    /// No: a licence, once agreed, lifts it.
    #[default]
    Refuse,
    /// Nothing.
    Silent,
}

/// The answer of the terms to one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// The terms do not speak of it.
    Silent,
    /// Granted.
    Granted,
    /// Offered on conditions.
    Offered,
    /// Refused.
    Refused,
}

impl Price {
    /// The kinds of payment.
    pub const KINDS: [&'static str; 6] = crate::rsl::PAYMENTS;

    /// Kind and amount in words, as an RSL reader tells them.
    pub(crate) fn words(&self) -> String {
        match &self.amount {
            Some((amount, currency)) => format!("{} {amount} {currency}", self.per),
            None => self.per.clone(),
        }
    }
}

impl Terms {
    /// Every use of AI systems is refused. Fetching pages and finding them by search stays as it is.
    pub fn refuse_all() -> Terms {
        Terms { refuse: AI_USES.with(Use::Tdm).with(Use::Display), ..Terms::default() }
    }

    /// What the terms say of a use. A refusal beats a grant, whatever the order.
    pub fn answer(&self, u: Use) -> Answer {
        if self.refuse.contains(u) {
            Answer::Refused
        } else if self.offers.iter().any(|o| o.uses.contains(u)) {
            Answer::Offered
        } else if self.grant.contains(u) {
            Answer::Granted
        } else {
            Answer::Silent
        }
    }

    /// Whether a protocol that knows yes and no alone says no.
    pub(crate) fn refuses(&self, u: Use) -> bool {
        match self.answer(u) {
            Answer::Refused => true,
            Answer::Offered => self.until_agreed == UntilAgreed::Refuse,
            Answer::Silent | Answer::Granted => false,
        }
    }

    pub(crate) fn refuses_all(&self, uses: UseSet) -> bool {
        uses.iter().all(|u| self.refuses(u))
    }

    pub(crate) fn grants_all(&self, uses: UseSet) -> bool {
        uses.iter().all(|u| self.answer(u) == Answer::Granted)
    }

    /// Whether any of the uses is granted to everybody.
    pub(crate) fn grants_any(&self, uses: UseSet) -> bool {
        uses.iter().any(|u| self.answer(u) == Answer::Granted)
    }

    /// Whether a no may be said that also falls on these uses: none of them is granted, and none is offered to
    /// somebody for whom the no would be too much.
    pub(crate) fn bears_no(&self, uses: UseSet) -> bool {
        uses.iter().all(|u| match self.answer(u) {
            Answer::Granted => false,
            Answer::Offered => self.until_agreed == UntilAgreed::Refuse,
            Answer::Silent | Answer::Refused => true,
        })
    }

    /// One answer for a word that means `exact`, and `near` approximately: no where `core` is refused and nothing it
    /// falls on is granted, yes where everything it falls on is granted.
    pub(crate) fn word(&self, core: UseSet, exact: UseSet, near: UseSet) -> Option<bool> {
        let all = exact.union(near);
        if self.refuses_all(core) && self.bears_no(all) {
            Some(false)
        } else if self.grants_all(all) {
            Some(true)
        } else {
            None
        }
    }

    /// What the reservation is called where people read it.
    pub(crate) fn comment(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.refuses(Use::Tdm) {
            lines.push(
                "Text and data mining is reserved (Article 4(3) of Directive (EU) 2019/790).".to_owned(),
            );
        }
        let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
        if let Some(holder) = &self.holder {
            lines.push(format!("Rights: {}", plain(holder)));
        }
        if let Some(contact) = &self.contact {
            lines.push(format!("Licences: {}", plain(contact)));
        }
        lines
    }
}
