//! `placet settle`: what the uses of a period earn, for whom and why, and its entry in the journal.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::anyhow;
use jiff::civil::Date;
use placet_remunerate::claim::{ClaimBook, Name};
use placet_remunerate::journal::Booked;
use placet_remunerate::layers::Catalogue;
use placet_remunerate::mandate::Mandates;
use placet_remunerate::pool::{Pool, Value};
use placet_remunerate::resolve::RuleSet;
use placet_remunerate::settle::{Case, Settlement, settle};
use placet_remunerate::tariff::Tariff;
use placet_remunerate::uses::{Standing, Tally};
use placet_remunerate::value::ValueReport;
use placet_remunerate::{Digest, books};
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::journal::{Store, today};
use crate::output::{Table, foreign};
use crate::settlement::{
    Committed, Counting, Found, Licence, RECORD, Sources, claims, closes, commit, each, period, source, text,
    value, write,
};
use crate::{Context, Exit, Failure};

mod explain;

/// Compute what the uses of a period earn, for whom, and book it
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[expect(clippy::struct_excessive_bools, reason = "switches that are independent of one another")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// Folder of a finished scan, or use records as Parquet or JSON lines; can be repeated
    #[arg(long, value_name = "PATH", required = true)]
    uses: Vec<PathBuf>,
    /// The tariff (TOML)
    #[arg(long, value_name = "FILE", required = true)]
    tariff: Option<PathBuf>,
    /// Period, as 2026-Q3 or 2026-07-01/2026-09-30
    #[arg(long, required = true)]
    period: Option<String>,
    /// Claims, as a table (CSV) or JSON lines; the registry's if not given
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// Value reports; without them every statement says that no value was reported
    #[arg(long, value_name = "FILE")]
    value: Vec<PathBuf>,
    /// What the licence says besides: repertoire, works and relations, mandates, rates, disputes (TOML)
    #[arg(long, value_name = "FILE")]
    licence: Option<PathBuf>,
    /// Who pays; the scan's or the licence's licensee if not given
    #[arg(long, value_name = "NAME")]
    licensee: Option<String>,
    /// Model and version that a scan's corpus trained
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Day of a scan's uses; the day of the scan if not given
    #[arg(long, value_name = "DAY")]
    day: Option<Date>,
    /// How often training went through a scan's corpus
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    repetitions: u64,
    /// Count what a scan found in items it refused, too: the whole corpus was used, not the cleared one
    #[arg(long)]
    whole_corpus: bool,
    /// What had been asserted by then counts; everything given, if not said
    #[arg(long, value_name = "TIME")]
    as_of: Option<jiff::Timestamp>,
    /// Take an earlier settlement of the same licensee, tariff and period back, and book this one in its place
    #[arg(long)]
    correct: bool,
    /// Compute without booking
    #[arg(long)]
    dry_run: bool,
    /// Commit its root in the log of the home folder, so that it cannot be exchanged later
    #[arg(long, conflicts_with = "dry_run")]
    log: bool,
    /// Folder for the result
    #[arg(long, short, value_name = "FOLDER", default_value = "settlement")]
    output: PathBuf,
}

#[derive(clap::Subcommand)]
enum What {
    /// Follow every amount of a party back to use records and receipts
    Explain(explain::Args),
}

#[derive(Serialize)]
struct Said<'a> {
    run: Digest,
    root: Digest,
    licensee: &'a str,
    as_of: jiff::Timestamp,
    pools: &'a [Pool],
    lines: usize,
    use_records: u64,
    twice: u64,
    aside: &'a BTreeMap<String, u64>,
    without_grant: u64,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<Committed>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Booked,
    BookedBefore,
    Corrected,
    NotBooked,
}

