//! `placet payout`: orders to pay what is due.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use placet_core::{Money, Ratio};
use placet_remunerate::Grains;
use placet_remunerate::pain001::{Debtor, message_id, write};
use placet_remunerate::payout::{Payee, PayoutError, PayoutTerms, Why, payout};
use serde::Deserialize;

use crate::failure::OrFail as _;
use crate::journal::{Store, today};
use crate::output::{Table, foreign};
use crate::settlement::{Folder, text};
use crate::{Context, Exit, Failure};

/// Order the payment of everything that is due in the currency of a settlement, and book it
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of a booked settlement
    settlement: PathBuf,
    /// Write the orders as ISO 20022 pain.001.001.09
    #[arg(long, required = true)]
    iso20022: bool,
    /// Who pays and who is paid: names, accounts, addresses (TOML)
    #[arg(long, value_name = "FILE")]
    accounts: PathBuf,
    /// Smaller amounts are carried forward, in major units
    #[arg(long, value_name = "AMOUNT", default_value = "10")]
    threshold: String,
    /// The most of what is due that goes to money to be returned
    #[arg(long, value_name = "SHARE", default_value = "1/2")]
    clawback_cap: Ratio,
    /// Where the orders go
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accounts {
    debtor: Debtor,
    #[serde(default, rename = "payee")]
    payees: Vec<Payee>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let folder = Folder::open(&self.settlement)?;
        let settlement = &folder.header.settlement;
        let currency = settlement.currency;
        let mut accounts: Accounts = toml::from_str(&text(&self.accounts)?)
            .with_context(|| format!("cannot read {}", self.accounts.display()))
            .or_fail(Exit::Input)?;
        for payee in &mut accounts.payees {
            payee.party = crate::settlement::canonical(&payee.party);
        }
        let threshold: Money = format!("{} {currency}", self.threshold).parse().or_fail(Exit::Usage)?;
        let mut store = Store::open(context)?;
        if !store.journal.stands(settlement.run) {
            let error = anyhow!("run {} is not booked in this home", settlement.run.short());
            return Err(Failure::new(Exit::Usage, error)
                .hint("settle without --dry-run, or name the home with --home"));
        }
        let day = today(context);
        let terms = PayoutTerms { threshold, clawback_cap: self.clawback_cap };
        let paid = payout(&store.journal, &accounts.payees, &terms, currency, day).map_err(|error| {
            let exit =
                if matches!(error, PayoutError::NotCleared { .. }) { Exit::Denied } else { Exit::Usage };
            Failure::new(exit, error).hint("book what was received with `placet ledger receipt`")
        })?;
        if paid.orders.is_empty() {
            context.out.note("nothing is to be paid");
        } else {
            let xml =
                write(&paid, &accounts.payees, &accounts.debtor, context.now, day).or_fail(Exit::Input)?;
            store.book(paid.entry.clone())?;
            // The orders are on the disk before the books say that they were given.
            put(&self.output, &xml, &message_id(&paid))?;
            store.keep()?;
        }
        if context.out.is_json() {
            context.out.json("placet.payout/1", &paid)?;
            return Ok(Exit::Done);
        }
        let mut table = Table::new(&["party", "paid", "kept back", "carried forward"]).right(&[1, 2]);
        for o in &paid.orders {
            let taken = Grains(o.returned.0 + o.recouped.0 + o.tax.0);
            table.row([&o.party, &o.amount.to_string(), &taken.decimal(currency.scale()), ""]);
        }
        for c in &paid.carried {
            let why = match &c.why {
                Why::BelowThreshold => "below the threshold",
                Why::NoPayee => "no account is known",
                Why::Stopped(why) => why,
                Why::NothingLeft => "all of it went to advances or returns",
            };
            table.row([&c.party, "", "", &format!("{} {currency}: {why}", c.due.decimal(currency.scale()))]);
        }
        let mut said = table.to_string();
        for (authority, amount) in &paid.tax {
            said.push_str(&format!("{amount} of tax to be remitted to {}\n", foreign(authority)));
        }
        if !paid.orders.is_empty() {
            said.push_str(&format!("orders in {}\n", foreign(&self.output.display().to_string())));
        }
        context.out.result(&said)?;
        Ok(Exit::Done)
    }
}

/// Writes the orders whole. A file of other orders is never written over: a bank may not have seen it yet.
fn put(path: &Path, xml: &str, id: &str) -> Result<(), Failure> {
    let place = || format!("cannot write {}", path.display());
    if path.exists() && !fs::read_to_string(path).is_ok_and(|there| there.contains(id)) {
        let error = anyhow!("{} is there already and holds other orders", path.display());
        return Err(Failure::new(Exit::Usage, error).hint("name another file with --output"));
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let written = fs::File::create(&partial).and_then(|mut file| {
        file.write_all(xml.as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, path)
    });
    written.with_context(place).or_fail(Exit::Unavailable)
}
