//! `placet request`: a question about one's own works, and the provider's answer with proofs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use placet_core::note::Verifier;
use placet_disclose::case::{
    Answer, Body, CaseFolder, OwnWork, Request, Side, Stored, WorkAnswer, WorkFinding, timeline,
};
use placet_match::Pack;
use serde::Serialize;

use super::lookup::{Found, find};
use super::terms::AtArgs;
use crate::cases::{Cases, LetterArgs, OwnWorks, Party, StandingArgs, of_case, told, write_letter};
use crate::failure::OrFail as _;
use crate::output::{Table, foreign};
use crate::sealed::Sealed;
use crate::{Context, Exit, Failure, registry};

/// Ask a provider about your own works, or answer such a request with proofs
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Ask about works of the registry: identifiers and fingerprints, never their text
    New(New),
    /// Answer a request from a sealed register, work by work, each with its proof
    Answer(AnswerArgs),
}

#[derive(clap::Args)]
struct New {
    #[command(flatten)]
    works: OwnWorks,
    /// Who is asked
    #[arg(long, value_name = "NAME")]
    provider: String,
    /// Where the provider is reached
    #[arg(long, value_name = "CONTACT", default_value = "")]
    provider_contact: String,
    /// About which model or service
    #[arg(long)]
    model: Option<String>,
    #[command(flatten)]
    standing: StandingArgs,
    /// Where you are reached
    #[arg(long)]
    contact: Option<String>,
    /// Days to answer
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: u32,
    /// Ask that the request be kept confidential
    #[arg(long)]
    confidential: bool,
    /// Put it into this case [default: a new one]
    #[arg(long, value_name = "NUMBER")]
    case: Option<u32>,
    #[command(flatten)]
    letter: LetterArgs,
    #[command(flatten)]
    at: AtArgs,
}

#[derive(clap::Args)]
struct AnswerArgs {
    /// The folder of the case as you received it
    #[arg(value_name = "REQUEST")]
    request: PathBuf,
    /// Home folder with the log and the registers [default: --home]
    #[arg(long, value_name = "FOLDER")]
    log: Option<PathBuf>,
    /// Packs by which standing is checked; may be repeated
    #[arg(long = "pack", value_name = "PACK")]
    packs: Vec<PathBuf>,
    /// Model whose register answers [default: the one that was asked about]
    #[arg(long)]
    model: Option<String>,
    /// Period whose register answers
    #[arg(long)]
    period: Option<String>,
    /// Where you are reached
    #[arg(long)]
    contact: Option<String>,
    #[command(flatten)]
    at: AtArgs,
}

/// What a command of a case wrote.
#[derive(Serialize)]
pub(crate) struct Written<'a> {
    pub(crate) case: u32,
    pub(crate) folder: &'a std::path::Path,
    pub(crate) file: &'a str,
    pub(crate) sha256: &'a str,
    pub(crate) letters: &'a [PathBuf],
    pub(crate) document: &'a placet_disclose::case::Document,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.what {
            What::New(new) => new.run(context),
            What::Answer(answer) => answer.run(context),
        }
    }
}

impl New {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let registry = registry::open(context)?;
        let works = self.works.read(&registry, context.now)?;
        let party = Party::of(context, Side::Rightsholder, self.contact)?;
        let (number, case) = Cases::of(context).existing_or_new(self.case)?;
        let standing = self.standing.read(&party, &case)?;
        let at = self.at.or(context.now);
        let body = Body::Request(Request {
            to: self.provider,
            contact: self.provider_contact,
            model: self.model,
            works,
            standing,
            confidential: self.confidential,
            days: self.days,
            due: timeline::due(at, self.days),
        });
        let stored = party.append(&case, at, body)?;
        report(context, number, &case, &stored, &self.letter)
    }
}

/// Writes the letter and says what was written.
pub(crate) fn report(
    context: &Context,
    number: u32,
    case: &CaseFolder,
    stored: &Stored,
    letter: &LetterArgs,
) -> Result<Exit, Failure> {
    let papers = write_letter(case, stored, letter)?;
    if context.out.is_json() {
        let written = Written {
            case: number,
            folder: case.path(),
            file: &stored.file,
            sha256: &stored.sha256,
            letters: &papers,
            document: &stored.document,
        };
        context.out.json("placet.case-document/1", &written)?;
    } else {
        context.out.result(&told(number, case, stored, &papers))?;
        let sent = if papers.is_empty() { "the folder" } else { "the letter, and the folder" };
        context.out.note(&format!(
            "Send {sent} of the case: the other side checks it offline with `placet verify`."
        ));
    }
    Ok(Exit::Done)
}

