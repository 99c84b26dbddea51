//! Cases below the home folder, `cases/<number>/`, and the party that writes in them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use placet_core::note::Signer;
use placet_disclose::case::{
    Author, Body, CaseError, CaseFolder, OwnWork, Side, Standing, Stored, papers, timeline,
};
use placet_disclose::letter::Words;
use placet_disclose::typeset::Paper;
use placet_registry::{Registry, WorkEntry, issuer_key, issuer_key_path};

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::pages::{self, Form};
use crate::{Context, Exit, Failure};

/// The cases of a home.
pub(crate) struct Cases {
    folder: PathBuf,
}

impl Cases {
    pub(crate) fn of(context: &Context) -> Cases {
        Cases { folder: context.home.join("cases") }
    }

    /// Numbers of the cases there are, in order.
    pub(crate) fn numbers(&self) -> Result<Vec<u32>, Failure> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                let error =
                    anyhow::Error::new(error).context(format!("cannot read {}", self.folder.display()));
                return Err(Failure::new(Exit::Input, error));
            }
        };
        let mut numbers: Vec<u32> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|n: &u32| *n > 0)
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The folder of a case that is there.
    pub(crate) fn existing(&self, number: u32) -> Result<CaseFolder, Failure> {
        let path = self.folder.join(number.to_string());
        if path.is_dir() {
            return Ok(CaseFolder::new(path));
        }
        let error = anyhow::anyhow!("there is no case {number} in {}", self.folder.display());
        Err(Failure::new(Exit::Usage, error).hint("`placet case list` shows the cases"))
    }

    /// The folder of a new case. It appears with its first document.
    pub(crate) fn begin(&self) -> Result<(u32, CaseFolder), Failure> {
        let number = self.numbers()?.last().copied().unwrap_or(0) + 1;
        Ok((number, CaseFolder::new(self.folder.join(number.to_string()))))
    }

    /// A case by its number, or a new one.
    pub(crate) fn existing_or_new(&self, number: Option<u32>) -> Result<(u32, CaseFolder), Failure> {
        match number {
            Some(number) => Ok((number, self.existing(number)?)),
            None => self.begin(),
        }
    }

    /// The case that begins with the same document as another copy does.
    pub(crate) fn same_as(&self, documents: &[Stored]) -> Result<Option<(u32, CaseFolder)>, Failure> {
        let Some(first) = documents.first() else { return Ok(None) };
        for number in self.numbers()? {
            let folder = self.existing(number)?;
            // A case that does not verify is no reason to refuse another.
            let Ok(mine) = folder.documents() else { continue };
            if mine.first().is_some_and(|s| s.sha256 == first.sha256) {
                return Ok(Some((number, folder)));
            }
        }
        Ok(None)
    }
}

/// Who writes: the key of the home, under the registry's name.
pub(crate) struct Party {
    pub(crate) author: Author,
    pub(crate) signer: Signer,
}

impl Party {
    pub(crate) fn of(context: &Context, side: Side, contact: Option<String>) -> Result<Party, Failure> {
        if !issuer_key_path(&context.home).exists() {
            let error = anyhow::anyhow!("there is no key in {}", context.home.display());
            return Err(Failure::new(Exit::Usage, error)
                .hint("to make a registry and a key: placet init --name \"Your Name\""));
        }
        let signer = issuer_key(&context.home)?;
        let name = match crate::registry::open(context) {
            Ok(registry) => registry.author().to_owned(),
            Err(_) => signer.verifier().name().to_owned(),
        };
        let key = signer.verifier().to_string();
        Ok(Party { author: Author { name, side, key, contact: contact.unwrap_or_default() }, signer })
    }

    /// Writes a document.
    pub(crate) fn append(&self, case: &CaseFolder, at: Timestamp, body: Body) -> Result<Stored, Failure> {
        case.append(self.author.clone(), at, body, &self.signer).map_err(of_case)
    }
}

/// How a failing case ends a command.
pub(crate) fn of_case(error: CaseError) -> Failure {
    let exit = match &error {
        CaseError::Broken { .. } => Exit::Denied,
        CaseError::Write { .. } => Exit::Unavailable,
        _ => Exit::Input,
    };
    let broken = matches!(error, CaseError::Broken { .. });
    let failure = Failure::new(exit, error);
    if broken {
        failure.hint("`placet verify CASE-FOLDER` names everything that does not hold")
    } else {
        failure
    }
}

