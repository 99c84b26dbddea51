//! `placet check`: what is said about the rights in a file, a site or a page of the web, and what it means for each use.

mod targets;
mod web;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use placet_authorize::{Asking, Decision, Duty, Fact, Flag, Item, Profile, Shadow, decide};
use placet_core::{Evidence, Statement, UseSet, Verdict};
use placet_signals::copy::{Copy, Library, gather};
use placet_signals::site::Reader;
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::{Exit, Failure};

/// Read every rights signal of pages, files and saved sites and say, for each use, what they mean
#[derive(clap::Args)]
#[command(after_help = "\
A URL is fetched, with the files by which its site speaks and the licences and policies that these point to; nothing
else is. robots.txt is obeyed for the agent Placet. Answers are kept in the home folder until they expire, at most a
day. --keep writes what was fetched into a WARC file; `placet check FILE.warc.gz` gives the same answer again, offline.

A folder is read as a mirrored site: its robots.txt, .well-known/tdmrep.json, ai.txt, trust.txt and the licences and
policies they point to speak of every file in it, under the URL that --url gives, or under the folder's name where
that is a host. A response's header is read from PAGE.headers beside PAGE (curl -D). Of a web archive (WARC) every
response is told, with the files of its sites that the archive holds. The exit code is 10 where something is denied.")]
pub(crate) struct Args {
    /// Pages of the web, files, folders of mirrored sites, web archives
    #[arg(required = true, value_name = "URL or FILE")]
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
    /// Snapshot of site records: one folder or robots.txt file per host
    #[arg(long, value_name = "DIR")]
    site_records: Option<PathBuf>,
    #[command(flatten)]
    web: web::WebArgs,
}

/// One thing that was checked.
#[derive(Serialize)]
struct Checked {
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    decisions: Vec<Told>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<String>,
    /// What was not fetched, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_fetched: Vec<String>,
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
        let mut read = Vec::new();
        for path in &self.targets {
            read.push(match path.to_str().filter(|t| t.contains("://")) {
                Some(url) => Target::Page(self.web.visit(context, url)?),
                None => match web::kept_visit(context, path)? {
                    Some(visited) => Target::Page(visited),
                    None => Target::Path(path),
                },
            });
        }
        let at = match &self.at {
            Some(text) => time(text)?,
            // What was kept is answered as of when it was asked, so that the answer is the one that was given then.
            None => read.iter().map(|t| t.asked_at(context.now)).max().unwrap_or(context.now),
        };
        let mut asking = Asking::at(at);
        asking.agents.extend(self.agents.iter().cloned());
        asking.classes = (!self.classes.is_empty()).then(|| self.classes.iter().cloned().collect());
        asking.lawful_access = self.lawful_access;
        let mut items = Vec::new();
        let question = Question { profile: &profile, asking: &asking, uses: self.uses };
        for target in &read {
            match target {
                Target::Page(visited) => items.push(page(visited, &question)?),
                Target::Path(path) => {
                    let mut tell = |checked| items.push(checked);
                    targets::check(path, &self, &question, &mut tell).or_fail(Exit::Input)?;
                }
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
}

/// What a word of the command names.
enum Target<'a> {
    /// A page of the web, with what was fetched for it or kept of it.
    Page(web::Visited),
    /// A file or a folder.
    Path(&'a Path),
}

impl Target<'_> {
    fn asked_at(&self, now: Timestamp) -> Timestamp {
        match self {
            Target::Page(visited) => visited.asked_at,
            Target::Path(_) => now,
        }
    }
}

/// Answers about a page of the web.
fn page(visited: &web::Visited, question: &Question<'_>) -> anyhow::Result<Checked> {
    let mut checked = visited.with_copy(|copy, acquired_at| {
        question.answer(visited.asked.clone(), copy, acquired_at, &mut &*visited)
    })?;
    checked.not_fetched = visited.left_alone().to_vec();
    Ok(checked)
}

/// What is asked about everything.
struct Question<'a> {
    profile: &'a Profile,
    asking: &'a Asking,
    uses: UseSet,
}

impl Question<'_> {
    /// Answers it about one copy. `acquired_at` is absent where only the time of saving is known.
    fn answer<L: Library<Error: Into<anyhow::Error>>>(
        &self,
        name: String,
        copy: &Copy<'_>,
        acquired_at: Option<Timestamp>,
        records: &mut L,
    ) -> anyhow::Result<Checked> {
        let tokens: Vec<&str> = self.asking.agents.iter().map(String::as_str).collect();
        let gathered = gather(copy, Reader { tokens: &tokens, others: true }, records).map_err(Into::into)?;
        let item = Item {
            url: copy.url,
            acquired_at,
            letters: None,
            matched: &[],
            statements: &gathered.statements,
        };
        let spell = |u| spelled(decide(self.profile, self.asking, &item, u), &gathered.statements);
        Ok(Checked {
            item: name,
            url: copy.url.map(str::to_owned),
            decisions: self.uses.iter().map(spell).collect(),
            unreadable: gathered
                .defects
                .iter()
                .map(|d| format!("{}: {}", d.problem.words(), d.text))
                .collect(),
            not_fetched: Vec::new(),
        })
    }
}

/// A day or a time as it is written in a command.
pub(crate) fn time(text: &str) -> Result<Timestamp, Failure> {
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
        let flags: BTreeSet<&str> = first.flags.iter().map(attention).collect();
        for flag in flags {
            let _ = writeln!(text, "    look at it: {flag}");
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
        Shadow::OtherCarrier => "its protocol lets another carrier decide",
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