impl AnswerArgs {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let received = CaseFolder::new(&self.request);
        let theirs = received.documents().map_err(of_case)?;
        let cases = Cases::of(context);
        let (number, case) = match cases.same_as(&theirs)? {
            Some(known) => known,
            None => cases.begin()?,
        };
        let party = Party::of(context, Side::Provider, self.contact.clone())?;
        case.receive(&received).map_err(of_case)?;
        let documents = case.documents().map_err(of_case)?;
        let open = documents.iter().rev().find(|s| {
            matches!(s.document.body, Body::Request(_))
                && documents.iter().all(|d| {
                    !matches!(d.document.body, Body::Answer(_)) || d.document.body.about() != Some(&s.sha256)
                })
        });
        let Some((asked, request)) = open.and_then(|s| match &s.document.body {
            Body::Request(request) => Some((s, request)),
            _ => None,
        }) else {
            return Err(Failure::new(
                Exit::Input,
                anyhow::anyhow!("the case holds no request without an answer"),
            ));
        };
        let sealed = Sealed::new(self.log.as_deref().unwrap_or(&context.home));
        let standing = Claims::read(&self.packs, &cases, number)?;
        let model = self.model.as_deref().or(request.model.as_deref());
        let mut works = Vec::new();
        for work in &request.works {
            let mandated = request.standing.mandate.is_some();
            let answer = match standing.objection(&asked.document.by.key, work, mandated) {
                Some((finding, reason)) => WorkAnswer {
                    work: work.id.clone(),
                    finding,
                    looked_up: String::new(),
                    reason,
                    model: String::new(),
                    period: String::new(),
                    proof: None,
                },
                None => self.look_up(&sealed, &case, &asked.document.by.key, work, model)?,
            };
            works.push(answer);
        }
        let policy = sealed.signer().ok().map(|signer| format!("log {}\nquorum none\n", signer.verifier()));
        let policy = policy
            .map(|text| case.keep_bytes("trust.policy", text.as_bytes()).map_err(of_case))
            .transpose()?;
        let not_proven = NOT_PROVEN.iter().map(|line| (*line).to_owned()).collect();
        let body =
            Body::Answer(Answer { to: asked.sha256.clone(), works: works.clone(), policy, not_proven });
        let stored = party.append(&case, self.at.or(context.now), body)?;
        if context.out.is_json() {
            let written = Written {
                case: number,
                folder: case.path(),
                file: &stored.file,
                sha256: &stored.sha256,
                letters: &[],
                document: &stored.document,
            };
            context.out.json("placet.case-document/1", &written)?;
            return Ok(Exit::Done);
        }
        context.out.result(&told(number, &case, &stored, &[]))?;
        let mut table = Table::new(&["work", "answer", "because"]);
        for work in &works {
            table.row([work.work.as_str(), work.finding.words(), &work.reason]);
        }
        context.out.result(&format!("\n{table}"))?;
        context.out.note(&format!(
            "Send the folder back: {}. Each proof is checked offline with `placet verify PROOF --policy POLICY`.",
            foreign(&case.path().to_string_lossy())
        ));
        Ok(Exit::Done)
    }

    /// Looks a work up by each name that it has, and keeps the proof.
    fn look_up(
        &self,
        sealed: &Sealed,
        case: &CaseFolder,
        key: &str,
        work: &OwnWork,
        model: Option<&str>,
    ) -> Result<WorkAnswer, Failure> {
        let issuer = key.parse::<Verifier>().map(|v| v.name().to_owned()).unwrap_or_default();
        let mut names: Vec<String> = vec![format!("{issuer}/{}", work.id)];
        names.extend(work.identifiers.iter().cloned());
        let (mut reasons, mut absent): (BTreeSet<String>, Option<(String, Box<Found>)>) =
            (BTreeSet::new(), None);
        let mut present = None;
        for name in names {
            let Ok(name) = super::lookup::work_name(&name) else { continue };
            match find(sealed, &name, model, self.period.as_deref()) {
                Ok(Found::CannotBeKnown(reason)) => {
                    reasons.insert(reason);
                }
                Ok(found @ Found::Proven { present: true, .. }) => {
                    present = Some((name, Box::new(found)));
                    break;
                }
                Ok(found @ Found::Proven { present: false, .. }) => {
                    absent.get_or_insert((name, Box::new(found)));
                }
                // A model or period without a register is an answer too: it cannot be known.
                Err(failure) => match failure.reason(Exit::Unavailable) {
                    Some(reason) => {
                        reasons.insert(reason.trim_start_matches("cannot be known: ").to_owned());
                    }
                    None => return Err(failure),
                },
            }
        }
        let unknown = |reason: String| WorkAnswer {
            work: work.id.clone(),
            finding: WorkFinding::CannotBeKnown,
            looked_up: String::new(),
            reason,
            model: String::new(),
            period: String::new(),
            proof: None,
        };
        let Some((name, found)) = present.or(absent) else {
            let reasons: Vec<String> = reasons.into_iter().collect();
            return Ok(unknown(reasons.join("; ")));
        };
        let Found::Proven { present, model, period, proof, .. } = *found else {
            return Ok(unknown(String::new()));
        };
        let file = format!("{}.placet-proof", work.id.replace(['/', ':'], "-"));
        Ok(WorkAnswer {
            work: work.id.clone(),
            finding: if present { WorkFinding::Present } else { WorkFinding::Absent },
            looked_up: name,
            reason: String::new(),
            model,
            period,
            proof: Some(case.keep_bytes(&file, proof.as_bytes()).map_err(of_case)?),
        })
    }
}