/// Which works, from the registry.
#[derive(clap::Args)]
pub(crate) struct OwnWorks {
    /// Works by id or identifier, between commas
    #[arg(long = "work", value_name = "ID,…", value_delimiter = ',')]
    works: Vec<String>,
    /// All works of the registry
    #[arg(long, conflicts_with = "works")]
    all: bool,
}

/// Most works in one document.
const WORKS_MAX: usize = 20_000;

impl OwnWorks {
    /// Whether none were named.
    pub(crate) fn is_none(&self) -> bool {
        !self.all && self.works.is_empty()
    }

    /// Reads them. Only what is registered here can be asked about.
    pub(crate) fn read(&self, registry: &Registry, now: Timestamp) -> Result<Vec<OwnWork>, Failure> {
        let mut own = Vec::new();
        if self.all {
            registry.works_at(now, &mut |entry| {
                if own.len() <= WORKS_MAX {
                    own.push(own_work(&entry));
                }
                Ok(())
            })?;
        }
        for id in &self.works {
            let Some(entry) = registry.work(id)? else {
                let error = anyhow::anyhow!(
                    "no work is registered as {id}, and one can only ask about one's own works"
                );
                return Err(Failure::new(Exit::Usage, error)
                    .hint("`placet works list` shows the ids; `placet register` registers a work"));
            };
            own.push(own_work(&entry));
        }
        if own.is_empty() {
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!("no work was named"))
                .hint("name works with --work ID,ID or take --all"));
        }
        if own.len() > WORKS_MAX {
            return Err(Failure::new(
                Exit::Usage,
                anyhow::anyhow!("more than {WORKS_MAX} works in one document"),
            )
            .hint("write several, each with a part of the works"));
        }
        own.sort_by(|a, b| a.id.cmp(&b.id));
        own.dedup_by(|a, b| a.id == b.id);
        Ok(own)
    }
}

fn own_work(entry: &WorkEntry) -> OwnWork {
    let WorkEntry { work, text } = entry;
    let mut fingerprints = Vec::new();
    if let Some(text) = text {
        fingerprints.push(format!("blake3-text:{}", text.hash));
        if let Some(units) = &text.units {
            fingerprints.extend(
                [&units.text, &units.data, &units.instance]
                    .map(|code| format!("iscc:{}", code.strip_prefix("ISCC:").unwrap_or(code))),
            );
        }
    }
    OwnWork {
        id: work.id.clone(),
        title: work.title.clone(),
        credits: work.credits.iter().map(|c| format!("{} ({})", c.name, c.role)).collect(),
        identifiers: work.identifiers.clone(),
        fingerprints,
    }
}

/// For whom, and on what ground.
#[derive(clap::Args)]
pub(crate) struct StandingArgs {
    /// Who holds the rights, where it is not you [default: the name of the registry]
    #[arg(long = "for", value_name = "HOLDER")]
    holder: Option<String>,
    /// The paper that lets you act for the holder; needed with --for
    #[arg(long, value_name = "FILE")]
    mandate: Option<PathBuf>,
    /// What the right rests on, in your words
    #[arg(long, value_name = "TEXT", default_value = "holder of rights in the works, as registered")]
    basis: String,
    /// What you declare; you answer for it
    #[arg(long, value_name = "TEXT", default_value = DECLARATION)]
    declaration: String,
}

const DECLARATION: &str = "I declare in good faith that I hold rights in these works or act for the one who does, \
that I ask about no works of others, and that what is said here is true to the best of my knowledge.";

impl StandingArgs {
    /// Checks that who acts for another shows why.
    pub(crate) fn read(self, party: &Party, case: &CaseFolder) -> Result<Standing, Failure> {
        let holder = self.holder.unwrap_or_else(|| party.author.name.clone());
        let for_another = holder.trim().to_lowercase() != party.author.name.trim().to_lowercase();
        let mandate = match self.mandate {
            Some(path) => Some(case.keep(&path).map_err(of_case)?),
            None if for_another => {
                let error = anyhow::anyhow!("{} acts for {holder} without a mandate", party.author.name);
                return Err(Failure::new(Exit::Usage, error).hint("give the paper with --mandate FILE"));
            }
            None => None,
        };
        Ok(Standing { holder, basis: self.basis, mandate, declaration: self.declaration })
    }
}

