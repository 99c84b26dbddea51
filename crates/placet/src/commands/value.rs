//! `placet value report`: the value made with a model in a period, sealed as a statement of its maker.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_log::cbor::Value;
use placet_log::hash::Hash;
use placet_log::leaf::{Document, Leaf};
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::sealed::{Sealed, of_store};
use crate::{Context, Exit, Failure, witnesses};

/// State the value made with a model in a period
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Write a value report and seal it in the log
    Report(Report),
}

#[derive(clap::Args)]
struct Report {
    /// Model and version
    #[arg(long)]
    model: String,
    /// Accounting period, for example 2026-Q3
    #[arg(long)]
    period: String,
    /// Revenue with the model, in major units, for example 1250000.00
    #[arg(long, value_name = "AMOUNT")]
    revenue: String,
    /// Currency, ISO 4217
    #[arg(long, value_name = "CODE")]
    currency: String,
    /// Where the report goes
    #[arg(long, short, value_name = "FILE", default_value = "value-report.json")]
    output: PathBuf,
}

/// The document whose hash is sealed.
#[derive(Serialize)]
struct Stated<'a> {
    schema: &'static str,
    model: &'a str,
    period: &'a str,
    currency: String,
    /// In units of 10^-`scale` of the currency.
    revenue_minor: u64,
    scale: u32,
    stated_at: jiff::Timestamp,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let What::Report(report) = self.what;
        let (revenue_minor, scale) = amount(&report.revenue)?;
        let currency = report.currency.to_uppercase();
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            let error = anyhow::anyhow!(
                "`{}` is no currency; three letters of ISO 4217 are expected",
                report.currency
            );
            return Err(Failure::new(Exit::Usage, error));
        }
        let stated = Stated {
            schema: "placet.value-report/1",
            model: &report.model,
            period: &report.period,
            currency,
            revenue_minor,
            scale,
            stated_at: context.now,
        };
        let bytes = serde_json::to_vec_pretty(&stated).map_err(anyhow::Error::new)?;
        let sealed = Sealed::new(&context.home);
        let mut writer = sealed.writer()?;
        let document = Hash::of(&[&bytes]);
        let fields = vec![
            ("currency".to_owned(), Value::text(&stated.currency)),
            ("model".to_owned(), Value::text(&report.model)),
            ("revenue".to_owned(), Value::Uint(revenue_minor)),
        ];
        let private = sealed.keep_private(writer.size(), document, fields)?.root();
        fs::write(&report.output, &bytes)
            .with_context(|| format!("cannot write {}", report.output.display()))
            .or_fail(Exit::Unavailable)?;
        let leaf = Leaf::Value(Document { period: report.period.clone(), document, private });
        let index = writer.append(&leaf.encode()).map_err(of_store)?;
        let checkpoint = sealed.seal(&mut writer)?;
        witnesses::ask(context, &sealed, &mut writer)?;
        context.out.note(&format!(
            "{} states it; keep it. Its hash is sealed as entry {index}",
            foreign(&report.output.display().to_string())
        ));
        context.out.result(&checkpoint.to_string())?;
        Ok(Exit::Done)
    }
}

/// Digits with at most four behind the point, as a whole number and its scale.
fn amount(text: &str) -> Result<(u64, u32), Failure> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{rest}");
    let plain = !whole.is_empty() && rest.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit());
    let number = if plain { digits.parse().ok() } else { None };
    number.map(|number| (number, rest.len() as u32)).ok_or_else(|| {
        let error =
            anyhow::anyhow!("`{text}` is no amount; digits with at most four behind a point are expected");
        Failure::new(Exit::Usage, error)
    })
}
