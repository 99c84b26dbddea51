//! What a command names: a file, a folder that mirrors a site, a web archive.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use placet_corpus::{Form, Format, ReadOptions, Record, Sidecar, Source, list, open};
use placet_scan::site_records::{Bodies, Crawl, SiteRecords, Taken, is_record};
use placet_signals::address::host_of;
use placet_signals::copy::{Copy, Head, Kind};
use placet_signals::header;

use super::{Args, Checked, Question};

/// Most files of a folder, or responses of an archive, that are read.
const FILES_MAX: usize = 100_000;
/// Most bytes of a file that are read.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Checks whatever a path names.
pub(super) fn check(
    target: &Path,
    args: &Args,
    question: &Question<'_>,
    tell: &mut dyn FnMut(Checked),
) -> anyhow::Result<()> {
    if target.is_dir() {
        return folder(target, args, question, tell);
    }
    if let [source] = list(target).0.as_slice()
        && source.format == Format::Warc
    {
        return archive(source, args, question, tell);
    }
    let mut records = snapshot(args)?;
    tell(file(target, args.url.as_deref(), question, &mut records)?);
    Ok(())
}

/// The snapshot that the command names.
fn snapshot(args: &Args) -> anyhow::Result<SiteRecords> {
    match &args.site_records {
        Some(folder) => SiteRecords::new()
            .with_snapshot(folder, Taken::AsStored)
            .with_context(|| format!("cannot read {}", folder.display())),
        None => Ok(SiteRecords::new()),
    }
}

fn folder(
    target: &Path,
    args: &Args,
    question: &Question<'_>,
    tell: &mut dyn FnMut(Checked),
) -> anyhow::Result<()> {
    let base = match &args.url {
        Some(url) => Some(url.clone()),
        None => named_for_host(target),
    };
    let mut name = String::new();
    let mut records = match base.as_deref().and_then(|url| host_of(url, &mut name)) {
        Some(host) => SiteRecords::new().with_host(host, target, Taken::AsStored),
        None => snapshot(args)?,
    };
    for path in files(target)? {
        let url = base.as_deref().map(|base| join(base, target, &path));
        tell(file(&path, url.as_deref(), question, &mut records)?);
    }
    Ok(())
}

/// The address of a folder that a mirroring tool named for its host.
fn named_for_host(folder: &Path) -> Option<String> {
    let real = std::fs::canonicalize(folder).ok()?;
    let name = real.file_name()?.to_str()?;
    let url = format!("https://{name}/");
    let mut host = String::new();
    (name.contains('.') && host_of(&url, &mut host) == Some(name)).then_some(url)
}

fn file(
    path: &Path,
    url: Option<&str>,
    question: &Question<'_>,
    records: &mut SiteRecords,
) -> anyhow::Result<Checked> {
    let (bytes, stored_at) = read(path)?.with_context(|| format!("cannot read {}", path.display()))?;
    let mut head = path.as_os_str().to_owned();
    head.push(".headers");
    let saved = read(Path::new(&head))?;
    let (_, fields) = saved.as_ref().map(|(bytes, _)| header::saved(bytes)).unwrap_or_default();
    let place = path.display().to_string();
    let kind = Kind::of(&place, &bytes);
    // Beside a picture in a format of its maker, too, of which no more is known here.
    let sidecars = match kind {
        Kind::Xmp => Vec::new(),
        _ => Sidecar::all_of(path)
            .with_context(|| format!("cannot read the sidecars of {}", path.display()))?,
    };
    let beside: Vec<(String, &[u8])> = sidecars
        .iter()
        .map(|sidecar| (path.with_file_name(&sidecar.name).display().to_string(), &sidecar.bytes[..]))
        .collect();
    let copy = Copy {
        url,
        place: &place,
        acquired_at: stored_at,
        head: saved.as_ref().map(|(bytes, _)| Head {
            fields: fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect(),
            bytes,
        }),
        body: Some((kind, &bytes)),
        beside: beside.iter().map(|(place, bytes)| (&place[..], *bytes)).collect(),
    };
    // When a saved page was fetched, nobody knows; what its site says is heard as of the same visit.
    question.answer(place.clone(), &copy, None, records)
}

/// Every response of a web archive, with what the archive holds of their sites.
fn archive(
    source: &Source,
    args: &Args,
    question: &Question<'_>,
    tell: &mut dyn FnMut(Checked),
) -> anyhow::Result<()> {
    let mut bodies = Vec::new();
    let crawl = Crawl::pick(std::slice::from_ref(source), &mut bodies)?;
    let crawl = Arc::new(crawl.with_bodies(Bodies::Memory(Arc::new(bodies))));
    let mut records = snapshot(args)?.with_crawl(crawl);
    let name = source.path.display();
    let mut told = 0;
    for record in open(source, &ReadOptions::default())? {
        match record {
            Record::Passed(_) => {}
            Record::Aside(aside) => tell(Checked {
                item: format!("{name} {}", aside.place),
                url: None,
                decisions: Vec::new(),
                unreadable: vec![format!("not read: {} ({})", aside.reason, aside.remedy)],
                not_fetched: Vec::new(),
            }),
            Record::Item(item) => {
                if item.url.as_deref().is_some_and(is_record) {
                    continue;
                }
                told += 1;
                ensure!(
                    told <= FILES_MAX,
                    "{name} holds more than {FILES_MAX} responses; `placet scan` reads archives of any size"
                );
                let content = item.content();
                let kind = match item.form {
                    Form::Page => Kind::Page,
                    Form::Media => Kind::Asset,
                    Form::Text => Kind::Text,
                };
                let place = format!("{name} record {}", item.ordinal);
                let copy = Copy {
                    url: item.url.as_deref(),
                    place: &place,
                    acquired_at: item.captured,
                    head: item.head().map(|bytes| Head {
                        fields: item.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect(),
                        bytes,
                    }),
                    body: content.as_deref().map(|content| (kind, content)),
                    beside: Vec::new(),
                };
                tell(question.answer(place.clone(), &copy, item.captured, &mut records)?);
            }
        }
    }
    Ok(())
}

/// The bytes of a file and when it was last written; nothing where there is none.
fn read(path: &Path) -> anyhow::Result<Option<(Vec<u8>, Option<Timestamp>)>> {
    let name = || format!("cannot read {}", path.display());
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(name)?,
    };
    let stored_at = file.metadata().and_then(|m| m.modified()).ok().and_then(|t| Timestamp::try_from(t).ok());
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).with_context(name)?;
    Ok(Some((bytes, stored_at)))
}

/// The files of a folder, in order. Links are not followed; the site's own records are no items, and neither are saved
/// headers.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let name = || format!("cannot read {}", folder.display());
        for entry in std::fs::read_dir(&folder).with_context(name)? {
            let entry = entry.with_context(name)?;
            let kind = entry.file_type().with_context(name)?;
            let record = ["robots.txt", "ai.txt", "trust.txt", ".well-known"];
            let is_head = entry.path().extension().is_some_and(|ending| ending == "headers");
            if is_head || record.iter().any(|r| entry.file_name() == *r) {
                continue;
            }
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                ensure!(found.len() < FILES_MAX, "{} holds more than {FILES_MAX} files", folder.display());
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The URL of a file in a folder that is served at `base`.
fn join(base: &str, folder: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/");
    let inside = inside.strip_suffix("index.html").unwrap_or(&inside);
    format!("{}/{inside}", base.trim_end_matches('/'))
}
