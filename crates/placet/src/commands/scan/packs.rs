//! Opens the packs of a scan, asks whose word counts, and finds the texts of one's own works.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use placet_match::{Pack, PackError, PackSet, Texts};
use placet_registry::{Registry, issuer_key, issuer_key_path};

use crate::output::foreign;
use crate::{Context, Exit, Failure};

/// Packs of trusted issuers, with the texts at hand.
pub(crate) struct Opened {
    pub(crate) packs: Arc<PackSet>,
    pub(crate) texts: Option<Arc<dyn Texts + Send>>,
    pub(crate) texts_id: String,
}

/// Opens packs. One of an issuer that is not trusted is asked about on a terminal and refused elsewhere.
pub(crate) fn open(paths: &[PathBuf], trust: &[String], context: &Context) -> Result<Opened, Failure> {
    let mut registry = match Registry::open_in(&crate::registry::place(context), context.now) {
        Ok(registry) => Some(registry),
        Err(placet_registry::RegistryError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let own = if issuer_key_path(&context.home).exists() {
        Some(issuer_key(&context.home)?.verifier().to_string())
    } else {
        None
    };
    let mut packs: Vec<Pack> = Vec::new();
    for path in paths {
        let pack = Pack::open(path).map_err(|error| unusable(path, error))?;
        let issuer = &pack.manifest().issuer;
        let listed = match &registry {
            Some(registry) => registry.trusted_at(context.now)?.iter().any(|one| &one.vkey == issuer),
            None => false,
        };
        let trusted = own.as_ref() == Some(issuer) || listed || trust.iter().any(|key| key.trim() == issuer);
        if !trusted {
            ask(path, &pack, registry.as_mut(), context)?;
        }
        if packs.iter().all(|other| other.id() != pack.id()) {
            packs.push(pack);
        }
    }
    // The order of the arguments has no meaning, so it has no effect.
    packs.sort_by(|a, b| a.id().cmp(b.id()));
    let packs = Arc::new(PackSet::new(packs));
    let ours: Vec<bool> =
        packs.packs().iter().map(|pack| own.as_ref() == Some(&pack.manifest().issuer)).collect();
    let ids: Vec<&str> =
        packs.packs().iter().zip(&ours).filter(|(_, ours)| **ours).map(|(pack, _)| pack.id()).collect();
    let texts_id = ids.join(" ");
    let texts = registry.filter(|_| !texts_id.is_empty()).map(|registry| {
        Arc::new(OwnTexts { packs: packs.clone(), ours, registry: Mutex::new(registry) })
            as Arc<dyn Texts + Send>
    });
    Ok(Opened { packs, texts_id: if texts.is_some() { texts_id } else { String::new() }, texts })
}

fn unusable(path: &Path, error: PackError) -> Failure {
    let exit = match error {
        PackError::Changed { .. } | PackError::Note(_) => Exit::Denied,
        _ => Exit::Input,
    };
    let error = anyhow::Error::new(error).context(format!("{} cannot be used", path.display()));
    Failure::new(exit, error).hint("`placet pack show` verifies a pack and says what it holds")
}

/// Asks the person at the terminal whether this issuer's word counts; a script gets the command to run.
fn ask(path: &Path, pack: &Pack, registry: Option<&mut Registry>, context: &Context) -> Result<(), Failure> {
    let manifest = pack.manifest();
    let issuer = &manifest.issuer;
    if context.out.can_ask() {
        let question = format!(
            "{} claims {} works in the name of\n  {}\nwhom you do not trust yet. A pack is its issuer's assertion. Trust it from now on?",
            foreign(&path.to_string_lossy()),
            manifest.works,
            foreign(issuer)
        );
        if context.out.ask(&question)? {
            if let Some(registry) = registry {
                registry.trust_issuer(issuer, None, context.now)?;
            }
            return Ok(());
        }
    }
    let refused = anyhow::anyhow!("{} is a pack of {issuer}, whom you do not trust", path.display());
    let home = if context.home == Path::new("placet") {
        String::new()
    } else {
        format!(" --home {}", context.home.display())
    };
    Err(Failure::new(Exit::Usage, refused)
        .hint(format!("if its word is to count, run: placet{home} trust add {issuer}"))
        .hint(format!("or for one run: --trust {issuer}")))
}

/// Texts of the works that this home registered and packed itself.
struct OwnTexts {
    packs: Arc<PackSet>,
    ours: Vec<bool>,
    registry: Mutex<Registry>,
}

impl Texts for OwnTexts {
    fn text(&self, pack: u16, work: u32) -> Option<(String, Range<usize>)> {
        if !self.ours.get(usize::from(pack)).copied().unwrap_or(false) {
            return None;
        }
        let id = self.packs.packs().get(usize::from(pack))?.work(work).ok()?.work.id;
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = registry.work(&id).ok()??;
        // A text that was lost is no reason to stop: without it, ends are estimated.
        let text = registry.text(&entry).ok()??;
        Some((text.text, text.body))
    }
}
