//! `placet claims`: who claims what, what does not fit together, and what was decided.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::anyhow;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use placet_core::{Basis, Period, Right, Role, Share, Territory, UseStage};
use placet_registry::{
    ClaimDraft, ClaimEntry, ClaimNotice, Conflict, Decision, Registry, Ruling, WorkEntry, issuer_key, newest,
    party_draft,
};
use placet_remunerate::claim::Dispute;
use placet_remunerate::resolve::{RuleSet, State};
use serde::Serialize;

use super::terms::AtArgs;
use crate::output::{Table, foreign};
use crate::{Context, Exit, Failure, registry};

/// Show, add and decide on claims: who holds which share of which right
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Show the claims in a work, with their sources
    Show {
        /// Its id, or an identifier (isrc:…, iswc:…, isbn:…)
        work: String,
        /// Every version, superseded and ended ones too
        #[arg(long)]
        history: bool,
        #[command(flatten)]
        at: AtArgs,
    },
    /// List rights in works that are over-claimed, disputed or under-claimed
    Conflicts {
        /// As a table, one row for each claim of a conflict
        #[arg(long)]
        csv: bool,
        /// Only these: over-claimed, disputed, under-claimed
        #[arg(long, value_name = "STATE", value_parser = state)]
        state: Option<State>,
        #[command(flatten)]
        at: AtArgs,
    },
    /// Decide on claims in a work, open a dispute about them, or take a decision back
    Resolve {
        /// The work; not needed with --undo
        #[arg(required_unless_present = "undo")]
        work: Option<String>,
        /// The share that a claim shall have, as in c-0123=1/2; may be repeated
        #[arg(long = "share", value_name = "CLAIM=SHARE", value_parser = decided)]
        shares: Vec<(String, Share)>,
        /// Open a dispute about these claims: what they contest is held until a decision
        #[arg(long = "dispute", value_name = "CLAIM", conflicts_with = "shares")]
        dispute: Vec<String>,
        /// Take this decision back
        #[arg(long, value_name = "DECISION", conflicts_with_all = ["shares", "dispute", "work"])]
        undo: Option<String>,
        /// Why; it is kept with the decision
        #[arg(long, required = true)]
        reason: String,
    },
    /// Claim a share in a work
    Add {
        /// Its id, or an identifier
        work: String,
        /// Who claims: an identifier (ipi:…, isni:…), or a name
        #[arg(long)]
        party: String,
        /// The party's name, where --party is an identifier
        #[arg(long)]
        name: Option<String>,
        /// author, composer, translator, adapter, performer, session-musician, dubbing-performer, producer, publisher, …
        #[arg(long)]
        role: Role,
        /// reproduction-training, tdm, making-available-output, performing, mechanical, synchronisation,
        /// neighbouring-performer, neighbouring-producer
        #[arg(long)]
        right: Right,
        /// A fraction (1/3), a percentage (33.33%), unknown, or residual
        #[arg(long)]
        share: Share,
        /// ingest, train, serve, output, or any
        #[arg(long, default_value = "any")]
        stage: UseStage,
        /// world, country codes (DE FR), or `world without US`
        #[arg(long, default_value = "world")]
        territory: Territory,
        /// 2026-01-01/2027-12-31, with .. for an open end
        #[arg(long, default_value = "always")]
        period: Period,
        /// authorship, assignment, licence, mandate, statute, default-rule
        #[arg(long, default_value = "authorship")]
        basis: Basis,
        /// A document that shows it; may be repeated
        #[arg(long, value_name = "TEXT")]
        evidence: Vec<String>,
    },
    /// Record the claims of a table
    Import {
        /// A table with columns for work, party or name, role, right, share
        file: PathBuf,
        /// Meaning of a column, theirs=ours, as in Anteil=share; may be repeated
        #[arg(long = "map", value_name = "THEIRS=OURS", value_parser = mapping)]
        maps: Vec<(String, String)>,
    },
    /// Write the claims as a table
    Export {
        /// Every version, superseded and ended ones too
        #[arg(long)]
        history: bool,
        #[command(flatten)]
        at: AtArgs,
    },
    /// List claims of others that a party has to hear of
    Notices {
        /// An identifier (ipi:…, isni:…), an id, or a name
        #[arg(long)]
        party: String,
        #[command(flatten)]
        at: AtArgs,
    },
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    entry: &'a WorkEntry,
    claims: Vec<&'a ClaimEntry>,
    disputes: Vec<Dispute>,
    decisions: Vec<Decision>,
}

