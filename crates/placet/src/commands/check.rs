//! `placet check`: what is said about the rights in a file or a site, and what it means for each use.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use placet_authorize::{Asking, Decision, Duty, Fact, Flag, Item, Profile, Shadow, decide};
use placet_core::{Evidence, Statement, UseSet, Verdict};
use placet_signals::{Defect, asset, container, html, licence, locate, onix, plus, tdmrep, xmp};
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::site_records::{Site, SiteRecords, host_of};
use crate::{Exit, Failure};

/// Read every rights signal of files and saved sites and say, for each use, what they mean
#[derive(clap::Args)]
#[command(after_help = "\
A folder is read as a saved site: its robots.txt, .well-known/tdmrep.json, ai.txt and trust.txt speak of every file
in it, under the URL that --url gives. Nothing is fetched. The exit code is 10 where something is denied.")]
pub(crate) struct Args {
    /// Files and folders
    #[arg(required = true, value_name = "FILE")]
    targets: Vec<PathBuf>,
    /// Uses, between commas, or all
    #[arg(long = "use", value_name = "USES", default_value = "all")]
    uses: UseSet,
    /// Profile that says which rules apply and resolves what is unknown
    #[arg(long, value_name = "PROFILE", default_value = "art")]
    profile: String,
    /// As of this day or time (2026-03-01)
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Product token of your crawler; may be repeated
    #[arg(long = "agent", value_name = "TOKEN")]
    agents: Vec<String>,
    /// Class you belong to (commercial, research …); may be repeated
    #[arg(long = "class", value_name = "CLASS")]
    classes: Vec<String>,
    /// You had lawful access to the copies
    #[arg(long)]
    lawful_access: bool,
    /// Where the file was saved from, or where the folder is served
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Snapshot of site records for the host of --url: one folder or robots.txt file per host
    #[arg(long, value_name = "DIR")]
    site_records: Option<PathBuf>,
}

/// Most files of a folder that are read.
const FILES_MAX: usize = 100_000;
/// Most bytes of a file that are read.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// One thing that was checked.
#[derive(Serialize)]
struct Checked {
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    decisions: Vec<Told>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<String>,
}

/// A decision with what it rests on spelled out.
#[derive(Serialize)]
struct Told {
    #[serde(rename = "use")]
    use_: placet_core::Use,
    verdict: Verdict,
    ground: &'static str,
    sentence: &'static str,
    witness: Vec<Heard>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overruled: Vec<Heard>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    duties: Vec<Duty>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flags: Vec<Flag>,
}

/// One statement or rule that was heard.
#[derive(Serialize, Clone, PartialEq)]
struct Heard {
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Shadow>,
}

#[derive(Serialize)]
struct Report<'a> {
    profile: &'a str,
    profile_version: u32,
    at: Timestamp,
    items: Vec<Checked>,
}

