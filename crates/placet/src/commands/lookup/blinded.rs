//! `placet lookup ask`, `answer`, `keys`, `open`: a look-up in which the provider does not learn the work.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_log::blind::Blinding;
use placet_log::blinded::{self, About, Opened};
use placet_log::hash::Hash;
use placet_log::policy::Policy;
use serde::{Deserialize, Serialize};

use super::{choose, outer, unanswerable, work_name};
use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::registers::Held;
use crate::sealed::{Sealed, hex, random, write_secret};
use crate::witnesses::replace_durably;
use crate::{Context, Exit, Failure};

#[derive(clap::Subcommand)]
pub(super) enum What {
    /// Asker: blind a work into a question that does not show it
    Ask {
        /// The work
        #[arg(long, value_name = "WORK")]
        work: String,
        /// Where the question goes; beside it, with `.secret`, what opens the answer
        #[arg(long, short, value_name = "FILE", default_value = "question")]
        output: PathBuf,
    },
    /// Provider: answer a blinded question
    Answer(AnswerArgs),
    /// Provider: write the list of a register's blinded keys, the same for all askers
    Keys {
        #[command(flatten)]
        which: Which,
        /// Where the list goes
        #[arg(long, short, value_name = "FILE", default_value = "register.keys")]
        output: PathBuf,
    },
    /// Asker: open the answer with the question's secret and the list of keys
    Open(OpenArgs),
}

#[derive(clap::Args)]
pub(super) struct Which {
    /// Model; needed where the log has registers of several
    #[arg(long)]
    model: Option<String>,
    /// Accounting period; the newest register's if not given
    #[arg(long)]
    period: Option<String>,
}

#[derive(clap::Args)]
pub(super) struct AnswerArgs {
    /// The question
    #[arg(value_name = "QUESTION")]
    question: PathBuf,
    /// Who asks; answers are counted for each
    #[arg(long, value_name = "NAME")]
    requester: String,
    /// Answers for one requester on one day
    #[arg(long, value_name = "NUMBER", default_value = "100")]
    limit: u64,
    #[command(flatten)]
    which: Which,
    /// Where the answer goes
    #[arg(long, short, value_name = "FILE", default_value = "blinded.placet-proof")]
    output: PathBuf,
}

#[derive(clap::Args)]
pub(super) struct OpenArgs {
    /// The answer
    #[arg(value_name = "ANSWER")]
    answer: PathBuf,
    /// The question that was asked; its secret lies beside it
    #[arg(long, value_name = "FILE", default_value = "question")]
    question: PathBuf,
    /// The list of the register's keys
    #[arg(long, value_name = "FILE", default_value = "register.keys")]
    keys: PathBuf,
    /// Trust policy
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
}

const QUESTION: &str = "placet.question/1";
const SECRET: &str = "placet.question-secret/1";

#[derive(Serialize, Deserialize)]
struct Question {
    schema: String,
    element: String,
}

#[derive(Serialize, Deserialize)]
struct Secret {
    schema: String,
    work: String,
    random: [String; 2],
}

/// How often somebody was answered on a day.
#[derive(Serialize, Deserialize)]
struct Answered {
    requester: String,
    day: String,
    count: u64,
}

#[derive(Serialize)]
struct Said {
    work: String,
    /// `present`, `absent` from the committed register, or `cannot be known`.
    answer: &'static str,
    why: Option<String>,
    log: String,
    log_size: u64,
    entry: u64,
    period: String,
    names: u64,
}

impl What {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            What::Ask { work, output } => ask(context, &work_name(&work)?, &output),
            What::Answer(args) => args.run(context),
            What::Keys { which, output } => {
                let bytes = blinded::keys(which.held(context)?.keys()?);
                write(&output, &bytes)?;
                context.out.result(&format!("{}\n", foreign(&output.display().to_string())))?;
                Ok(Exit::Done)
            }
            What::Open(args) => args.run(context),
        }
    }
}

fn ask(context: &Context, work: &str, output: &Path) -> Result<Exit, Failure> {
    let random = [random()?, random()?];
    let element = blinding(work, random)?.element;
    let secret = Secret {
        schema: SECRET.to_owned(),
        work: work.to_owned(),
        random: random.map(|half| Hash(half).to_string()),
    };
    let question = Question { schema: QUESTION.to_owned(), element: Hash(element).to_string() };
    let path = secret_of(output);
    write_secret(&path, &serde_json::to_string(&secret).map_err(anyhow::Error::new)?).map_err(|_| {
        let error = anyhow::anyhow!("cannot write {}, or it is there already", path.display());
        Failure::new(Exit::Input, error)
    })?;
    write(output, &serde_json::to_vec(&question).map_err(anyhow::Error::new)?)?;
    context.out.note(&format!(
        "send {} to the provider; keep {} to yourself",
        output.display(),
        path.display()
    ));
    context.out.result(&format!("{}\n", foreign(&output.display().to_string())))?;
    Ok(Exit::Done)
}

impl Which {
    fn held(&self, context: &Context) -> Result<Held, Failure> {
        let sealed = Sealed::new(&context.home);
        let all = Held::all(sealed.home(), &sealed.reader()?)?;
        choose(all, self.model.as_deref(), self.period.as_deref())
    }
}

