//! Legal clocks: dates that follow from the books and move no money.
//!
//! Directive 2014/26/EU, Article 13: pay no later than nine months from the end of the financial year in which
//! the money was collected; money that cannot be distributed is non-distributable three years after the end of
//! that year. Both are configuration, since jurisdictions and societies' statutes differ.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use placet_core::Currency;
use serde::{Deserialize, Serialize};

use crate::Grains;
use crate::journal::{Account, Event, Journal};

/// The clocks of a jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clocks {
    /// Which law or statute.
    pub source: String,
    /// Months from the end of the financial year until money must be paid.
    pub pay_months: u16,
    /// Months from the end of the financial year until waiting money may be declared non-distributable.
    pub keep_months: u16,
    /// The last month of the financial year.
    #[serde(default = "december")]
    pub year_ends_in_month: i8,
}

impl Clocks {
    /// The clocks of Directive 2014/26/EU with the calendar year.
    pub fn eu() -> Clocks {
        Clocks {
            source: "Directive 2014/26/EU, Article 13".to_owned(),
            pay_months: 9,
            keep_months: 36,
            year_ends_in_month: december(),
        }
    }

    /// The last day of the financial year of a day.
    pub fn year_end(&self, day: Date) -> Option<Date> {
        let month = self.year_ends_in_month.clamp(1, 12);
        let year = if day.month() <= month { day.year() } else { day.year().checked_add(1)? };
        Some(date(year, month, 1).last_of_month())
    }
}

impl Clocks {
    /// The first day on which money booked on a day may be declared non-distributable.
    pub fn may_lapse(&self, booked: Date) -> Option<Date> {
        self.after(booked, self.keep_months)
    }

    fn after(&self, booked: Date, months: u16) -> Option<Date> {
        let day = self.year_end(booked)?.checked_add(i32::from(months).months()).ok()?;
        Some(day.last_of_month())
    }
}

/// A date that follows from an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Deadline {
    /// When.
    pub day: Date,
    /// What must have happened.
    pub what: What,
    /// For which account.
    pub account: Account,
    /// In which currency.
    pub currency: Currency,
    /// How much of that entry's money still waits, at most.
    pub amount: Grains,
    /// The entry, by its number.
    pub entry: u64,
}

/// What must have happened by a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The money must have been paid.
    Pay,
    /// From here on a signed decision may declare the money non-distributable.
    MayLapse,
}

/// All deadlines of money that is still due, held or unclaimed. The oldest money counts as paid first.
pub fn deadlines(journal: &Journal, clocks: &Clocks) -> Vec<Deadline> {
    let mut found = Vec::new();
    for (account, currency, balance) in journal.balances() {
        let what = match account {
            Account::Accrued(..) => What::Pay,
            Account::Held(_) | Account::Unclaimed(_) => What::MayLapse,
            _ => continue,
        };
        let mut waits = -balance.0;
        for entry in journal.entries().iter().rev() {
            let draft = &entry.draft;
            if waits <= 0 {
                break;
            }
            if !matches!(draft.event, Event::Settlement | Event::Release) || !journal.stands(draft.run) {
                continue;
            }
            let credited: i128 = draft
                .postings
                .iter()
                .filter(|p| p.account == *account && p.currency == currency)
                .map(|p| -p.grains.0)
                .sum();
            if credited <= 0 {
                continue;
            }
            let months = if what == What::Pay { clocks.pay_months } else { clocks.keep_months };
            if let Some(day) = clocks.after(draft.day, months) {
                let amount = Grains(credited.min(waits));
                let account = account.clone();
                found.push(Deadline { day, what, account, currency, amount, entry: entry.number });
            }
            waits -= credited;
        }
    }
    found.sort();
    found
}

const fn december() -> i8 {
    12
}
