//! Outputs of a system, held against registered works by the engine of scans.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use placet_disclose::case::CaseFolder;
use placet_disclose::evidence::probe::{Overlap, Probe, QUOTE_CHARS_MAX};
use placet_disclose::evidence::{Evidence, Found};
use placet_match::{Pack, PackBuilder, PackSet};
use placet_registry::issuer_key;

use super::{Add, small};
use crate::cases::of_case;
use crate::failure::OrFail as _;
use crate::{Context, Exit, Failure, registry};

impl Add {
    /// An output against registered works, by the engine of scans.
    pub(super) fn probe(&self, context: &Context, case: &CaseFolder) -> Result<Evidence, Failure> {
        let [path] = self.files.as_slice() else {
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!("one output at a time")));
        };
        let bytes = small(path)?;
        let output = String::from_utf8_lossy(&bytes).into_owned();
        let registry = registry::open(context)?;
        let mut builder = PackBuilder::new("probe", self.guarantee);
        let mut failed = None;
        let mut compared = 0;
        let mut ids = Vec::new();
        for id in &self.works {
            let Some(entry) = registry.work(id)? else {
                return Err(Failure::new(Exit::Usage, anyhow::anyhow!("no work is registered as {id}"))
                    .hint("`placet works list` shows the ids"));
            };
            ids.push(entry.work.id);
        }
        registry.for_each_work(&mut |work, text| {
            if let Some(text) = text.filter(|_| ids.is_empty() || ids.contains(&work.id)) {
                compared += 1;
                failed = failed.take().or(builder.add(work, &text.text, text.body).err());
            }
            Ok(())
        })?;
        if let Some(error) = failed {
            return Err(Failure::new(Exit::Input, error));
        }
        if compared == 0 {
            return Err(Failure::new(
                Exit::Input,
                anyhow::anyhow!("no work to compare with has a text in the registry"),
            )
            .hint("register works with their texts: placet register works.csv"));
        }
        let packed = Workspace::new(&context.home)?;
        builder.write(&packed.pack(), &issuer_key(&context.home)?, context.now).or_fail(Exit::Unavailable)?;
        let set = PackSet::new(vec![Pack::open(&packed.pack()).or_fail(Exit::Internal)?]);
        let mut scanner = set.scanner();
        let mut matches = Vec::new();
        scanner.scan(&output, None, &mut matches);
        let letters = scanner.letters() as u64;
        let mut overlaps = Vec::new();
        for m in &matches {
            let Some(pack) = set.packs().get(usize::from(m.pack)) else { continue };
            let work = pack.work(m.work).or_fail(Exit::Internal)?.work;
            let quote: String = output
                .chars()
                .skip(m.item_start)
                .take((m.item_end - m.item_start).min(QUOTE_CHARS_MAX))
                .collect();
            overlaps.push(Overlap {
                work: work.id,
                from: m.item_start as u64,
                until: m.item_end as u64,
                work_from: m.work_start,
                letters: u64::from(m.letters),
                agreement_permille: (m.similarity * 1000.0).round() as u32,
                extent: m.kind.code().to_owned(),
                common: m.common,
                quote,
            });
        }
        drop(packed);
        let kept = case.keep(path).map_err(of_case)?;
        let probe = Probe {
            model: self.model.clone().unwrap_or_default(),
            prompt: self.prompt.clone().unwrap_or_default(),
            time: self.time.clone(),
            output_sha256: kept.sha256.clone(),
            letters,
            guarantee: self.guarantee.to_string(),
            overlaps,
            compared,
        };
        let mut works: Vec<String> =
            probe.overlaps.iter().filter(|o| !o.common).map(|o| o.work.clone()).collect();
        works.sort();
        works.dedup();
        let when: Option<Timestamp> = self.time.parse().ok();
        let longest = probe.overlaps.iter().filter(|o| !o.common).map(|o| o.letters).max();
        Ok(Evidence {
            title: match longest {
                Some(letters) => format!(
                    "Output of {} with {} that agree with registered works, the longest of {letters} letters",
                    probe.model,
                    crate::sealed::count(probe.overlaps.iter().filter(|o| !o.common).count() as u64, "stretch", "stretches")
                ),
                None => format!("Output of {} without words of the works", probe.model),
            },
            graded: probe.graded(),
            source: format!("output of {} recorded by the party", probe.model),
            from: when,
            until: when,
            works,
            verify: vec![
                format!("sha256sum of the output gives {}", kept.sha256),
                "placet evidence add with the same output and the registered works finds the same stretches; each is quoted with its place".to_owned(),
            ],
            files: vec![kept],
            found: Found::OutputProbe(probe),
        })
    }
}

/// Where packs of a probe are made; gone with it.
struct Workspace(PathBuf);

impl Workspace {
    fn new(home: &Path) -> Result<Workspace, Failure> {
        let folder = home.join("probe.part");
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))
            .or_fail(Exit::Unavailable)?;
        Ok(Workspace(folder))
    }

    fn pack(&self) -> PathBuf {
        self.0.join("probe.placet")
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // What cannot be removed is overwritten by the next probe.
        let _ = fs::remove_dir_all(&self.0);
    }
}