impl AnswerArgs {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sealed = Sealed::new(&context.home);
        let question: Question = json(&self.question, "a question")?;
        let element: Hash = question.element.parse().or_fail(Exit::Input)?;
        let reader = sealed.reader()?;
        let held = self.which.held(context)?;
        let (key, salts) = (sealed.blind_key()?, sealed.salts()?);
        let about = About {
            leaf: &held.entry,
            issuers: held.head.issuers.iter().cloned().collect(),
            unnamed: held.head.unnamed.len() as u64,
            fields: held.head.private(&salts).disclose("model").into_iter().collect(),
        };
        let count = counted(context, &self.requester, self.limit)?;
        let answer =
            blinded::answer(&about, &key, &element.0, outer(&reader, held.index)?).or_fail(Exit::Input)?;
        write(&self.output, answer.to_string().as_bytes())?;
        context.out.result(&format!(
            "{} (answer {count} of {} for {} today)\n",
            foreign(&self.output.display().to_string()),
            self.limit,
            foreign(&self.requester)
        ))?;
        Ok(Exit::Done)
    }
}

/// Counts an answer before it is given, durably: who stops the program in between gains nothing.
fn counted(context: &Context, requester: &str, limit: u64) -> Result<u64, Failure> {
    let folder = context.home.join("askers");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
    lock.lock()?;
    let path = folder.join(hex(&Hash::of(&[requester.as_bytes()]).0));
    let day = context.now.to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let before = if path.exists() {
        json::<Answered>(&path, "a count of answers")?
    } else {
        Answered { requester: requester.to_owned(), day: day.clone(), count: 0 }
    };
    let count = if before.day == day { before.count } else { 0 };
    if count >= limit {
        let error = anyhow::anyhow!("{requester} was answered {count} times on {day}; the limit is {limit}");
        return Err(Failure::new(Exit::Unavailable, error).hint("ask again tomorrow"));
    }
    let answered = Answered { requester: requester.to_owned(), day, count: count + 1 };
    replace_durably(&path, &serde_json::to_vec(&answered).map_err(anyhow::Error::new)?)?;
    Ok(answered.count)
}

impl OpenArgs {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let secret: Secret = json(&secret_of(&self.question), "a question's secret")?;
        let [a, b] = &secret.random;
        let halves = [a.parse::<Hash>().or_fail(Exit::Input)?.0, b.parse::<Hash>().or_fail(Exit::Input)?.0];
        let policy = Policy::parse(&read(&self.policy)?).or_fail(Exit::Usage)?;
        let opened = blinded::open(
            &read(&self.answer)?,
            &read(&self.keys)?,
            &policy,
            &blinding(&secret.work, halves)?,
        );
        let opened = opened.map_err(|error| {
            let error = anyhow::Error::new(error).context("NOT PROVEN: the answer does not hold");
            Failure::new(Exit::Denied, error)
        })?;
        let said = Said::of(secret.work, opened);
        if context.out.is_json() {
            context.out.json("placet.lookup-open/1", &said)?;
        } else {
            context.out.result(&said.to_string())?;
        }
        Ok(if said.why.is_some() { Exit::Unavailable } else { Exit::Done })
    }
}

impl Said {
    fn of(work: String, opened: Opened) -> Said {
        let issuers: BTreeSet<String> = opened.issuers.into_iter().collect();
        let why = unanswerable(&issuers, opened.unnamed > 0, opened.present, &work);
        let answer = match (opened.present, &why) {
            (true, _) => "present",
            (false, None) => "absent",
            (false, Some(_)) => "cannot be known",
        };
        Said {
            work,
            answer,
            why,
            log: opened.checkpoint.origin,
            log_size: opened.checkpoint.size,
            entry: opened.index,
            period: opened.register.period,
            names: opened.works,
        }
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Said { entry, log_size, names, .. } = self;
        let work = foreign(&self.work);
        writeln!(f, "PROVEN")?;
        writeln!(f, "  Entry {entry} of the log {} ({log_size} entries) is a register", foreign(&self.log))?;
        writeln!(f, "  for the period {} with {names} names of works.", foreign(&self.period))?;
        match self.answer {
            "present" => writeln!(f, "  {work} is PRESENT in this register.")?,
            _ => writeln!(f, "  {work} is ABSENT from this register.")?,
        }
        writeln!(f, "\nNOT PROVEN")?;
        let line = match (&self.why, self.answer) {
            (Some(why), _) => format!("anything about {work}: it cannot be known: {}", foreign(why)),
            (None, "present") => "which uses: ask openly, placet lookup --work, for the rows".to_owned(),
            (None, _) => {
                "that the work was not used: it is absent from this register, and no more is shown".to_owned()
            }
        };
        writeln!(f, "  - {line}")?;
        writeln!(f, "  - that the register is complete, or that what was sealed is true")
    }
}

fn blinding(work: &str, random: [[u8; 32]; 2]) -> Result<Blinding, Failure> {
    let mut bytes = [0; 64];
    for (to, from) in bytes.iter_mut().zip(random.iter().flatten()) {
        *to = *from;
    }
    Blinding::new(work.as_bytes(), &bytes).or_fail(Exit::Input)
}

fn secret_of(question: &Path) -> PathBuf {
    let mut name = question.as_os_str().to_owned();
    name.push(".secret");
    PathBuf::from(name)
}

fn json<T: for<'a> Deserialize<'a>>(path: &Path, what: &str) -> Result<T, Failure> {
    serde_json::from_slice(&read(path)?)
        .with_context(|| format!("{} is not {what}", path.display()))
        .or_fail(Exit::Input)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes)
        .with_context(|| format!("cannot write {}", path.display()))
        .or_fail(Exit::Unavailable)
}
