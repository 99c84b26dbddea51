//! Orders of payment as ISO 20022 `pain.001.001.09`, with structured addresses.
//!
//! One group of credit transfers. In euro it asks for SEPA (`SEPA`, `SLEV`); in another currency for a plain
//! transfer with shared charges. Names are written as they are; a bank that takes a smaller set of characters
//! folds them itself.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use placet_core::{Currency, Money};

use crate::Digest;
use crate::payout::{Address, Order, Payee, Payout};

/// Who pays, from which account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Debtor {
    /// Name of the account's holder.
    pub name: String,
    /// IBAN, without spaces.
    pub iban: String,
    /// Structured postal address.
    pub address: Address,
}

/// What no bank would take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// Nothing to pay.
    #[error("the payout has no orders")]
    Nothing,
    /// An order without a payee.
    #[error("no payee record for {0}; add name, IBAN and structured address")]
    NoPayee(String),
    /// No valid IBAN.
    #[error("{0}: the IBAN has a wrong check number or form")]
    Iban(String),
    /// A missing or overlong part of an address.
    #[error("{who}: {what} is missing, too long or not in the form that ISO 20022 asks for")]
    Address {
        /// Whose.
        who: String,
        /// Which part.
        what: &'static str,
    },
}

/// Writes the orders of a payout. `created` is the time of writing, `pay_on` the day asked for.
pub fn write(
    payout: &Payout,
    payees: &[Payee],
    debtor: &Debtor,
    created: Timestamp,
    pay_on: Date,
) -> Result<String, PaymentError> {
    let currency = payout.orders.first().map(|o| o.amount.currency).ok_or(PaymentError::Nothing)?;
    check(&debtor.name, &debtor.iban, &debtor.address)?;
    let id = message_id(payout);
    let count = payout.orders.len();
    let sum = Money::new(payout.orders.iter().map(|o| o.amount.minor).sum(), currency).amount();
    let mut x = Xml(String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
    x.open("Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"");
    x.open("CstmrCdtTrfInitn");
    x.open("GrpHdr");
    x.leaf("MsgId", &id);
    x.leaf("CreDtTm", &created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    x.leaf("NbOfTxs", &count.to_string());
    x.leaf("CtrlSum", &sum);
    x.open("InitgPty");
    x.leaf("Nm", &debtor.name);
    x.close("InitgPty");
    x.close("GrpHdr");
    x.open("PmtInf");
    x.leaf("PmtInfId", &id);
    x.leaf("PmtMtd", "TRF");
    x.leaf("NbOfTxs", &count.to_string());
    x.leaf("CtrlSum", &sum);
    if currency == Currency::EUR {
        x.open("PmtTpInf");
        x.open("SvcLvl");
        x.leaf("Cd", "SEPA");
        x.close("SvcLvl");
        x.close("PmtTpInf");
    }
    x.open("ReqdExctnDt");
    x.leaf("Dt", &pay_on.to_string());
    x.close("ReqdExctnDt");
    x.party("Dbtr", &debtor.name, &debtor.address);
    x.account("DbtrAcct", &debtor.iban);
    x.open("DbtrAgt");
    x.open("FinInstnId");
    x.open("Othr");
    x.leaf("Id", "NOTPROVIDED");
    x.close("Othr");
    x.close("FinInstnId");
    x.close("DbtrAgt");
    x.leaf("ChrgBr", if currency == Currency::EUR { "SLEV" } else { "SHAR" });
    for order in &payout.orders {
        let payee = payees.iter().find(|p| p.party == order.party);
        let payee = payee.ok_or_else(|| PaymentError::NoPayee(order.party.clone()))?;
        check(&payee.name, &payee.iban, &payee.address)?;
        x.open("CdtTrfTxInf");
        x.open("PmtId");
        x.leaf("EndToEndId", &end_to_end(payout, order));
        x.close("PmtId");
        x.open("Amt");
        x.line(&format!("<InstdAmt Ccy=\"{currency}\">{}</InstdAmt>", order.amount.amount()));
        x.close("Amt");
        x.party("Cdtr", &payee.name, &payee.address);
        x.account("CdtrAcct", &payee.iban);
        x.open("RmtInf");
        x.leaf("Ustrd", &format!("Statement {} of {}", payout.run.short(), payout.day));
        x.close("RmtInf");
        x.close("CdtTrfTxInf");
    }
    x.close("PmtInf");
    x.close("CstmrCdtTrfInitn");
    x.close("Document");
    Ok(x.0)
}

/// The message's id: the same payout has the same, so that a bank takes it once.
pub fn message_id(payout: &Payout) -> String {
    payout.run.to_string().chars().take(ID_CHARS_MAX).collect()
}

/// The reference by which bank messages name an order again.
pub fn end_to_end(payout: &Payout, order: &Order) -> String {
    Digest::of_value(&(payout.run, &order.party)).to_string().chars().take(ID_CHARS_MAX).collect()
}

/// Identifiers have at most 35 characters (`Max35Text`).
const ID_CHARS_MAX: usize = 32;

struct Xml(String);

impl Xml {
    fn open(&mut self, element: &str) {
        self.line(&format!("<{element}>"));
    }

    fn close(&mut self, element: &str) {
        self.line(&format!("</{element}>"));
    }

    fn leaf(&mut self, element: &str, text: &str) {
        self.line(&format!("<{element}>{}</{element}>", escaped(text)));
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.0, "{text}");
    }

    fn party(&mut self, element: &str, name: &str, a: &Address) {
        self.open(element);
        self.leaf("Nm", name);
        self.open("PstlAdr");
        self.leaf("StrtNm", &a.street);
        if let Some(number) = &a.number {
            self.leaf("BldgNb", number);
        }
        self.leaf("PstCd", &a.post_code);
        self.leaf("TwnNm", &a.town);
        self.leaf("Ctry", &a.country);
        self.close("PstlAdr");
        self.close(element);
    }

    fn account(&mut self, element: &str, iban: &str) {
        self.open(element);
        self.open("Id");
        self.leaf("IBAN", iban);
        self.close("Id");
        self.close(element);
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0 has no place for these, escaped or not.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn check(name: &str, iban: &str, a: &Address) -> Result<(), PaymentError> {
    let wrong = |what| PaymentError::Address { who: name.to_owned(), what };
    let fits = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
    if !fits(name, 140) {
        return Err(wrong("the name"));
    }
    if !valid_iban(iban) {
        return Err(PaymentError::Iban(name.to_owned()));
    }
    for (text, most, what) in
        [(&a.street, 70, "the street"), (&a.post_code, 16, "the postal code"), (&a.town, 35, "the town")]
    {
        if !fits(text, most) {
            return Err(wrong(what));
        }
    }
    if a.number.as_ref().is_some_and(|n| !fits(n, 16)) {
        return Err(wrong("the house number"));
    }
    if a.country.len() != 2 || !a.country.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(wrong("the country"));
    }
    Ok(())
}

/// Whether the form and the check number are right (ISO 13616: modulo 97 is 1).
pub fn valid_iban(iban: &str) -> bool {
    let bytes = iban.as_bytes();
    let form = (15..=34).contains(&bytes.len())
        && bytes.iter().take(2).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit)
        && bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let turned = bytes.iter().skip(4).chain(bytes.iter().take(4));
    let rest = turned.fold(0_u32, |rest, b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter.wrapping_sub(b'A')) + 10) % 97,
    });
    form && rest == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn check_numbers_count() {
        assert!(valid_iban("DE89370400440532013000"));
        assert!(valid_iban("GB82WEST12345698765432"));
        assert!(!valid_iban("DE89370400440532013001"));
        assert!(!valid_iban("de89370400440532013000"));
        assert!(!valid_iban(""));
    }

    proptest! {
        #[test]
        fn never_panics(iban in ".{0,40}", text in ".{0,40}") {
            let _ = (valid_iban(&iban), escaped(&text));
        }
    }
}
