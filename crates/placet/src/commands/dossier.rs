//! `placet dossier`: the facts of a case in one document that can be filed, and its machine-readable twin.

use std::path::PathBuf;

use anyhow::Context as _;
use placet_core::note;
use placet_disclose::case::Side;
use placet_disclose::case::folder::sha256;
use placet_disclose::dossier::{Dossier, JURISDICTIONS, Jurisdiction, SCHEMA, build};

use super::terms::AtArgs;
use crate::cases::{Cases, Party, of_case, write};
use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::pages::{self, Form};
use crate::{Context, Exit, Failure};

/// Make the dossier of a case: facts in order of time with source, hash, grade and how to check each
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Make it as text, web page or PDF by the name of the file, with dossier.json and its signature beside
    Build(Build),
    /// List jurisdiction profiles and how their texts stand
    Profiles,
}

#[derive(clap::Args)]
struct Build {
    /// The case
    #[arg(long, value_name = "NUMBER")]
    case: u32,
    /// Jurisdiction: fr-ppl220, eu, de, us, us-ca, or a file of your own
    #[arg(long, value_name = "PROFILE")]
    profile: String,
    /// File to write: its name ends in .txt, .html or .pdf
    #[arg(long, short, value_name = "FILE", default_value = "dossier.txt", value_parser = pages::document)]
    output: PathBuf,
    #[command(flatten)]
    at: AtArgs,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.what {
            What::Build(build) => build.run(context),
            What::Profiles => profiles(context),
        }
    }
}

fn profiles(context: &Context) -> Result<Exit, Failure> {
    if context.out.is_json() {
        #[derive(serde::Serialize)]
        struct Profiles {
            profiles: &'static [Jurisdiction],
        }
        context.out.json("placet.jurisdictions/1", &Profiles { profiles: &JURISDICTIONS })?;
        return Ok(Exit::Done);
    }
    for j in JURISDICTIONS.iter() {
        context.out.result(&format!("{}  {}\n  {}\n", j.id, foreign(&j.name), foreign(&j.status)))?;
    }
    Ok(Exit::Done)
}

impl Build {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let read;
        let jurisdiction = if let Some(known) = Jurisdiction::named(&self.profile) {
            known
        } else {
            let known: Vec<&str> = JURISDICTIONS.iter().map(|j| j.id.as_str()).collect();
            let hint = format!("profiles that come with Placet: {}", known.join(", "));
            let text = std::fs::read_to_string(&self.profile)
                .with_context(|| format!("there is no jurisdiction profile `{}`", self.profile))
                .or_fail(Exit::Usage)
                .map_err(|failure| failure.hint(hint))?;
            read = Jurisdiction::read(&text)
                .with_context(|| format!("{} is no jurisdiction profile", self.profile))
                .or_fail(Exit::Input)?;
            &read
        };
        let case = Cases::of(context).existing(self.case)?;
        let documents = case.documents().map_err(of_case)?;
        let party = Party::of(context, Side::Rightsholder, None)?;
        let at = self.at.or(context.now);
        let by = (party.author.name.as_str(), party.author.key.as_str());
        let dossier: Dossier = build(&self.case.to_string(), &documents, jurisdiction, by, at);
        let mut twin = serde_json::to_vec_pretty(&dossier).map_err(anyhow::Error::new)?;
        twin.push(b'\n');
        let hash = sha256(&twin);
        let signed = note::sign(&format!("{SCHEMA}\n{hash}\n"), &[&party.signer]).or_fail(Exit::Internal)?;
        let form = Form::of(&self.output).unwrap_or(Form::Text);
        let document = pages::bytes(&dossier.paper(&hash), form, at, &format!("{SCHEMA} {hash}"))?;
        let json = self.output.with_extension("json");
        let signature = self.output.with_extension("json.sig");
        write(&json, &twin)?;
        write(&signature, signed.as_bytes())?;
        write(&self.output, &document)?;
        let written = vec![self.output, json, signature];
        if context.out.is_json() {
            #[derive(serde::Serialize)]
            struct Built {
                written: Vec<PathBuf>,
                dossier: Dossier,
            }
            context.out.json("placet.dossier-built/1", &Built { written, dossier })?;
            return Ok(Exit::Done);
        }
        let mut out = format!("{}\n\n", foreign(&dossier.assessment.words));
        for step in &dossier.assessment.trace {
            out.push_str(&format!("- {}\n", foreign(step)));
        }
        out.push_str(&format!("\n{}\n", foreign(&jurisdiction.status)));
        for path in &written {
            out.push_str(&format!("{}\n", foreign(&path.to_string_lossy())));
        }
        context.out.result(&out)?;
        Ok(Exit::Done)
    }
}