impl Args {
    pub(crate) fn run(self, context: &crate::Context) -> Result<Exit, Failure> {
        let profile = Profile::named(&self.profile).or_fail(Exit::Usage)?;
        let mut asking = Asking::at(self.at.as_deref().map_or(Ok(context.now), time)?);
        asking.agents.extend(self.agents.iter().cloned());
        asking.classes = (!self.classes.is_empty()).then(|| self.classes.iter().cloned().collect());
        asking.lawful_access = self.lawful_access;
        let mut records = match &self.site_records {
            Some(folder) => Some(
                SiteRecords::open(folder, self.agents.first().map_or("*", String::as_str))
                    .with_context(|| format!("cannot read {}", folder.display()))
                    .or_fail(Exit::Input)?,
            ),
            None => None,
        };
        let mut items = Vec::new();
        for target in &self.targets {
            if let Some(url) = target.to_str().filter(|t| t.contains("://")) {
                return Err(Failure::new(Exit::Usage, anyhow::anyhow!("{url} would have to be fetched"))
                    .hint(format!("save the page and run: placet check PAGE.html --url {url}")));
            }
            if target.is_dir() {
                let site = Site::read(target, self.agents.first().map_or("*", String::as_str))
                    .with_context(|| format!("cannot read {}", target.display()))
                    .or_fail(Exit::Input)?;
                for file in files(target).or_fail(Exit::Input)? {
                    let url = self.url.as_deref().map(|base| join(base, target, &file));
                    items
                        .push(self.check(&profile, &asking, &file, url, site.as_ref()).or_fail(Exit::Input)?);
                }
            } else {
                let mut host = String::new();
                let site = match (&mut records, self.url.as_deref().and_then(|u| host_of(u, &mut host))) {
                    (Some(records), Some(host)) => records.site(host).or_fail(Exit::Input)?,
                    _ => None,
                };
                items.push(
                    self.check(&profile, &asking, target, self.url.clone(), site).or_fail(Exit::Input)?,
                );
            }
        }
        let denied = items.iter().any(|i| i.decisions.iter().any(|d| d.verdict == Verdict::Denied));
        if context.out.is_json() {
            let report =
                Report { profile: &profile.name, profile_version: profile.version, at: asking.at, items };
            context.out.json("placet.check/1", &report)?;
        } else {
            for item in &items {
                context.out.result(&told(item))?;
            }
        }
        Ok(if denied { Exit::Denied } else { Exit::Done })
    }

    /// Checks one file.
    fn check(
        &self,
        profile: &Profile,
        asking: &Asking,
        path: &Path,
        url: Option<String>,
        site: Option<&Site>,
    ) -> anyhow::Result<Checked> {
        let (mut statements, mut marks, defects) = read(path, url.as_deref())?;
        let mut name = String::new();
        if let (Some(site), Some(url)) = (site, url.as_deref())
            && let Some(host) = host_of(url, &mut name)
        {
            let agents: Vec<&str> = self.agents.iter().map(String::as_str).collect();
            let agents = if agents.is_empty() { vec!["*"] } else { agents };
            let (mut stated, mark) = site.statements(host, &agents, url);
            for s in &mut stated {
                // What is said to everybody is said to an asker without a name too.
                if self.agents.is_empty() && s.protocol == "robots" {
                    s.actors = placet_core::Actors::Anyone;
                }
            }
            statements.append(&mut stated);
            marks.extend(mark);
        }
        statements.extend(tdmrep::statements(&marks, url.as_deref()));
        let item = Item {
            url: url.as_deref(),
            // When a saved page was fetched, nobody knows; what its site says is heard as of the same visit.
            acquired_at: None,
            letters: None,
            matched: &[],
            statements: &statements,
        };
        let decisions =
            self.uses.iter().map(|u| spelled(decide(profile, asking, &item, u), &statements)).collect();
        Ok(Checked {
            item: path.display().to_string(),
            decisions,
            unreadable: defects.iter().map(|d| format!("{}: {}", d.problem.words(), d.text)).collect(),
            url,
        })
    }
}

/// Statements, marks and defects of what one file carries.
type Carried = (Vec<Statement>, Vec<tdmrep::Mark>, Vec<Defect>);

