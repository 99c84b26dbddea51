//! Access logs: who visited what, held against the reservation in force.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use placet_disclose::case::folder::{FILE_BYTES_MAX, Hashing};
use placet_disclose::case::{Attachment, CaseFolder};
use placet_disclose::evidence::access::{AccessLog, Place, Reserved, RobotsVersion, Visits};
use placet_disclose::evidence::agents::Ranges;
use placet_disclose::evidence::{Evidence, Found};

use super::{Add, small};
use crate::cases::of_case;
use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::{Context, Exit, Failure};

impl Add {
    /// Visits of agents in logs.
    pub(super) fn access(&self, context: &Context, case: &CaseFolder) -> Result<Evidence, Failure> {
        let reserved = self.reserved(context)?;
        let mut ranges = BTreeMap::new();
        let mut files = Vec::new();
        for given in &self.ip_ranges {
            let (token, path) = pair(given, "--ip-ranges", "GPTBot=gptbot.json")?;
            let (read, defects) = Ranges::parse(&small(Path::new(path))?);
            for defect in defects {
                context.out.warn(&format!("{}: {}", foreign(path), foreign(&defect)));
            }
            if read.is_empty() {
                return Err(Failure::new(Exit::Input, anyhow::anyhow!("{path} holds no address ranges")));
            }
            ranges.insert(token.to_owned(), read);
            files.push(case.keep(Path::new(path)).map_err(of_case)?);
        }
        let mut log = AccessLog::new(ranges, &reserved.turns());
        for path in &self.files {
            let name = path.display().to_string();
            let opened =
                File::open(path).with_context(|| format!("cannot read {name}")).or_fail(Exit::Input)?;
            let length = opened.metadata()?.len();
            let bar = context.out.progress(length, "bytes");
            let mut hashing = Hashing::new(bar.wrap_read(opened));
            let read = log.read(&name, &mut hashing).and_then(|()| hashing.finish());
            let (sha256, bytes) = read.with_context(|| format!("cannot read {name}")).or_fail(Exit::Input)?;
            bar.finish_and_clear();
            files.push(if bytes <= FILE_BYTES_MAX {
                case.keep(path).map_err(of_case)?
            } else {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                Attachment { name, sha256, bytes, held: false }
            });
        }
        let mut visits = log.finish();
        reserved.name(&mut visits);
        let table = visits.close();
        files.push(case.keep_bytes("visits.csv", table.as_bytes()).map_err(of_case)?);
        let names: Vec<String> = self.files.iter().map(|f| f.display().to_string()).collect();
        let mut works: Vec<String> = visits.rows.iter().filter_map(|row| row.work.clone()).collect();
        works.sort();
        works.dedup();
        let span = visits.span();
        Ok(Evidence {
            title: title(&visits),
            graded: visits.graded(),
            source: format!("access logs {}", names.join(", ")),
            from: span.map(|s| s.0),
            until: span.map(|s| s.1),
            works,
            verify: vec![
                "sha256sum of each log gives the hash named with it".to_owned(),
                "placet evidence add with the same logs, --robots and --ip-ranges gives the same table (visits.csv)".to_owned(),
            ],
            files,
            found: Found::AccessLog(visits),
        })
    }

    /// What was reserved when: saved robots.txt files, and the registry.
    fn reserved(&self, context: &Context) -> Result<Reserved, Failure> {
        let mut reserved = Reserved::default();
        for given in &self.robots {
            let (since, path) = pair(given, "--robots", "2026-03-01=robots.txt")?;
            reserved.robots.push(RobotsVersion::new(&small(Path::new(path))?, since_of(since)?, None));
        }
        if let Some(folder) = &self.site_records {
            for host in entries(folder)? {
                let name = host.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                if !host.is_dir() {
                    continue;
                }
                for file in entries(&host)? {
                    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
                    let since = match since_of(stem.trim_start_matches("robots-")) {
                        Ok(since) => since,
                        // A record without a date in its name counts from when it was saved.
                        Err(_) if stem == "robots" => match file.metadata()?.modified()?.try_into() {
                            Ok(saved) => saved,
                            Err(_) => continue,
                        },
                        Err(_) => continue,
                    };
                    reserved.robots.push(RobotsVersion::new(&small(&file)?, since, Some(&name)));
                }
            }
        }
        if let Ok(registry) = crate::registry::open(context) {
            reserved.reservations = registry.reservations_at(context.now)?;
            registry.works_at(context.now, &mut |entry| {
                let urls = entry.work.identifiers.iter().filter_map(|id| id.strip_prefix("url:"));
                let extra = entry.work.extra.iter().filter(|(name, _)| name.eq_ignore_ascii_case("url"));
                let places = urls.map(str::to_owned).chain(extra.map(|(_, url)| url.clone()));
                reserved.places.extend(places.map(|url| Place { work: entry.work.id.clone(), url }));
                Ok(())
            })?;
        }
        Ok(reserved)
    }
}

/// What the logs hold, in a line.
fn title(visits: &Visits) -> String {
    let total: u64 = visits.agents.iter().map(|a| a.visits).sum();
    let against: u64 = visits.agents.iter().map(|a| a.against).sum();
    let mut names: Vec<&str> = visits.agents.iter().map(|a| a.agent.as_str()).collect();
    names.dedup();
    match names.as_slice() {
        [] => "No visit of a known agent of an AI system in the logs".to_owned(),
        names => format!(
            "{} of {}, {against} of them against a reservation in force",
            crate::sealed::count(total, "visit", "visits"),
            names.join(", ")
        ),
    }
}

/// `NAME=FILE` in its parts.
fn pair<'a>(given: &'a str, option: &str, example: &str) -> Result<(&'a str, &'a str), Failure> {
    given.split_once('=').filter(|(name, file)| !name.is_empty() && !file.is_empty()).ok_or_else(|| {
        Failure::new(Exit::Usage, anyhow::anyhow!("`{given}` is not of the shape {option} {example}"))
    })
}

/// A day, from its beginning, or a time.
fn since_of(text: &str) -> Result<Timestamp, Failure> {
    let day = || text.parse::<jiff::civil::Date>().and_then(|d| d.to_zoned(jiff::tz::TimeZone::UTC));
    text.parse::<Timestamp>().or_else(|_| day().map(|z| z.timestamp())).map_err(|_| {
        Failure::new(Exit::Usage, anyhow::anyhow!("`{text}` is no time"))
            .hint("write a day like 2026-03-01, or a time like 2026-03-01T12:00:00Z")
    })
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = || format!("cannot read {}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(read).or_fail(Exit::Input)? {
        paths.push(entry.with_context(read).or_fail(Exit::Input)?.path());
    }
    paths.sort();
    Ok(paths)
}
