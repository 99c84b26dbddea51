//! The journal: append-only double entry.
//!
//! Every entry sums to zero in every currency. Nothing is changed or removed: a correction is a reversal and a
//! new entry. An entry belongs to a run, and a run is booked once: the same run again books nothing, the same
//! run with another content is refused. Days up to a seal take no entry any more. Each entry carries the digest
//! of the one before it, so the last digest stands for the whole journal.
//!
//! Debits are positive, credits negative. What is owed to somebody never turns into its opposite: an entry that
//! would pay more than is due, release more than is held or spend more than is in the bank is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use placet_core::Currency;
use serde::{Deserialize, Serialize};

use crate::tariff::Purse;
use crate::{Digest, Grains};

/// What a posting is to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// What a licensee owes.
    Receivable(String),
    /// What is claimed from a licensee for past use: no income until admitted.
    PastClaim(String),
    /// Money received and not yet paid out.
    Bank,
    /// Between two currencies: both legs of every exchange stay here.
    Exchange,
    /// Due to a party, by account.
    Accrued(String, Purse),
    /// Due to a receiver once a claim for past use is admitted.
    Contingent(String),
    /// Contested money of a work, kept apart.
    Held(String),
    /// Money of a work nobody known claims, kept apart.
    Unclaimed(String),
    /// Kept by a manager or a fund, for a purpose.
    Deducted(String, String),
    /// Withheld for a tax authority.
    Tax(String),
    /// Paid to a party in advance and not yet recouped.
    Advance(String),
    /// Paid to a party and found not to be due.
    Clawback(String),
    /// What rounding at payout has left: always below one minor unit.
    Dust,
    /// Past its legal deadline, moved by a signed decision.
    Lapsed(String),
}

impl Account {
    /// The side its balance must stay on.
    fn side(&self) -> Option<Side> {
        match self {
            Account::Bank | Account::Advance(_) | Account::Clawback(_) | Account::PastClaim(_) => {
                Some(Side::Debit)
            }
            Account::Accrued(..)
            | Account::Contingent(_)
            | Account::Held(_)
            | Account::Unclaimed(_)
            | Account::Deducted(..)
            | Account::Tax(_)
            | Account::Dust
            | Account::Lapsed(_) => Some(Side::Credit),
            // A licensee can have paid too much, and an exchange has two legs.
            Account::Receivable(_) | Account::Exchange => None,
        }
    }

    /// Whether a balance, debits less credits, stands on the account's side.
    pub(crate) fn allows(&self, balance: Grains) -> bool {
        match self.side() {
            Some(Side::Debit) => balance.0 >= 0,
            Some(Side::Credit) => balance.0 <= 0,
            None => true,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Debit,
    Credit,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Receivable(who) => write!(f, "receivable from {who}"),
            Account::PastClaim(who) => write!(f, "claimed from {who} for past use"),
            Account::Bank => f.write_str("bank"),
            Account::Exchange => f.write_str("exchange"),
            Account::Accrued(who, purse) => write!(f, "due to {who} ({})", purse.code()),
            Account::Contingent(who) => write!(f, "due to {who} once admitted"),
            Account::Held(work) => write!(f, "held for {work}"),
            Account::Unclaimed(work) => write!(f, "unclaimed for {work}"),
            Account::Deducted(who, what) => write!(f, "{what} of {who}"),
            Account::Tax(who) => write!(f, "tax for {who}"),
            Account::Advance(who) => write!(f, "advance to {who}"),
            Account::Clawback(who) => write!(f, "to be returned by {who}"),
            Account::Dust => f.write_str("dust"),
            Account::Lapsed(to) => write!(f, "lapsed to {to}"),
        }
    }
}

/// One line of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Posting {
    /// To what.
    pub account: Account,
    /// In which currency.
    pub currency: Currency,
    /// How much: debits positive, credits negative.
    pub grains: Grains,
}

/// What an entry records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A settlement.
    Settlement,
    /// Money from a licensee.
    Receipt,
    /// Money to a licensee that had paid too much.
    Refund,
    /// Money to a party in advance.
    Advance,
    /// Money to the parties.
    Payout,
    /// The reversal of an earlier run.
    Reversal {
        /// Which run.
        of: Digest,
    },
    /// Held or unclaimed money that a decision gives to somebody.
    Release,
    /// Held or unclaimed money past its deadline, by a signed decision.
    Lapse,
    /// An exchange of currencies.
    Exchange,
    /// Days up to its day take no entry any more.
    Seal,
}