fn read(path: &Path, url: Option<&str>) -> anyhow::Result<Carried> {
    let name = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(name)?;
    let stored_at = file.metadata().and_then(|m| m.modified()).ok().and_then(|t| Timestamp::try_from(t).ok());
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).with_context(name)?;

    let is = |endings: &[&str]| {
        path.extension().is_some_and(|e| endings.iter().any(|x| e.eq_ignore_ascii_case(x)))
    };
    let mut marks = Vec::new();
    let (mut statements, defects) = if is(&["html", "htm", "xhtml"]) {
        let (page, defects) = html::parse(&bytes, url);
        marks.extend(page.tdmrep);
        (page.statements, defects)
    } else if is(&["xmp"]) {
        let (properties, mut defects) = xmp::parse(&bytes);
        let (mut stated, wrong) = plus::in_xmp(&properties);
        stated.extend(plus::words_for_people(&properties));
        let (mark, more) = tdmrep::xmp(&properties);
        marks.extend(mark);
        defects.extend(wrong.into_iter().chain(more));
        (stated, defects)
    } else if container::format_of(&bytes).is_some() {
        let (carried, defects) = asset::parse(&bytes);
        marks.extend(carried.tdmrep);
        (carried.statements, defects)
    } else if is(&["xml", "onix"]) {
        onix::parse(&bytes)
    } else {
        licence::spdx_tags(&bytes)
    };
    let place = url.map_or_else(|| path.display().to_string(), str::to_owned);
    locate(&mut statements, &place, stored_at, &bytes);
    for mark in &mut marks {
        mark.evidence.place.insert_str(0, &place);
        mark.evidence.observed_at = stored_at;
        mark.evidence.blake3 = Some(blake3::hash(&bytes).to_hex().to_string());
    }
    Ok((statements, marks, defects))
}