/// How a document is sent.
#[derive(clap::Args)]
pub(crate) struct LetterArgs {
    /// Language of the letter: en, fr, de, es, it, pl
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = language)]
    pub(crate) lang: &'static Words,
    /// Postal address of the one who is written to; \n begins a line
    #[arg(long, value_name = "LINES", default_value = "")]
    pub(crate) address: String,
    /// Form of the letter: txt, html, pdf; several between commas
    #[arg(long, value_name = "FORM,…", value_delimiter = ',', default_value = "txt", value_parser = pages::form)]
    pub(crate) form: Vec<Form>,
}

impl LetterArgs {
    /// A letter in English, as text.
    pub(crate) fn plain() -> Result<LetterArgs, Failure> {
        let lang = language("en").map_err(anyhow::Error::msg)?;
        Ok(LetterArgs { lang, address: String::new(), form: vec![Form::Text] })
    }
}

/// Reads the code of a language.
pub(crate) fn language(text: &str) -> Result<&'static Words, String> {
    Words::of(text).ok_or_else(|| {
        let known: Vec<&str> = placet_disclose::letter::LANGUAGES.iter().map(|w| w.code).collect();
        format!("letters are written in {}", known.join(", "))
    })
}

/// Writes the letter of a document into `papers/`, and gives the paths.
pub(crate) fn write_letter(
    case: &CaseFolder,
    stored: &Stored,
    letter: &LetterArgs,
) -> Result<Vec<PathBuf>, Failure> {
    let documents = case.documents().map_err(of_case)?;
    let address = letter.address.replace("\\n", "\n");
    let Some(paper) = papers::paper(letter.lang, &documents, stored, &address) else { return Ok(Vec::new()) };
    let stem = stored.file.trim_end_matches(".json");
    let stem = case.path().join("papers").join(format!("{stem}.{}", letter.lang.code));
    let ident = format!("placet.case-document/1 {} {}", stored.sha256, letter.lang.code);
    write_paper(&paper, &stem, &letter.form, stored.document.at, &ident)
}

/// Writes a document in each form, and gives the paths. `at` and `ident` are its date and what names it for good.
pub(crate) fn write_paper(
    paper: &Paper,
    stem: &Path,
    forms: &[Form],
    at: Timestamp,
    ident: &str,
) -> Result<Vec<PathBuf>, Failure> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for form in forms {
        let path = pages::named(stem, *form);
        if !paths.contains(&path) {
            write(&path, &pages::bytes(paper, *form, at, ident)?)?;
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Writes a file, making its folder.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))
            .or_fail(Exit::Unavailable)?;
    }
    fs::write(path, bytes)
        .with_context(|| format!("cannot write {}", path.display()))
        .or_fail(Exit::Unavailable)
}

/// The document of a case with a number; with a kind where the number alone is not one.
pub(crate) fn by_number(documents: &[Stored], number: u32) -> Result<&Stored, Failure> {
    documents.iter().find(|s| s.document.number == number).ok_or_else(|| {
        Failure::new(Exit::Usage, anyhow::anyhow!("the case holds no document {number}"))
            .hint("`placet case show` lists them")
    })
}

/// What was written, in the lines that every command of a case prints.
pub(crate) fn told(number: u32, case: &CaseFolder, stored: &Stored, papers: &[PathBuf]) -> String {
    let mut out = format!(
        "case      {number} ({})\ndocument  {} {}\nfile      {}\nSHA-256   {}\n",
        foreign(&case.path().to_string_lossy()),
        stored.document.body.kind(),
        stored.document.number,
        foreign(&stored.file),
        stored.sha256
    );
    if let Some(due) = stored.document.body.due() {
        let days = timeline::days_between(timeline::day(stored.document.at), due);
        out.push_str(&format!("answer by {due} ({days} days)\n"));
    }
    for paper in papers {
        out.push_str(&format!("letter    {}\n", foreign(&paper.to_string_lossy())));
    }
    out
}