#[derive(Serialize)]
struct Conflicts {
    conflicts: Vec<Conflict>,
}

#[derive(Serialize)]
struct Notices {
    parties: Vec<String>,
    notices: Vec<ClaimNotice>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.what {
            What::Show { work, history, at } => show(context, &work, history, at.or(context.now)),
            What::Conflicts { csv, state, at } => conflicts(context, csv, state, at.or(context.now)),
            What::Resolve { work, shares, dispute, undo, reason } => {
                let mut registry = registry::open(context)?;
                let signer = issuer_key(&context.home).ok();
                let decision = if let Some(undo) = undo {
                    registry.undo(&undo, &reason, signer.as_ref(), context.now)?
                } else {
                    if shares.is_empty() && dispute.is_empty() {
                        return Err(Failure::new(Exit::Usage, anyhow!("there is nothing to decide")).hint(
                            "set shares with --share CLAIM=SHARE, or open a dispute with --dispute CLAIM",
                        ));
                    }
                    let work = work_id(&registry, work.as_deref().unwrap_or_default())?;
                    let ruling = Ruling { reason: &reason, shares: &shares, dispute: &dispute };
                    registry.decide(&work, &ruling, signer.as_ref(), context.now)?
                };
                say_decision(context, &decision)
            }
            What::Add {
                work,
                party,
                name,
                role,
                right,
                share,
                stage,
                territory,
                period,
                basis,
                evidence,
            } => {
                let mut registry = registry::open(context)?;
                let work = work_id(&registry, &work)?;
                let party = party_draft(&party, name.as_deref());
                let draft = ClaimDraft {
                    party,
                    role,
                    right,
                    stage,
                    territory,
                    period,
                    share,
                    basis,
                    evidence,
                    place: None,
                };
                let counts = registry.claim(&work, &[draft], context.now)?;
                if context.out.is_json() {
                    context.out.json("placet.claims-recorded/1", &counts)?;
                } else {
                    let said = match (counts.new, counts.changed) {
                        (1, _) => "claimed",
                        (_, 1) => "claimed anew; the earlier claim is superseded",
                        _ => "stands already",
                    };
                    context.out.result(&foreign(&format!("{work}: {right} {share} {said}")))?;
                }
                Ok(Exit::Done)
            }
            What::Import { file, maps } => {
                let mut registry = registry::open(context)?;
                let mapping: BTreeMap<String, String> = maps.into_iter().collect();
                let done = registry.import_claims(&file, &mapping, context.now)?;
                if context.out.is_json() {
                    context.out.json("placet.claims-imported/1", &done)?;
                    return Ok(Exit::Done);
                }
                let c = done.claims;
                let mut text =
                    format!("claims: {} new, {} changed, {} unchanged\n", c.new, c.changed, c.unchanged);
                if done.aside_count > 0 {
                    let _ = writeln!(text, "set aside: {}", done.aside_count);
                }
                for aside in done.aside.iter().take(SHOWN_MAX) {
                    let line = aside.line.map(|line| format!("line {line}: ")).unwrap_or_default();
                    let _ = writeln!(text, "  {line}{}", foreign(&aside.reason));
                }
                context.out.result(&text)?;
                Ok(Exit::Done)
            }
            What::Export { history, at } => {
                let registry = registry::open(context)?;
                let mut table = Vec::new();
                let count = registry.export_claims(at.or(context.now), history, &mut table)?;
                context.out.result(String::from_utf8_lossy(&table).trim_end_matches('\n'))?;
                context.out.note(&format!("claims: {count}"));
                Ok(Exit::Done)
            }
            What::Notices { party, at } => notices(context, &party, at.or(context.now)),
        }
    }
}

/// Rows that a person is shown; `--json` lists more.
const SHOWN_MAX: usize = 20;

fn work_id(registry: &Registry, called: &str) -> Result<String, Failure> {
    Ok(work(registry, called)?.work.id)
}

fn work(registry: &Registry, called: &str) -> Result<WorkEntry, Failure> {
    registry.work(called)?.ok_or_else(|| {
        Failure::new(Exit::Usage, anyhow!("no work is registered as {called}"))
            .hint("`placet works list` shows the ids")
    })
}

