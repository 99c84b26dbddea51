//! `placet case`: what stands in a case, what is due, and what is put on record.

use std::path::PathBuf;

use placet_disclose::case::{
    Body, CaseFolder, Clock, Followup, Rebuttal, Receipt, Remark, Reply, Side, Silence, Status, Stored,
    clocks, timeline,
};
use serde::Serialize;

use super::request::report;
use super::terms::AtArgs;
use crate::cases::{Cases, LetterArgs, Party, by_number, of_case};
use crate::output::{Table, foreign};
use crate::{Context, Exit, Failure};

/// List and show cases, take over the other side's documents, and put facts on record
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// List cases with what is due, as of a day
    List(AtArgs),
    /// Show a case: its documents and its clocks, as of a day
    Show {
        /// Number of the case
        #[arg(value_name = "CASE")]
        case: u32,
        #[command(flatten)]
        at: AtArgs,
    },
    /// Put something on record
    Record(Record),
}

#[derive(clap::Args)]
struct Record {
    /// Number of the case
    #[arg(value_name = "CASE")]
    case: u32,
    #[command(subcommand)]
    what: RecordWhat,
}

#[derive(clap::Subcommand)]
enum RecordWhat {
    /// The fact that a question has no answer after its last day
    Silence(AtArgs),
    /// A reminder of what has no answer, as document and letter
    Followup {
        /// Days to answer now
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=3660))]
        days: u32,
        /// What it says beside the letter's words
        #[arg(long, default_value = "")]
        text: String,
        #[command(flatten)]
        letter: LetterArgs,
        #[command(flatten)]
        at: AtArgs,
    },
    /// That a document was received; stops no clock
    Receipt {
        /// Number of the document
        #[arg(long, value_name = "N")]
        to: u32,
        /// As the provider
        #[arg(long)]
        as_provider: bool,
        #[command(flatten)]
        at: AtArgs,
    },
    /// A reply to a complaint or another document, as the provider
    Reply {
        /// Number of the document
        #[arg(long, value_name = "N")]
        to: u32,
        /// What it says
        #[arg(long)]
        text: String,
        #[command(flatten)]
        at: AtArgs,
    },
    /// Something that speaks against evidence; either side may
    Rebuttal {
        /// Number of the document
        #[arg(long, value_name = "N")]
        to: u32,
        /// What it says
        #[arg(long)]
        text: String,
        /// What it rests on; may be repeated
        #[arg(long = "file", value_name = "FILE")]
        files: Vec<PathBuf>,
        /// As the provider
        #[arg(long)]
        as_provider: bool,
        #[command(flatten)]
        at: AtArgs,
    },
    /// Words, with files where there are any
    Remark {
        /// What it says
        #[arg(long)]
        text: String,
        /// Files; may be repeated
        #[arg(long = "file", value_name = "FILE")]
        files: Vec<PathBuf>,
        /// As the provider
        #[arg(long)]
        as_provider: bool,
        #[command(flatten)]
        at: AtArgs,
    },
    /// What the other side added: its copy of the case folder
    Received {
        /// The folder
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

#[derive(Serialize)]
struct Listed {
    cases: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    case: u32,
    with: String,
    documents: usize,
    clocks: Vec<Clock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

#[derive(Serialize)]
struct Shown<'a> {
    case: u32,
    folder: &'a std::path::Path,
    at: jiff::Timestamp,
    documents: Vec<Line<'a>>,
    clocks: Vec<Clock>,
    conflicts: Vec<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    sha256: &'a str,
    #[serde(flatten)]
    document: &'a placet_disclose::case::Document,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.what {
            What::List(at) => list(context, &at),
            What::Show { case, at } => show(context, case, &at),
            What::Record(record) => record.run(context),
        }
    }
}

fn list(context: &Context, at: &AtArgs) -> Result<Exit, Failure> {
    let cases = Cases::of(context);
    let at = at.or(context.now);
    let mut rows = Vec::new();
    for case in cases.numbers()? {
        // A case that does not verify is listed with its fault, so that the others still are.
        rows.push(match cases.existing(case)?.documents() {
            Ok(documents) => Row {
                case,
                with: other_side(&documents),
                documents: documents.len(),
                clocks: clocks(&documents, at),
                fault: None,
            },
            Err(error) => Row {
                case,
                with: String::new(),
                documents: 0,
                clocks: Vec::new(),
                fault: Some(error.to_string()),
            },
        });
    }
    if context.out.is_json() {
        context.out.json("placet.cases/1", &Listed { cases: rows })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["case", "with", "documents", "state"]).right(&[0, 2]);
    for row in &rows {
        let state = match (&row.fault, row.clocks.last()) {
            (Some(fault), _) => format!("does not verify: {fault}"),
            (None, Some(clock)) => format!("{} {}: {}", clock.kind, clock.number, clock.words()),
            (None, None) => "nothing asked".to_owned(),
        };
        table.row([row.case.to_string(), row.with.clone(), row.documents.to_string(), state]);
    }
    context.out.result(&table.to_string())?;
    Ok(Exit::Done)
}

