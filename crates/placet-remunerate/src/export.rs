//! The journal for other people's accounting programs, which check the balances again.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use placet_core::Currency;

use crate::journal::{Account, Entry, Event, Journal};
use crate::{Digest, Grains};

/// Writes the journal for beancount 2 and 3 (`bean-check`): every entry, and at the end an assertion for every balance.
pub fn beancount(journal: &Journal) -> String {
    let mut out = String::from("; Written by Placet. One transaction for each entry of the journal.\n\n");
    let Some(first) = journal.entries().iter().map(|e| e.draft.day).min() else {
        return out;
    };
    let mut accounts: BTreeSet<String> = BTreeSet::new();
    for e in journal.entries() {
        accounts.extend(e.draft.postings.iter().map(|p| path(&p.account)));
    }
    for account in &accounts {
        line(&mut out, format_args!("{first} open {account}"));
    }
    for e in journal.entries() {
        let memo = plain(&e.draft.memo).replace('"', "'");
        line(&mut out, format_args!("\n{} * \"{}\" \"{memo}\"", e.draft.day, title(e)));
        line(&mut out, format_args!("  run: \"{}\"\n  entry: \"{}\"", e.draft.run, e.digest));
        for p in &e.draft.postings {
            line(&mut out, format_args!("  {}  {}", path(&p.account), amount(p.grains, p.currency)));
        }
    }
    let last = journal.entries().iter().map(|e| e.draft.day).max().and_then(|d| d.tomorrow().ok());
    if let Some(day) = last {
        out.push('\n');
        for (account, currency, balance) in journal.balances() {
            line(&mut out, format_args!("{day} balance {}  {}", path(account), amount(balance, currency)));
        }
    }
    out
}

/// Writes the journal for hledger (`hledger check`): every entry, and at the end an assertion for every balance.
pub fn hledger(journal: &Journal) -> String {
    let mut out = String::from("; Written by Placet. One transaction for each entry of the journal.\n");
    let mut entries: Vec<&Entry> = journal.entries().iter().collect();
    entries.sort_by_key(|e| (e.draft.day, e.number));
    for e in entries {
        let memo = plain(&e.draft.memo).replace(';', ",");
        line(&mut out, format_args!("\n{} * {} | {memo}  ; run {}", e.draft.day, title(e), e.draft.run));
        for p in &e.draft.postings {
            line(&mut out, format_args!("    {}  {}", path(&p.account), amount(p.grains, p.currency)));
        }
    }
    let last = journal.entries().iter().map(|e| e.draft.day).max();
    if let Some(day) = last {
        line(&mut out, format_args!("\n{day} * balances"));
        for (account, currency, balance) in journal.balances() {
            let (none, all) = (amount(Grains::ZERO, currency), amount(balance, currency));
            line(&mut out, format_args!("    {}  {none} = {all}", path(account)));
        }
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "{text}");
}

fn title(e: &Entry) -> &'static str {
    match e.draft.event {
        Event::Settlement => "settlement",
        Event::Receipt => "receipt",
        Event::Refund => "refund",
        Event::Advance => "advance",
        Event::Payout => "payout",
        Event::Reversal { .. } => "reversal",
        Event::Release => "release",
        Event::Lapse => "lapse",
        Event::Exchange => "exchange",
        Event::Seal => "seal",
    }
}

fn amount(grains: Grains, currency: Currency) -> String {
    format!("{} {currency}", grains.decimal(currency.scale()))
}

fn path(account: &Account) -> String {
    match account {
        Account::Receivable(who) => format!("Assets:Receivable:{}", part(who)),
        Account::PastClaim(who) => format!("Assets:PastClaim:{}", part(who)),
        Account::Bank => "Assets:Bank".to_owned(),
        Account::Exchange => "Equity:Exchange".to_owned(),
        Account::Accrued(who, purse) => format!("Liabilities:Due:{}:{}", capital(purse.code()), part(who)),
        Account::Contingent(who) => format!("Liabilities:Claimed:{}", part(who)),
        Account::Held(work) => format!("Liabilities:Held:{}", part(work)),
        Account::Unclaimed(work) => format!("Liabilities:Unclaimed:{}", part(work)),
        Account::Deducted(who, what) => format!("Liabilities:Deducted:{}:{}", part(what), part(who)),
        Account::Tax(who) => format!("Liabilities:Tax:{}", part(who)),
        Account::Advance(who) => format!("Assets:Advance:{}", part(who)),
        Account::Clawback(who) => format!("Assets:Clawback:{}", part(who)),
        Account::Dust => "Liabilities:Dust".to_owned(),
        Account::Lapsed(to) => format!("Liabilities:Lapsed:{}", part(to)),
    }
}

/// A name as a part of an account's name: its ASCII letters and digits, and eight digits of its digest, so that
/// two names never become one account.
fn part(name: &str) -> String {
    let kept: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    let digest: String = Digest::of(name.as_bytes()).short().chars().take(8).collect();
    capital(&format!("X{}-{digest}", kept.trim_matches('-'))).replace("--", "-")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || c == '\\' || c == '|' { ' ' } else { c }).collect()
}