/// An entry to be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Draft {
    /// On which day.
    pub day: Date,
    /// What it records.
    pub event: Event,
    /// Identifies the run; a run is booked once.
    pub run: Digest,
    /// The settlement that it depends on: reversing that one reverses this one too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_on: Option<Digest>,
    /// What a settlement settles: of the runs with one subject, one stands at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Digest>,
    /// The root over a settlement's pools and lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Digest>,
    /// For people: references to decisions, receipts, rates.
    pub memo: String,
    /// The postings; [`Draft::new`] sorts and sums them.
    pub postings: Vec<Posting>,
}

/// A booked entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// Its place.
    pub number: u64,
    /// What was booked.
    #[serde(rename = "entry")]
    pub draft: Draft,
    /// The digest of the entry before it; of nothing, for the first.
    pub previous: Digest,
    /// Its own digest, over everything above.
    pub digest: Digest,
}

/// What booking did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booked {
    /// A new entry.
    New,
    /// Nothing: the run had been booked, with the same content.
    Already,
}

/// Why an entry is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Does not sum to zero.
    #[error("the postings in {0} do not sum to zero")]
    Unbalanced(Currency),
    /// The run is booked with another content.
    #[error("run {} is booked with another content; a correction is a reversal and a new run", .0.short())]
    RunConflict(Digest),
    /// The run was reversed.
    #[error("run {} was reversed; a correction has other inputs and so another run", .0.short())]
    WasReversed(Digest),
    /// The day is sealed.
    #[error("{day} is sealed (up to {sealed}); book on a later day")]
    Sealed {
        /// The entry's day.
        day: Date,
        /// Up to when.
        sealed: Date,
    },
    /// A balance would turn into its opposite.
    #[error("{account}: {currency} would go beyond zero by {by} grains")]
    BeyondZero {
        /// Which account.
        account: Account,
        /// Which currency.
        currency: Currency,
        /// By how much.
        by: Grains,
    },
    /// A sum does not fit.
    #[error("{0} does not fit")]
    TooLarge(Account),
    /// Nothing to reverse.
    #[error("run {} is not booked, or was reversed before", .0.short())]
    NothingToReverse(Digest),
    /// A read journal does not hold together.
    #[error("entry {0} does not follow from the one before it, or was changed")]
    Broken(u64),
}

/// The journal.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    entries: Vec<Entry>,
    balances: BTreeMap<(Account, Currency), Grains>,
    runs: BTreeMap<Digest, Digest>,
    /// Places of the entries of a run, and of those that rest on it.
    places: BTreeMap<Digest, Vec<usize>>,
    reversed: BTreeSet<Digest>,
    sealed: Option<Date>,
}

impl Draft {
    /// An entry whose postings are sorted and summed by account, whatever order they came in.
    pub fn new(
        day: Date,
        event: Event,
        run: Digest,
        memo: impl Into<String>,
        postings: Vec<Posting>,
    ) -> Draft {
        let mut sums: BTreeMap<(Account, Currency), i128> = BTreeMap::new();
        let mut overflow = Vec::new();
        for p in postings {
            let sum = sums.entry((p.account.clone(), p.currency)).or_default();
            match sum.checked_add(p.grains.0) {
                Some(n) => *sum = n,
                // Left as it came: booking then refuses what does not fit.
                None => overflow.push(p),
            }
        }
        let postings = sums
            .into_iter()
            .filter(|(_, n)| *n != 0)
            .map(|((account, currency), n)| Posting { account, currency, grains: Grains(n) })
            .chain(overflow)
            .collect();
        Draft { day, event, run, rests_on: None, subject: None, root: None, memo: memo.into(), postings }
    }
}

impl Journal {
    /// Reads a journal back: every entry must follow from the one before it and obey every rule.
    pub fn replay(entries: impl IntoIterator<Item = Entry>) -> Result<Journal, JournalError> {
        let mut journal = Journal::default();
        for entry in entries {
            let number = entry.number;
            if journal.book(entry.draft.clone())? != Booked::New || journal.entries.last() != Some(&entry) {
                return Err(JournalError::Broken(number));
            }
        }
        Ok(journal)
    }