fn show(context: &Context, called: &str, history: bool, at: Timestamp) -> Result<Exit, Failure> {
    let registry = registry::open(context)?;
    let entry = work(&registry, called)?;
    let id = &entry.work.id;
    let all = registry.claims_in(id, at)?;
    let claims: Vec<&ClaimEntry> = if history { all.iter().collect() } else { newest(&all) };
    let mut disputes = registry.disputes_at(at)?;
    disputes.retain(|d| *d.work == **id);
    let mut decisions = registry.decisions_at(at)?;
    decisions.retain(|d| d.work == *id);
    if context.out.is_json() {
        context.out.json("placet.claims/1", &Shown { entry: &entry, claims, disputes, decisions })?;
        return Ok(Exit::Done);
    }
    let mut text = format!("{} \"{}\" ({})\n", foreign(id), foreign(&entry.work.title), entry.work.kind);
    if claims.is_empty() {
        text.push_str("Nobody has claimed a share in it. That says nothing about who holds one.\n");
    } else {
        let head = ["claim", "party", "role", "right", "stage", "territory", "period", "share", "source"];
        let mut table = Table::new(&head);
        for e in &claims {
            let c = &e.claim;
            let ended = if e.ended { " (ended)" } else { "" };
            let place: Vec<&str> = [&e.source.standard, &e.source.file, &e.source.place]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect();
            let place = if place.is_empty() { e.source.origin.clone() } else { place.join(", ") };
            table.row([
                c.id.clone(),
                format!("{} ({})", e.name, c.party),
                c.role.to_string(),
                c.right.to_string(),
                c.stage.to_string(),
                c.territory.to_string(),
                format!("{}{ended}", c.period),
                c.share.to_string(),
                place,
            ]);
        }
        text.push_str(&table.to_string());
    }
    for d in &disputes {
        let state = d.closed_at.map_or_else(|| "open".to_owned(), |end| format!("closed {}", date(end)));
        let claims: Vec<&str> = d.claims.iter().map(|c| &**c).collect();
        let _ =
            writeln!(text, "\ncase {} opened {}, {state}: {}", d.case, date(d.opened_at), claims.join(", "));
    }
    for d in &decisions {
        let _ = writeln!(
            text,
            "\ndecision {} of {} by {}: {}",
            d.id,
            date(d.at),
            foreign(&d.author),
            foreign(&d.reason)
        );
        for s in &d.shares {
            let _ = writeln!(text, "  {} from {} to {}, now {}", s.claim, s.from, s.to, s.by);
        }
    }
    context.out.result(text.trim_end())?;
    Ok(Exit::Done)
}

fn conflicts(context: &Context, csv: bool, only: Option<State>, at: Timestamp) -> Result<Exit, Failure> {
    let registry = registry::open(context)?;
    let day = at.to_zoned(TimeZone::UTC).date();
    let mut found = registry.conflicts(&RuleSet::plain(), day, at)?;
    found.retain(|c| only.is_none_or(|state| c.state == state));
    if context.out.is_json() {
        context.out.json("placet.conflicts/1", &Conflicts { conflicts: found })?;
        return Ok(Exit::Done);
    }
    if csv {
        let mut rows = vec![
            [
                "work",
                "title",
                "right",
                "stage",
                "territory",
                "state",
                "stated",
                "contested",
                "unclaimed",
                "claim",
                "party",
                "role",
                "share",
                "safe",
            ]
            .join(","),
        ];
        for c in &found {
            for claim in &c.claims {
                let cells = [
                    &c.work,
                    &c.title,
                    c.right.code(),
                    c.stage.code(),
                    &c.territory.to_string(),
                    word(c.state),
                    &c.stated,
                    &c.contested,
                    &c.unclaimed,
                    &claim.id,
                    &claim.party,
                    claim.role.code(),
                    &claim.share.to_string(),
                    &claim.safe,
                ];
                rows.push(cells.map(cell).join(","));
            }
        }
        context.out.result(&rows.join("\n"))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&[
        "work",
        "title",
        "right",
        "territory",
        "state",
        "stated",
        "contested",
        "unclaimed",
        "claims",
    ]);
    for c in &found {
        table.row([
            c.work.clone(),
            c.title.chars().take(32).collect(),
            c.right.to_string(),
            c.territory.to_string(),
            word(c.state).to_owned(),
            c.stated.clone(),
            c.contested.clone(),
            c.unclaimed.clone(),
            c.claims.len().to_string(),
        ]);
    }
    context.out.result(&table.to_string())?;
    let count = |state: State| found.iter().filter(|c| c.state == state).count();
    context.out.note(&format!(
        "{} over-claimed, {} disputed, {} under-claimed. Only the contested part is held; what nobody claims is not free.",
        count(State::OverClaimed),
        count(State::Disputed),
        count(State::UnderClaimed)
    ));
    Ok(Exit::Done)
}