/// Unreadable records that are named one by one.
const NAMED_MAX: usize = 5;

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        if let Some(What::Explain(args)) = self.what {
            return args.run(context);
        }
        let (Some(tariff_path), Some(days)) = (&self.tariff, &self.period) else {
            return Err(Failure::new(Exit::Usage, anyhow!("a tariff and a period are needed")));
        };
        let terms = text(tariff_path)?;
        let tariff = Tariff::parse(&terms).or_fail(Exit::Input)?;
        let mut licence = Licence::read(self.licence.as_deref())?;
        let period = period(days)?;
        let closes = closes(period)?;
        let counting = Counting {
            model: self.model.clone(),
            repetitions: self.repetitions,
            all: self.whole_corpus,
            day: self.day,
        };
        let sources = self.uses.iter().map(|path| source(path, &counting)).collect::<Result<Vec<_>, _>>()?;
        let scans = sources.iter().filter_map(|s| s.scan.as_ref()?.licensee.clone());
        let licensee =
            self.licensee.clone().or(licence.licensee.take()).or(scans.max()).ok_or_else(|| {
                Failure::new(Exit::Usage, anyhow!("nobody is named who pays"))
                    .hint("name them with --licensee")
            })?;

        let mut aside: BTreeMap<String, u64> = BTreeMap::new();
        let (claims, mandates, catalogue) = self.holdings(context, &mut licence)?;
        let mut tally = Tally::new(&tariff, period, &claims, &catalogue);
        let mut named = 0;
        for source in &sources {
            each(source, |row, found| match found {
                // What cannot count is kept aside by the tally, with its reason.
                Found::Used(record) => drop(tally.add(record)),
                Found::LeftOut => {
                    *aside
                        .entry("found in items that were left out of the cleared corpus: no use".to_owned())
                        .or_default() += 1;
                }
                Found::Unreadable(why) => {
                    *aside.entry("no use record".to_owned()).or_default() += 1;
                    named += 1;
                    if named <= NAMED_MAX {
                        context.out.warn(&format!(
                            "{}, row {row}: {}",
                            foreign(&source.path.display().to_string()),
                            foreign(&why)
                        ));
                    }
                }
            })?;
        }
        let counted = tally.finish();
        for (why, n) in &counted.aside {
            *aside.entry(why.to_string()).or_default() += n;
        }
        let mut reports: Vec<ValueReport> = Vec::new();
        for path in &self.value {
            reports.extend(value(path, &licensee)?);
        }
        let latest = reports.iter().map(|r| r.reported_at).filter(|at| *at <= context.now);
        let close = closes.to_zoned(jiff::tz::TimeZone::UTC).or_fail(Exit::Usage)?.timestamp();
        let as_of = self.as_of.or(latest.chain(claims.latest(context.now)).max()).unwrap_or(close);
        let paid_until: BTreeMap<(Name, Option<Name>), Date> = std::mem::take(&mut licence.paid_until)
            .into_iter()
            .map(|p| ((p.work, p.model), p.until))
            .collect();
        let settled = settle(
            &Case {
                licensee: &licensee,
                period,
                closes,
                tariff: &tariff,
                catalogue: &catalogue,
                claims: &claims,
                mandates: &mandates,
                rules: &licence.rules.clone().unwrap_or_else(RuleSet::plain),
                repertoire: &licence.repertoire,
                paid_until: &paid_until,
                cleared: licence.cleared.as_ref(),
                value: &reports,
                rates: &licence.rates,
                as_of,
            },
            &counted,
        )
        .or_fail(Exit::Input)?;
        drop(claims);
        let from = Sources { sources, tariff: &terms, aside: aside.clone() };
        let written = write(&self.output, &settled, &counted, from)?;
        let state = if self.dry_run {
            written.publish()?;
            State::NotBooked
        } else {
            self.book(context, &settled, written)?
        };
        let logged =
            if self.log { Some(commit(context, &settled, days, &self.output.join(RECORD))?) } else { None };
        let unlicensed = counted.rows.iter().filter(|(k, _)| k.standing == Standing::Unlicensed);
        let said = Said {
            run: settled.run,
            root: settled.root,
            licensee: &licensee,
            as_of,
            pools: &settled.pools,
            lines: settled.lines.len(),
            use_records: counted.records,
            twice: counted.twice,
            aside: &aside,
            without_grant: unlicensed.map(|(_, t)| t.records).sum(),
            state,
            log: logged,
        };
        if context.out.is_json() {
            context.out.json("placet.settle/1", &said)?;
        } else {
            context.out.result(&said.text(&self.output.display().to_string()))?;
        }
        Ok(Exit::Done)
    }

    /// Who holds what: from files, or from the registry.
    fn holdings(
        &self,
        context: &Context,
        licence: &mut Licence,
    ) -> Result<(ClaimBook, Mandates, Catalogue), Failure> {
        let Some(path) = &self.claims else {
            let held = crate::registry::open(context)
                .map_err(|f| f.hint("or give a table of claims with --claims"))?
                .claims(self.as_of.unwrap_or(context.now))?;
            for defect in &held.aside {
                context.out.warn(&foreign(defect));
            }
            return Ok((held.claims, held.mandates, held.catalogue));
        };
        let (claims, odd) = claims(path)?;
        for defect in &odd {
            context.out.warn(&foreign(defect));
        }
        let (claims, odd) = ClaimBook::new(claims, std::mem::take(&mut licence.disputes));
        for defect in &odd {
            context.out.warn(&foreign(&defect.to_string()));
        }
        let (mandates, odd) =
            Mandates::new(std::mem::take(&mut licence.mandates), std::mem::take(&mut licence.reciprocals));
        for defect in &odd {
            context.out.warn(&foreign(&defect.to_string()));
        }
        let works = licence.works.iter().map(|(id, kind)| (id.as_str(), *kind));
        Ok((claims, mandates, Catalogue::new(works, &licence.relations)))
    }

    /// Books it once, and only then lets it stand under its name.
    fn book(
        &self,
        context: &Context,
        settled: &Settlement,
        written: crate::settlement::Written,
    ) -> Result<State, Failure> {
        let mut store = Store::open(context)?;
        if store.journal.stands(settled.run) {
            written.publish()?;
            return Ok(State::BookedBefore);
        }
        let day = today(context);
        let earlier = store.journal.standing(books::subject(settled));
        let back = match earlier {
            None => None,
            Some(run) if self.correct => {
                let memo = format!("corrected by run {}", settled.run);
                Some(store.journal.reversal(run, day, memo).or_fail(Exit::Denied)?)
            }
            Some(run) => {
                let error = anyhow!(
                    "this licensee, tariff and period are settled, as run {}, from other inputs",
                    run.short()
                );
                return Err(Failure::new(Exit::Usage, error).hint(
                    "--correct takes that settlement back and books this one; --dry-run computes only",
                ));
            }
        };
        let corrects = back.is_some();
        if let Some(back) = back {
            store.book(back)?;
        }
        let booked = store.book(books::settlement(settled, day))?;
        // What the books refuse leaves no folder; what is in them has one.
        written.publish()?;
        store.keep()?;
        Ok(match (corrects, booked) {
            (true, _) => State::Corrected,
            (false, Booked::New) => State::Booked,
            (false, Booked::Already) => State::BookedBefore,
        })
    }
}

