//! `placet diversity`: languages, scripts, countries and concentration of scanned corpora.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_disclose::diversity::{Diversity, Part, SCHEMA, report};
use placet_disclose::summary::answers::Data;
use placet_disclose::summary::domains::largest;
use placet_disclose::summary::gather::{Tables, gather};
use placet_disclose::summary::measures;
use placet_disclose::summary::run::Run;

use crate::failure::OrFail as _;
use crate::output::Table;
use crate::{Context, Exit, Failure};

/// Report languages, scripts, countries and concentration of scanned corpora
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folders of finished scans; `placet summary measure` first, for measured languages
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// Count everything that was scanned instead of what the scans kept
    #[arg(long)]
    whole: bool,
    /// Folder for the tables: domains, hosts
    #[arg(long, short, value_name = "FOLDER", default_value = "diversity")]
    output: PathBuf,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let runs: Vec<Run> = self
            .runs
            .iter()
            .map(|folder| Run::open(folder))
            .collect::<Result<_, _>>()
            .or_fail(Exit::Input)?;
        for run in &runs {
            run.evidence("decisions.parquet").or_fail(Exit::Input)?;
        }
        let folder = &self.output;
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))
            .or_fail(Exit::Unavailable)?;
        let tables = Tables::within(folder);
        let data = if self.whole { Data::Whole } else { Data::Cleared };
        let gathered = gather(&runs, &[], data, folder, &tables).or_fail(Exit::Input)?;
        for none in [&tables.crawled_domains, &tables.crawled_hosts] {
            fs::remove_file(none)?;
        }
        let report = report(&gathered, &largest(&tables.domains, 100)?);
        if context.out.is_json() {
            context.out.json(SCHEMA, &report)?;
        } else {
            context.out.result(&shown(&report))?;
        }
        Ok(Exit::Done)
    }
}

fn shown(report: &Diversity) -> String {
    let mut said = format!("{} documents, {} {}\n", report.items, report.volume, report.unit);
    let mut parts = |heading: String, list: &[Part]| {
        said.push_str(&format!("\n{heading}\n"));
        let mut table = Table::new(&["code", "name", "documents", "volume", "share"]).right(&[2, 3, 4]);
        for part in list {
            let share = format!("{}.{} %", part.permille / 10, part.permille % 10);
            table.row([&part.code, &part.name, &part.items.to_string(), &part.volume.to_string(), &share]);
        }
        said.push_str(&table.to_string());
    };
    parts(format!("Languages ({})", report.languages_by), &report.languages);
    if !report.scripts.is_empty() {
        parts("Scripts".to_owned(), &report.scripts);
    }
    parts("Countries, by the top-level domain of the address".to_owned(), &report.countries);
    said.push_str(&format!("without a country in their address: {} documents\n", report.without_country));
    let list = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    said.push_str(&format!("\nOfficial languages of the Union not found: {}\n", list(&report.union_missing)));
    if !report.union_not_known.is_empty() {
        said.push_str(&format!("not known to the detector: {}\n", list(&report.union_not_known)));
    }
    let c = report.concentration;
    let share = |permille: u64| format!("{}.{} %", permille / 10, permille % 10);
    said.push_str(&format!(
        "\nConcentration over {} domains: HHI {} of 10,000; the largest holds {}, the ten largest {}, the hundred largest {}\n",
        c.domains,
        c.hhi,
        share(c.top_1_permille),
        share(c.top_10_permille),
        share(c.top_100_permille),
    ));
    if report.unit == "letters" {
        said.push_str(&format!(
            "Languages are as stated; {} is made by placet summary measure\n",
            measures::FILE
        ));
    }
    said
}