const NOT_PROVEN: &[&str] = &[
    "that the register is complete: only an audit that opens sealed shards speaks to that",
    "that a work which is absent from the register was not used",
    "that a model was trained with a work which is present: the rows say what a scan found in the sealed corpus",
    "that the log's key belongs to the provider: compare it with the one that the provider publishes",
];

/// Who claims which works, as far as packs and other cases say.
struct Claims {
    /// Issuer's key, and the identifiers and ids of the works.
    packs: Vec<(String, BTreeSet<String>)>,
    /// Key, name and identifiers of who asked in other cases.
    cases: Vec<(String, String, BTreeSet<String>)>,
}

impl Claims {
    fn read(paths: &[PathBuf], cases: &Cases, but: u32) -> Result<Claims, Failure> {
        let mut packs = Vec::new();
        for path in paths {
            let pack = Pack::open(path).or_fail(Exit::Input)?;
            let mut names = BTreeSet::new();
            for number in 0..pack.len() {
                let work = pack.work(number).or_fail(Exit::Input)?.work;
                names.extend(work.identifiers);
                names.insert(format!("id {}", work.id));
            }
            packs.push((pack.manifest().issuer.clone(), names));
        }
        let mut others = Vec::new();
        for number in cases.numbers()?.into_iter().filter(|n| *n != but) {
            let Ok(documents) = cases.existing(number)?.documents() else { continue };
            for stored in documents {
                let names: BTreeSet<String> =
                    stored.document.body.works().iter().flat_map(|w| w.identifiers.iter().cloned()).collect();
                if !names.is_empty() {
                    others.push((stored.document.by.key, stored.document.by.name, names));
                }
            }
        }
        Ok(Claims { packs, cases: others })
    }

    /// Why a request about a work is not answered from the register.
    fn objection(&self, key: &str, work: &OwnWork, mandated: bool) -> Option<(WorkFinding, String)> {
        let shared =
            |names: &BTreeSet<String>| work.identifiers.iter().find(|id| names.contains(*id)).cloned();
        let own_pack = self.packs.iter().any(|(issuer, names)| {
            issuer == key && (shared(names).is_some() || names.contains(&format!("id {}", work.id)))
        });
        if let Some((issuer, id)) = self
            .packs
            .iter()
            .filter(|(issuer, _)| issuer != key)
            .find_map(|(issuer, names)| Some((issuer, shared(names)?)))
        {
            let name = issuer.split('+').next().unwrap_or_default();
            return Some(if own_pack || mandated {
                (
                    WorkFinding::Conflict,
                    format!(
                        "{id} is also claimed by the pack of {name}; neither claim is preferred until the two parties settle it"
                    ),
                )
            } else {
                (
                    WorkFinding::Rejected,
                    format!(
                        "{id} is claimed by the pack of {name}, and the request shows no mandate and no pack of its own"
                    ),
                )
            });
        }
        let (_, other, names) =
            self.cases.iter().find(|(of, _, names)| of != key && shared(names).is_some())?;
        let id = shared(names)?;
        Some((
            WorkFinding::Conflict,
            format!(
                "{id} is also claimed by {other} in another case; neither claim is preferred until the two parties settle it"
            ),
        ))
    }
}