impl Said<'_> {
    fn text(&self, folder: &str) -> String {
        let mut table =
            Table::new(&["stream", "account", "amount", "works", "use records", "value"]).right(&[2, 3, 4]);
        for p in self.pools {
            let value = match &p.value {
                Value::NotReported { .. } => "not reported",
                Value::Reported { .. } => "reported",
            };
            let model = p.model.as_deref().map(|m| format!(" ({m})")).unwrap_or_default();
            let past = if p.standing == Standing::Past { ", past use" } else { "" };
            table.row([
                &format!("{}{model}{past}", p.stream),
                p.purse.code(),
                &p.amount.to_string(),
                &p.works.to_string(),
                &p.use_records.to_string(),
                value,
            ]);
        }
        let mut said = table.to_string();
        if self.twice > 0 {
            said.push_str(&format!("{} use records came twice and count once\n", self.twice));
        }
        for (why, n) in self.aside {
            said.push_str(&format!("{n} records kept aside: {why}\n"));
        }
        if self.without_grant > 0 {
            said.push_str(&format!(
                "{} use records without a grant: claims, not income\n",
                self.without_grant
            ));
        }
        let state = match self.state {
            State::Booked => "booked",
            State::BookedBefore => "booked before: nothing was booked twice",
            State::Corrected => "booked; the earlier settlement is taken back",
            State::NotBooked => "not booked",
        };
        if let Some(log) = &self.log {
            said.push_str(&format!("its root is entry {} of the log {}\n", log.entry, foreign(&log.log)));
        }
        said.push_str(&format!("run {}, {state}\nlook at {}\n", self.run, foreign(folder)));
        said
    }
}
