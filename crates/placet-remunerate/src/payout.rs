//! From what is due to orders of payment: the one place where money is rounded.
//!
//! For every payee: what is due, less what it has to return (capped), less advances, less tax; then either an
//! order, or a carry-forward with its reason. All orders of a payout are rounded together by largest remainder;
//! what the rounding leaves over, less than one minor unit, goes to the dust account and into the next payout.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use placet_core::{Currency, Money, Ratio};
use serde::{Deserialize, Serialize};

use crate::books::Sheet;
use crate::journal::{Account, Draft, Event, Journal};
use crate::mandate::fraction_of;
use crate::tariff::Purse;
use crate::{Digest, Grains};

/// To whom money is paid, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Payee {
    /// The party's id in claims.
    pub party: String,
    /// The name of the account's holder.
    pub name: String,
    /// IBAN, without spaces.
    pub iban: String,
    /// Structured postal address: since 15 November 2026 SEPA takes no other.
    pub address: Address,
    /// Tax to be withheld, where a treaty or law says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Withholding>,
    /// Why nothing is paid out for now (a court order, missing papers); the money stays due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// A structured postal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Address {
    /// Street.
    pub street: String,
    /// House number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Postal code.
    pub post_code: String,
    /// Town.
    pub town: String,
    /// Country (ISO 3166-1 alpha-2).
    pub country: String,
}

/// Tax withheld at the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Withholding {
    /// How much.
    pub rate: Ratio,
    /// For whom.
    pub authority: String,
    /// The certificate or treaty article it rests on.
    pub certificate: String,
}

/// The terms of a payout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PayoutTerms {
    /// Smaller amounts are carried forward.
    pub threshold: Money,
    /// The most of what is due that goes to money to be returned.
    pub clawback_cap: Ratio,
}

/// A payout: orders, what is carried, and the entry that books it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Payout {
    /// Identifies the run.
    pub run: Digest,
    /// On which day.
    pub day: Date,
    /// What is paid.
    pub orders: Vec<Order>,
    /// What is not.
    pub carried: Vec<Carried>,
    /// Tax by authority, to be remitted.
    pub tax: BTreeMap<String, Money>,
    /// What rounding leaves over after this payout.
    pub dust: Grains,
    /// The entry.
    #[serde(skip)]
    pub entry: Draft,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Order {
    /// To whom.
    pub party: String,
    /// Due before anything is taken, by account.
    pub due: BTreeMap<Purse, Grains>,
    /// Taken for money to be returned.
    pub returned: Grains,
    /// Taken for advances.
    pub recouped: Grains,
    /// Withheld as tax.
    pub tax: Grains,
    /// What is left, exactly.
    pub net: Grains,
    /// What is paid.
    pub amount: Money,
}

/// Money that stays due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Carried {
    /// To whom.
    pub party: String,
    /// How much.
    pub due: Grains,
    /// Why.
    pub why: Why,
}

/// Why money stays due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Below the threshold.
    BelowThreshold,
    /// No account or address is known.
    NoPayee,
    /// Stopped, for this reason.
    Stopped(String),
    /// Everything went to advances or money to be returned.
    NothingLeft,
}

/// Why there is no payout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayoutError {
    /// Less in the bank than is to be paid.
    #[error("{need} are to be paid and {have} have been received; book receipts first")]
    NotCleared {
        /// To be paid.
        need: Money,
        /// In the bank.
        have: Money,
    },
    /// The threshold is in another currency.
    #[error("the threshold is in {0}, the payout in {1}")]
    Currency(Currency, Currency),
}