fn other_side(documents: &[Stored]) -> String {
    documents
        .iter()
        .find_map(|s| match &s.document.body {
            Body::Request(r) => Some(r.to.clone()),
            Body::Complaint(c) => Some(c.to.clone()),
            _ => None,
        })
        .unwrap_or_default()
}

fn show(context: &Context, case: u32, at: &AtArgs) -> Result<Exit, Failure> {
    let cases = Cases::of(context);
    let folder = cases.existing(case)?;
    let at = at.or(context.now);
    let mut documents = folder.documents().map_err(of_case)?;
    documents.retain(|s| s.document.at <= at);
    let clocks = clocks(&documents, at);
    let conflicts = conflicts(&cases, case, &documents)?;
    if context.out.is_json() {
        let shown = Shown {
            case,
            folder: folder.path(),
            at,
            documents: documents
                .iter()
                .map(|s| Line { file: &s.file, sha256: &s.sha256, document: &s.document })
                .collect(),
            clocks,
            conflicts,
        };
        context.out.json("placet.case/1", &shown)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["no", "date", "kind", "by", "what"]).right(&[0]);
    for Stored { document, .. } in &documents {
        table.row([
            document.number.to_string(),
            timeline::day(document.at).to_string(),
            document.body.kind().to_owned(),
            document.by.name.clone(),
            what(&document.body),
        ]);
    }
    let mut out = format!(
        "case {case} as of {} ({})\n\n{table}",
        timeline::day(at),
        foreign(&folder.path().to_string_lossy())
    );
    if !clocks.is_empty() {
        out.push('\n');
    }
    for clock in &clocks {
        out.push_str(&format!("{} {}: {}\n", clock.kind, clock.number, clock.words()));
    }
    for conflict in &conflicts {
        out.push_str(&format!("conflict: {}\n", foreign(conflict)));
    }
    context.out.result(&out)?;
    if clocks.iter().any(|c| matches!(c.status, Status::Silent { .. })) {
        context.out.note(&format!("To put the silence on record: placet case record {case} silence"));
    }
    Ok(Exit::Done)
}

/// Works of this case that somebody with another key claims in another case.
fn conflicts(cases: &Cases, but: u32, documents: &[Stored]) -> Result<Vec<String>, Failure> {
    let mut found = std::collections::BTreeSet::new();
    for other in cases.numbers()?.into_iter().filter(|n| *n != but) {
        let Ok(theirs) = cases.existing(other)?.documents() else { continue };
        for (mine, stored) in documents.iter().flat_map(|m| theirs.iter().map(move |t| (m, t))) {
            if mine.document.by.key == stored.document.by.key {
                continue;
            }
            for work in mine.document.body.works() {
                let same =
                    |id: &&String| stored.document.body.works().iter().any(|w| w.identifiers.contains(id));
                if let Some(id) = work.identifiers.iter().find(same) {
                    found.insert(format!(
                        "{id} is claimed by {} here and by {} in case {other}; neither claim is preferred",
                        mine.document.by.name, stored.document.by.name
                    ));
                }
            }
        }
    }
    Ok(found.into_iter().collect())
}

fn what(body: &Body) -> String {
    let short = |text: &str| {
        let line = text.lines().next().unwrap_or_default();
        if line.chars().count() > 60 {
            line.chars().take(59).chain(['…']).collect()
        } else {
            line.to_owned()
        }
    };
    match body {
        Body::Request(r) => {
            let works = crate::sealed::count(r.works.len() as u64, "work", "works");
            format!("{works}, to {}, due {}", short(&r.to), r.due)
        }
        Body::Answer(a) => {
            let mut kinds: Vec<&str> = a.works.iter().map(|w| w.finding.words()).collect();
            kinds.sort_unstable();
            kinds.dedup();
            kinds.join("; ")
        }
        Body::Complaint(c) => format!("to {}, due {}", short(&c.to), c.due),
        Body::Reply(r) => short(&r.text),
        Body::Receipt(r) => format!("received on {}", r.received),
        Body::Followup(f) => format!("{} days late, now due {}", f.days_late, f.due),
        Body::Silence(s) => format!("no answer {} days after {}", s.days, s.due),
        Body::Evidence(e) => format!("grade {}: {}", e.graded.grade.code(), short(&e.title)),
        Body::Rebuttal(r) => short(&r.text),
        Body::Remark(r) => short(&r.text),
    }
}

