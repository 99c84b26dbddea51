//! The terms file: TOML with known keys alone.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use jiff::civil::Date;
use placet_core::{Territory, Use, UseSet};
use placet_signals::publish::{Offer, Price, Terms, UntilAgreed};
use serde::Deserialize;

use crate::failure::OrFail as _;
use crate::{Exit, Failure};

/// Most bytes of a terms file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Terms, and what is to be told about them.
pub(super) struct Read {
    pub(super) terms: Terms,
    pub(super) notes: Vec<String>,
}

impl Read {
    pub(super) fn of(terms: Terms) -> Read {
        Read { terms, notes: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    holder: Option<String>,
    contact: Option<String>,
    site: Option<String>,
    until: Option<Date>,
    until_agreed: Option<String>,
    #[serde(default)]
    refuse: Vec<String>,
    #[serde(default)]
    grant: Vec<String>,
    #[serde(default)]
    offer: Vec<OfferFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfferFile {
    uses: Vec<Use>,
    #[serde(default)]
    to: BTreeSet<String>,
    territory: Option<Territory>,
    price: Option<String>,
    per: Option<String>,
    #[serde(default)]
    attribution: bool,
}

/// Reads terms as they hold at a time.
pub(super) fn read(path: &Path, now: Timestamp) -> Result<Read, Failure> {
    let name = path.display().to_string();
    let size = path.metadata().with_context(|| format!("cannot read {name}")).or_fail(Exit::Input)?.len();
    if size > FILE_BYTES_MAX {
        return Err(Failure::new(Exit::Input, anyhow!("{name} is larger than a terms file can be")));
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {name}")).or_fail(Exit::Input)?;
    of_text(&text, now).map_err(|error| {
        Failure::new(Exit::Input, anyhow!("{error}").context(format!("{name} is no terms file")))
            .hint("placet publish --help shows one")
    })
}

fn of_text(text: &str, now: Timestamp) -> Result<Read, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string().trim().to_owned())?;
    let mut notes = Vec::new();
    let offered: UseSet = file.offer.iter().flat_map(|o| o.uses.iter().copied()).collect();
    let grant = uses(&file.grant, UseSet::ALL)?;
    let rest: UseSet =
        Use::ALL.into_iter().filter(|u| !grant.contains(*u) && !offered.contains(*u)).collect();
    let refuse = uses(&file.refuse, rest)?;
    let twice = refuse.intersection(grant).union(refuse.union(grant).intersection(offered));
    if !twice.is_empty() {
        return Err(format!("{twice}: said twice; a use is refused, granted or offered"));
    }
    if refuse.union(grant).union(offered).is_empty() {
        return Err("it refuses, grants and offers nothing".to_owned());
    }
    let offers = file.offer.into_iter().map(offer).collect::<Result<Vec<_>, _>>()?;
    let until_agreed = match file.until_agreed.as_deref() {
        None | Some("refuse") => UntilAgreed::Refuse,
        Some("silent") => UntilAgreed::Silent,
        Some(other) => return Err(format!("until_agreed is refuse or silent, not `{other}`")),
    };
    let mut terms =
        Terms { holder: file.holder, contact: file.contact, site: None, refuse, grant, offers, until_agreed };
    if let Some(site) = file.site {
        terms.site = Some(address(&site)?);
    }
    if let Some(until) = file.until {
        if now.to_zoned(jiff::tz::TimeZone::UTC).date() > until {
            terms.grant = UseSet::NONE;
            terms.offers.clear();
            notes.push(format!("grants and offers ended on {until}: they are no longer published"));
        } else if !terms.grant.is_empty() || !terms.offers.is_empty() {
            notes.push(format!(
                "no protocol can say that grants and offers end on {until}: publish again then"
            ));
        }
    }
    Ok(Read { terms, notes })
}

/// Uses by their codes; `all` is the rest.
fn uses(words: &[String], rest: UseSet) -> Result<UseSet, String> {
    let mut read = UseSet::NONE;
    for word in words {
        read = match word.as_str() {
            "all" => read.union(rest),
            word => read.with(word.parse::<Use>().map_err(|e| e.to_string())?),
        };
    }
    Ok(read)
}

fn offer(file: OfferFile) -> Result<Offer, String> {
    const CLASSES: [&str; 5] = ["commercial", "non-commercial", "education", "government", "personal"];
    if let Some(class) = file.to.iter().find(|c| !CLASSES.contains(&c.as_str())) {
        return Err(format!("`{class}` is no class of licensees; the classes are {}", CLASSES.join(", ")));
    }
    let price = match (file.price, file.per) {
        (None, None) => None,
        (price, per) => {
            let per = per.unwrap_or_else(|| "purchase".to_owned());
            if !Price::KINDS.contains(&per.as_str()) {
                return Err(format!("`per` is one of {}, not `{per}`", Price::KINDS.join(", ")));
            }
            Some(Price { per, amount: price.map(|p| amount(&p)).transpose()? })
        }
    };
    let uses: UseSet = file.uses.into_iter().collect();
    if uses.is_empty() {
        return Err("an offer names its uses".to_owned());
    }
    let territory = file.territory.unwrap_or_default();
    let is_limited =
        price.is_some() || !file.to.is_empty() || territory != Territory::World || file.attribution;
    if !is_limited {
        return Err(format!(
            "{uses}: offered without price, class, territory or attribution; that is a grant"
        ));
    }
    Ok(Offer { uses, to: file.to, territory, price, attribution: file.attribution })
}

/// `0.002 EUR`.
fn amount(text: &str) -> Result<(String, String), String> {
    let bad = || format!("`{text}` is no price; write 0.002 EUR");
    let (amount, currency) = text.trim().split_once(' ').ok_or_else(bad)?;
    let mut parts = amount.split('.');
    let digits =
        |part: Option<&str>| part.is_none_or(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    let is_amount = digits(parts.next()) && digits(parts.next()) && parts.next().is_none();
    let is_currency = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
    if is_amount && is_currency { Ok((amount.to_owned(), currency.to_owned())) } else { Err(bad()) }
}

/// The address of a site: scheme and host.
pub(super) fn site_address(url: &str) -> Result<String, Failure> {
    address(url).map_err(|e| Failure::new(Exit::Usage, anyhow!(e)))
}

fn address(url: &str) -> Result<String, String> {
    let bad = || format!("`{url}` is no address of a site; write https://example.org");
    let trimmed = url.trim_end_matches('/');
    let host =
        trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://")).ok_or_else(bad)?;
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(fits) { Err(bad()) } else { Ok(trimmed.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Read, String> {
        of_text(text, "2026-11-21T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_rest_is_what_is_neither_granted_nor_offered() {
        let text = "refuse = [\"all\"]\ngrant = [\"access\", \"search\"]\n[[offer]]\nuses = [\"ai-input\"]\nprice = \"1 EUR\"";
        let terms = read(text).map(|r| r.terms).unwrap();
        assert_eq!(terms.refuse.iter().count(), 9);
        assert_eq!(terms.offers[0].price.as_ref().unwrap().per, "purchase");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, said) in [
            ("", "it refuses, grants and offers nothing"),
            ("refuse = [\"tdm\"]\ngrant = [\"tdm\"]", "tdm: said twice"),
            ("refuse = [\"train\"]", "`train` is no use"),
            ("refuse = [\"tdm\"]\nreffuse = []", "unknown field `reffuse`"),
            ("[[offer]]\nuses = [\"tdm\"]", "that is a grant"),
            ("[[offer]]\nuses = [\"tdm\"]\nprice = \"1,5 EUR\"", "`1,5 EUR` is no price"),
            ("refuse = [\"tdm\"]\nsite = \"example.org\"", "is no address of a site"),
        ] {
            let error = read(text).map(|_| ()).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn grants_end() {
        let ended = read("grant = [\"tdm\"]\nrefuse = [\"replica\"]\nuntil = \"2026-11-20\"")
            .map(|r| r.terms)
            .unwrap();
        assert_eq!((ended.grant, ended.refuse), (UseSet::NONE, UseSet::NONE.with(Use::Replica)));
    }
}