fn notices(context: &Context, called: &str, at: Timestamp) -> Result<Exit, Failure> {
    let registry = registry::open(context)?;
    let parties = registry.parties_called(called)?;
    if parties.is_empty() {
        return Err(Failure::new(Exit::Usage, anyhow!("no party is known as {called}"))
            .hint("write an identifier (ipi:…, isni:…) or the name as it was registered"));
    }
    let mut found = Vec::new();
    for party in &parties {
        found.extend(registry.notices(&party.id, &RuleSet::plain(), at)?);
    }
    if context.out.is_json() {
        let parties = parties.into_iter().map(|p| p.id).collect();
        context.out.json("placet.notices/1", &Notices { parties, notices: found })?;
        return Ok(Exit::Done);
    }
    let mut table =
        Table::new(&["on", "work", "title", "by", "role", "right", "share", "then", "your share"]);
    for n in &found {
        table.row([
            date(n.at),
            n.work.clone(),
            n.title.chars().take(32).collect(),
            format!("{} ({})", n.name, n.claimant),
            n.role.to_string(),
            n.right.to_string(),
            n.share.to_string(),
            word(n.state).to_owned(),
            if n.touches { "contested".to_owned() } else { "not touched".to_owned() },
        ]);
    }
    context.out.result(&table.to_string())?;
    context.out.note(&format!("notices: {}", found.len()));
    Ok(Exit::Done)
}

fn say_decision(context: &Context, decision: &Decision) -> Result<Exit, Failure> {
    if context.out.is_json() {
        context.out.json("placet.decision/1", decision)?;
        return Ok(Exit::Done);
    }
    let signed = if decision.note.is_some() { ", signed" } else { "" };
    let mut text = format!("{}: decided by {}{signed}\n", decision.id, foreign(&decision.author));
    for s in &decision.shares {
        let _ = writeln!(text, "{} from {} to {}, now {}", s.claim, s.from, s.to, s.by);
    }
    for case in &decision.opens {
        let _ = writeln!(text, "case {case} is open");
    }
    for case in &decision.closes {
        let _ = writeln!(text, "case {case} is closed");
    }
    let _ = writeln!(text, "`placet claims resolve --undo {} --reason …` takes it back", decision.id);
    context.out.result(text.trim_end())?;
    Ok(Exit::Done)
}

fn word(state: State) -> &'static str {
    match state {
        State::Resolved => "resolved",
        State::UnderClaimed => "under-claimed",
        State::OverClaimed => "over-claimed",
        State::Disputed => "disputed",
    }
}

fn state(text: &str) -> Result<State, String> {
    [State::OverClaimed, State::Disputed, State::UnderClaimed]
        .into_iter()
        .find(|s| word(*s) == text)
        .ok_or_else(|| "write over-claimed, disputed or under-claimed".to_owned())
}

fn decided(text: &str) -> Result<(String, Share), String> {
    let (claim, share) = text.split_once('=').ok_or("write CLAIM=SHARE, as in c-0123=1/2")?;
    Ok((claim.to_owned(), share.parse().map_err(|error: placet_core::RatioError| error.to_string())?))
}

fn mapping(text: &str) -> Result<(String, String), String> {
    let (theirs, ours) = text.rsplit_once('=').ok_or("write theirs=ours, as in Anteil=share")?;
    if !placet_registry::CLAIM_COLUMNS.contains(&ours.trim().to_lowercase().as_str()) {
        return Err(format!(
            "`{ours}` is no column of a claim; they are {}",
            placet_registry::CLAIM_COLUMNS.join(", ")
        ));
    }
    Ok((theirs.to_owned(), ours.to_owned()))
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// A cell of a table with commas; one that a spreadsheet would run as a formula gets an apostrophe.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