impl Record {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let case = Cases::of(context).existing(self.case)?;
        let documents = case.documents().map_err(of_case)?;
        let plain = LetterArgs::plain()?;
        let side = |as_provider: bool| if as_provider { Side::Provider } else { Side::Rightsholder };
        let (side, at, body, letter) = match self.what {
            RecordWhat::Silence(at) => {
                let at = at.or(context.now);
                let (clock, days) = silent(&documents, at)?;
                let as_of = timeline::day(at);
                let body = Body::Silence(Silence { to: clock.document, due: clock.due, as_of, days });
                (Side::Rightsholder, at, body, plain)
            }
            RecordWhat::Followup { days, text, letter, at } => {
                let at = at.or(context.now);
                let (clock, late) = silent(&documents, at)?;
                let due = timeline::due(at, days);
                let body = Body::Followup(Followup { to: clock.document, days_late: late, text, due });
                (Side::Rightsholder, at, body, letter)
            }
            RecordWhat::Receipt { to, as_provider, at } => {
                let (at, to) = (at.or(context.now), by_number(&documents, to)?.sha256.clone());
                (side(as_provider), at, Body::Receipt(Receipt { to, received: timeline::day(at) }), plain)
            }
            RecordWhat::Reply { to, text, at } => {
                let to = by_number(&documents, to)?.sha256.clone();
                (Side::Provider, at.or(context.now), Body::Reply(Reply { to, text }), plain)
            }
            RecordWhat::Rebuttal { to, text, files, as_provider, at } => {
                let to = by_number(&documents, to)?.sha256.clone();
                let files = kept(&case, &files)?;
                (side(as_provider), at.or(context.now), Body::Rebuttal(Rebuttal { to, text, files }), plain)
            }
            RecordWhat::Remark { text, files, as_provider, at } => {
                let files = kept(&case, &files)?;
                (side(as_provider), at.or(context.now), Body::Remark(Remark { text, files }), plain)
            }
            RecordWhat::Received { folder } => return received(context, self.case, &case, folder),
        };
        let party = Party::of(context, side, None)?;
        let stored = party.append(&case, at, body)?;
        report(context, self.case, &case, &stored, &letter)
    }
}

fn kept(case: &CaseFolder, files: &[PathBuf]) -> Result<Vec<placet_disclose::case::Attachment>, Failure> {
    files.iter().map(|path| case.keep(path).map_err(of_case)).collect()
}

/// The newest question without an answer after its last day.
fn silent(documents: &[Stored], at: jiff::Timestamp) -> Result<(Clock, u32), Failure> {
    let clocks = clocks(documents, at);
    let waiting = clocks.iter().rev().find(|c| matches!(c.status, Status::Waiting { .. })).map(Clock::words);
    clocks
        .into_iter()
        .rev()
        .find_map(|clock| match clock.status {
            Status::Silent { days } => Some((clock, days)),
            _ => None,
        })
        .ok_or_else(|| {
            let state = waiting.unwrap_or_else(|| "nothing is without an answer".to_owned());
            Failure::new(Exit::Usage, anyhow::anyhow!("there is no silence to record: {state}"))
                .hint("`placet case show` lists what is due; --at names another day")
        })
}

fn received(context: &Context, number: u32, case: &CaseFolder, folder: PathBuf) -> Result<Exit, Failure> {
    let taken = case.receive(&CaseFolder::new(folder)).map_err(of_case)?;
    if context.out.is_json() {
        #[derive(Serialize)]
        struct Taken {
            case: u32,
            taken: Vec<String>,
        }
        context.out.json("placet.case-received/1", &Taken { case: number, taken })?;
        return Ok(Exit::Done);
    }
    if taken.is_empty() {
        context.out.result("nothing new")?;
    }
    for file in taken {
        context.out.result(&foreign(&file))?;
    }
    Ok(Exit::Done)
}