/// The files of a folder, in order. Links are not followed; the site's own records are no items.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let name = || format!("cannot read {}", folder.display());
        for entry in std::fs::read_dir(&folder).with_context(name)? {
            let entry = entry.with_context(name)?;
            let kind = entry.file_type().with_context(name)?;
            let record = ["robots.txt", "ai.txt", "trust.txt", ".well-known"];
            if record.iter().any(|r| entry.file_name() == *r) {
                continue;
            }
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                anyhow::ensure!(
                    found.len() < FILES_MAX,
                    "{} holds more than {FILES_MAX} files",
                    folder.display()
                );
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The URL of a file in a folder that is served at `base`.
fn join(base: &str, folder: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/");
    let inside = inside.strip_suffix("index.html").unwrap_or(&inside);
    format!("{}/{inside}", base.trim_end_matches('/'))
}

fn time(text: &str) -> Result<Timestamp, Failure> {
    let day = || text.parse::<jiff::civil::Date>().and_then(|d| d.to_zoned(jiff::tz::TimeZone::UTC));
    text.parse::<Timestamp>().or_else(|_| day().map(|z| z.timestamp())).map_err(|_| {
        Failure::new(Exit::Usage, anyhow::anyhow!("`{text}` is no time"))
            .hint("write a day like 2026-03-01, or a time like 2026-03-01T12:00:00Z")
    })
}

fn spelled(decision: Decision, statements: &[Statement]) -> Told {
    let heard = |fact: &Fact, why: Option<Shadow>| {
        let statement = match fact {
            Fact::Statement { index } => statements.get(*index),
            _ => None,
        };
        Heard {
            protocol: statement.map(|s| s.protocol.to_string()),
            says: statement.map(|s| s.verdict),
            evidence: statement.map(|s| s.evidence.clone()),
            rule: match fact {
                Fact::Rule { key } => Some((*key).to_owned()),
                _ => None,
            },
            why,
        }
    };
    Told {
        use_: decision.use_,
        verdict: decision.verdict,
        ground: decision.ground.code(),
        sentence: decision.ground.sentence(),
        witness: decision.witness.iter().map(|f| heard(f, None)).collect(),
        overruled: decision.shadowed.iter().map(|s| heard(&s.what, Some(s.why))).collect(),
        duties: decision.duties,
        flags: decision.flags,
    }
}

/// The result for people: uses with one answer are told together.
fn told(item: &Checked) -> String {
    let mut text = foreign(&item.item).into_owned();
    if let Some(url) = &item.url {
        let _ = write!(text, " ({})", foreign(url));
    }
    text.push('\n');
    let mut left: Vec<&Told> = item.decisions.iter().collect();
    while let Some(first) = left.first().copied() {
        let same = |d: &Told| {
            d.verdict == first.verdict
                && d.ground == first.ground
                && d.witness == first.witness
                && d.overruled == first.overruled
        };
        let uses: UseSet = left.iter().filter(|d| same(d)).map(|d| d.use_).collect();
        left.retain(|d| !same(d));
        let _ = writeln!(text, "  {}: {uses}\n    {}", first.verdict, first.sentence);
        for heard in &first.witness {
            let _ = writeln!(text, "    because {}", words(heard));
        }
        for heard in first.overruled.iter().filter(|h| h.why != Some(Shadow::OtherActor)) {
            let why = heard.why.map_or("", because);
            let _ = writeln!(text, "    heard, and not decisive ({why}): {}", words(heard));
        }
        let mut others: BTreeMap<&str, usize> = BTreeMap::new();
        for heard in first.overruled.iter().filter(|h| h.why == Some(Shadow::OtherActor)) {
            *others.entry(heard.evidence.as_ref().map_or("", |e| &e.place)).or_default() += 1;
        }
        for (place, count) in others {
            let _ = writeln!(text, "    said to others: {count} statements in {}", foreign(place));
        }
        for duty in &first.duties {
            let state = if duty.met { "met" } else { "to be shown" };
            let _ = writeln!(text, "    duty: {} ({state})", foreign(&duty.condition.duty));
        }
        for flag in &first.flags {
            let _ = writeln!(text, "    look at it: {}", attention(flag));
        }
    }
    for defect in &item.unreadable {
        let _ = writeln!(text, "  not readable as its protocol wants: {}", foreign(defect));
    }
    text
}

fn words(heard: &Heard) -> String {
    let (Some(protocol), Some(says), Some(evidence)) = (&heard.protocol, heard.says, &heard.evidence) else {
        return heard.rule.as_ref().map_or_else(String::new, |rule| format!("the profile's rule `{rule}`"));
    };
    let says = match says {
        Verdict::Allowed => "says yes",
        Verdict::Denied => "says no",
        Verdict::Conditional => "says yes under conditions",
        Verdict::Unknown => "says neither yes nor no",
    };
    let line = evidence.line.map_or_else(String::new, |line| format!(" line {line}"));
    let quote = evidence.quote.as_deref().map_or_else(String::new, |q| format!(": {}", foreign(q)));
    format!("{} {says} in {}{line}{quote}", foreign(protocol), foreign(&evidence.place))
}

fn because(why: Shadow) -> &'static str {
    match why {
        Shadow::NotYet => "seen only after the time asked about",
        Shadow::OutOfPeriod => "it does not hold on that day",
        Shadow::OtherTerritory => "it does not hold where the use takes place",
        Shadow::OtherActor => "it speaks to others",
        Shadow::OtherPlace => "the copy comes from another place",
        Shadow::AfterAcquisition => "stated only after the copy was made",
        Shadow::Superseded => "the same place says something newer",
        Shadow::Approximate => "its words mean this use only nearly",
        Shadow::Unproven => "nothing shows that it is the rightsholder's word",
        Shadow::Lifted => "a licence lifts it",
        Shadow::Overridden => "a legal exception holds against it",
        Shadow::Weaker => "something stricter was said",
        Shadow::AlsoSaid => "it says the same",
        Shadow::NotTheirs => "the text is not theirs alone",
        Shadow::DoesNotCount => "too short, or shared by many works",
    }
}

fn attention(flag: &Flag) -> &'static str {
    match flag {
        Flag::MalformedIntent { .. } => "somebody meant to say something and wrote it wrong",
        Flag::HumanOnly { .. } => "there is a reservation in words for people; read it",
        Flag::Conflict { .. } => "two issuers claim the same text",
        Flag::ClaimedCommons { .. } => "somebody claims what is marked as nobody's",
        Flag::MissingHolder { .. } => "the yes of another holder is missing",
        Flag::YesUnproven { .. } => "a yes was found that nothing proves",
    }
}