/// Computes a payout of everything due in a currency.
pub fn payout(
    journal: &Journal,
    payees: &[Payee],
    terms: &PayoutTerms,
    currency: Currency,
    day: Date,
) -> Result<Payout, PayoutError> {
    if terms.threshold.currency != currency {
        return Err(PayoutError::Currency(terms.threshold.currency, currency));
    }
    let by_party: BTreeMap<&str, &Payee> = payees.iter().map(|p| (p.party.as_str(), p)).collect();
    let mut due: BTreeMap<&str, BTreeMap<Purse, Grains>> = BTreeMap::new();
    for (account, c, balance) in journal.balances() {
        if let Account::Accrued(party, purse) = account
            && c == currency
        {
            due.entry(party).or_default().insert(*purse, Grains(-balance.0));
        }
    }
    let (mut orders, mut carried) = (Vec::new(), Vec::new());
    for (party, purses) in due {
        let whole = Grains(purses.values().map(|g| g.0).sum());
        let carry = |why| Carried { party: party.to_owned(), due: whole, why };
        let Some(payee) = by_party.get(party) else {
            carried.push(carry(Why::NoPayee));
            continue;
        };
        if let Some(reason) = &payee.stopped {
            carried.push(carry(Why::Stopped(reason.clone())));
            continue;
        }
        let owed = journal.balance(&Account::Clawback(party.to_owned()), currency);
        let returned = owed.min(fraction_of(whole, terms.clawback_cap));
        let lent = journal.balance(&Account::Advance(party.to_owned()), currency);
        let recouped = lent.min(Grains(whole.0 - returned.0));
        let taxable = Grains(whole.0 - returned.0 - recouped.0);
        let tax = payee.tax.as_ref().map_or(Grains::ZERO, |t| fraction_of(taxable, t.rate));
        let net = Grains(taxable.0 - tax.0);
        if net.whole_minor() < terms.threshold.minor && taxable != Grains::ZERO {
            carried.push(carry(Why::BelowThreshold));
            continue;
        }
        if taxable == Grains::ZERO {
            carried.push(carry(Why::NothingLeft));
        }
        let amount = Money::zero(currency);
        orders.push(Order { party: party.to_owned(), due: purses, returned, recouped, tax, net, amount });
    }
    let mut taxes: BTreeMap<String, Grains> = BTreeMap::new();
    for o in &orders {
        if let Some(t) = by_party.get(o.party.as_str()).and_then(|p| p.tax.as_ref()) {
            taxes.entry(t.authority.clone()).or_default().0 += o.tax.0;
        }
    }
    let dust_before = Grains(-journal.balance(&Account::Dust, currency).0);
    let dust = round(&mut orders, &mut taxes, dust_before, currency);
    let run = Digest::of_value(&("payout", journal.head(), day, currency, terms, payees));
    let entry = entry(&orders, &taxes, Grains(dust_before.0 - dust.0), run, currency, day);
    orders.retain(|o| o.amount.minor > 0);

    let need: i128 = orders.iter().map(|o| o.amount.minor).sum();
    let have = journal.balance(&Account::Bank, currency).whole_minor();
    if need > have {
        let (need, have) = (Money::new(need, currency), Money::new(have, currency));
        return Err(PayoutError::NotCleared { need, have });
    }
    let tax = taxes.into_iter().map(|(who, g)| (who, Money::new(g.whole_minor(), currency))).collect();
    Ok(Payout { run, day, orders, carried, tax, dust, entry })
}

/// Rounds all receivers together, by largest remainder; returns what is left over.
fn round(
    orders: &mut [Order],
    taxes: &mut BTreeMap<String, Grains>,
    dust: Grains,
    currency: Currency,
) -> Grains {
    let fractions: i128 =
        orders.iter().map(|o| o.net).chain(taxes.values().copied()).map(|g| g.fraction().0).sum();
    let pot = Grains(fractions + dust.0);
    let mut order: Vec<(Grains, Digest, String)> = orders
        .iter()
        .map(|o| (o.net, format!("party {}", o.party)))
        .chain(taxes.iter().map(|(who, g)| (*g, format!("tax {who}"))))
        .filter(|(g, _)| g.fraction() != Grains::ZERO)
        .map(|(g, name)| (g.fraction(), Digest::of(name.as_bytes()), name))
        .collect();
    order.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let up: BTreeSet<String> =
        order.into_iter().take(pot.whole_minor() as usize).map(|(_, _, name)| name).collect();
    let whole = |g: Grains, name: &str| g.whole_minor() + i128::from(up.contains(name));
    for o in orders.iter_mut() {
        o.amount = Money::new(whole(o.net, &format!("party {}", o.party)), currency);
    }
    for (who, g) in taxes.iter_mut() {
        *g = Grains(whole(*g, &format!("tax {who}")) * crate::grains::GRAINS_PER_MINOR);
    }
    pot.fraction()
}

fn entry(
    orders: &[Order],
    taxes: &BTreeMap<String, Grains>,
    dust_taken: Grains,
    run: Digest,
    currency: Currency,
    day: Date,
) -> Draft {
    let mut sheet = Sheet::new(currency);
    for o in orders {
        for (purse, grains) in &o.due {
            sheet.add(Account::Accrued(o.party.clone(), *purse), grains.0);
        }
        sheet.add(Account::Clawback(o.party.clone()), -o.returned.0);
        sheet.add(Account::Advance(o.party.clone()), -o.recouped.0);
        sheet.add(Account::Bank, -Grains::of(o.amount).unwrap_or_default().0);
    }
    for (who, grains) in taxes {
        sheet.add(Account::Tax(who.clone()), -grains.0);
    }
    sheet.add(Account::Dust, dust_taken.0);
    let memo = format!("payout of {} orders", orders.iter().filter(|o| o.amount.minor > 0).count());
    Draft::new(day, Event::Payout, run, memo, sheet.postings())
}