    /// Books an entry, whole or not at all.
    pub fn book(&mut self, draft: Draft) -> Result<Booked, JournalError> {
        let content = Digest::of_value(&draft);
        match self.runs.get(&draft.run) {
            Some(_) if self.reversed.contains(&draft.run) => {
                return Err(JournalError::WasReversed(draft.run));
            }
            Some(earlier) if *earlier == content => return Ok(Booked::Already),
            Some(_) => return Err(JournalError::RunConflict(draft.run)),
            None => {}
        }
        if let Some(sealed) = self.sealed
            && draft.day <= sealed
        {
            return Err(JournalError::Sealed { day: draft.day, sealed });
        }
        let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
        let mut after: BTreeMap<(Account, Currency), Grains> = BTreeMap::new();
        for p in &draft.postings {
            let key = (p.account.clone(), p.currency);
            let before = after.get(&key).or_else(|| self.balances.get(&key)).copied().unwrap_or_default();
            let too_large = || JournalError::TooLarge(p.account.clone());
            after.insert(key, before.checked_add(p.grains).ok_or_else(too_large)?);
            let sum = sums.entry(p.currency).or_default();
            *sum = sum.checked_add(p.grains.0).ok_or_else(too_large)?;
        }
        if let Some((currency, _)) = sums.iter().find(|(_, n)| **n != 0) {
            return Err(JournalError::Unbalanced(*currency));
        }
        for ((account, currency), balance) in &after {
            if !account.allows(*balance) {
                let by = Grains(balance.0.saturating_abs());
                return Err(JournalError::BeyondZero { account: account.clone(), currency: *currency, by });
            }
        }
        self.balances.extend(after);
        self.balances.retain(|_, n| *n != Grains::ZERO);
        match &draft.event {
            Event::Reversal { of } => {
                let dependent: Vec<Digest> = self.resting_on(*of);
                self.reversed.extend(dependent);
            }
            Event::Seal => self.sealed = Some(draft.day),
            _ => {}
        }
        self.runs.insert(draft.run, content);
        let previous = self.head();
        for run in [Some(draft.run), draft.rests_on].into_iter().flatten() {
            self.places.entry(run).or_default().push(self.entries.len());
        }
        let number = self.entries.len() as u64;
        let digest = Digest::of_value(&(number, content, previous));
        self.entries.push(Entry { number, draft, previous, digest });
        Ok(Booked::New)
    }

    /// The entry that takes a settlement back, with everything that rests on it. What was paid out of it and is
    /// not covered by what else is due becomes a claim on the party, never a negative balance.
    pub fn reversal(&self, of: Digest, day: Date, memo: impl Into<String>) -> Result<Draft, JournalError> {
        let gone = self.resting_on(of);
        if gone.is_empty() || self.reversed.contains(&of) {
            return Err(JournalError::NothingToReverse(of));
        }
        let mut sums: BTreeMap<(Account, Currency), i128> = BTreeMap::new();
        for p in self.entries_of(of).filter(|e| gone.contains(&e.draft.run)).flat_map(|e| &e.draft.postings) {
            *sums.entry((p.account.clone(), p.currency)).or_default() -= p.grains.0;
        }
        let mut postings = Vec::new();
        for ((account, currency), n) in sums {
            if let Account::Accrued(party, _) = &account {
                let over = self.balance(&account, currency).0 + n;
                if over > 0 {
                    let owed = Account::Clawback(party.clone());
                    postings.push(Posting { account: owed, currency, grains: Grains(over) });
                    postings.push(Posting { account: account.clone(), currency, grains: Grains(-over) });
                }
            }
            postings.push(Posting { account, currency, grains: Grains(n) });
        }
        let run = Digest::of_value(&("reversal", of));
        Ok(Draft::new(day, Event::Reversal { of }, run, memo, postings))
    }

    /// A balance: debits less credits.
    pub fn balance(&self, account: &Account, currency: Currency) -> Grains {
        self.balances.get(&(account.clone(), currency)).copied().unwrap_or_default()
    }

    /// All balances that are not zero.
    pub fn balances(&self) -> impl Iterator<Item = (&Account, Currency, Grains)> {
        self.balances.iter().map(|((a, c), n)| (a, *c, *n))
    }

    /// All entries, in their order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether a run is booked and not reversed.
    pub fn stands(&self, run: Digest) -> bool {
        self.runs.contains_key(&run) && !self.reversed.contains(&run)
    }

    /// The entry that booked a run.
    pub fn entry_of(&self, run: Digest) -> Option<&Entry> {
        self.entries_of(run).find(|e| e.draft.run == run)
    }

    /// The run that stands for a subject: booked and not reversed.
    pub fn standing(&self, subject: Digest) -> Option<Digest> {
        let of_subject = self.entries.iter().rev().filter(|e| e.draft.subject == Some(subject));
        of_subject.map(|e| e.draft.run).find(|run| self.stands(*run))
    }

    /// The last day that takes no entry any more.
    pub fn sealed(&self) -> Option<Date> {
        self.sealed
    }

    /// The digest that stands for the whole journal.
    pub fn head(&self) -> Digest {
        self.entries.last().map_or_else(Digest::default, |e| e.digest)
    }

    /// The run and the releases resting on it that are booked and not reversed.
    fn resting_on(&self, run: Digest) -> Vec<Digest> {
        self.entries_of(run).map(|e| e.draft.run).filter(|r| !self.reversed.contains(r)).collect()
    }

    /// The entries of a run, and those that rest on it.
    fn entries_of(&self, run: Digest) -> impl Iterator<Item = &Entry> {
        self.places.get(&run).into_iter().flatten().filter_map(|place| self.entries.get(*place))
    }
}
