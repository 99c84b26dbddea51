//! `placet log croissant`: the cleared corpus of a sealed scan, described for users of data sets: Croissant 1.1
//! with its provenance in the words of PROV-O, and the entries of the log that seal it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_log::leaf::{Leaf, Shard};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::commands::seal::Run;
use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::sealed::{Sealed, count, entries, hex};
use crate::{Context, Exit, Failure};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Folder of the sealed scan
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Name of the data set
    #[arg(long)]
    name: String,
    /// What it is
    #[arg(
        long,
        default_value = "The cleared corpus of a scan: what was left of a corpus after refused items were taken out"
    )]
    description: String,
    /// Page of the data set
    #[arg(long, value_name = "https://ADDRESS")]
    url: String,
    /// Licence or terms, as an address: of the data set as you give it out, never of the works in it
    #[arg(long, value_name = "https://ADDRESS")]
    license: String,
    /// Who made it
    #[arg(long)]
    creator: String,
    /// Version of the data set
    #[arg(long, default_value = "1.0.0")]
    version: String,
    /// Address below which the files lie as in RUN/cleared [default: beside the description]
    #[arg(long, value_name = "https://ADDRESS")]
    files: Option<String>,
    /// Where the description goes
    #[arg(long, short, value_name = "FILE", default_value = "croissant.json")]
    output: PathBuf,
}

/// What `run.json` says that stands in the provenance.
#[derive(Deserialize)]
struct Record {
    code: String,
    as_of: jiff::civil::Date,
    uses: Vec<String>,
    packs: Vec<Pack>,
    inputs: Vec<Input>,
    timings: Timings,
}

#[derive(Deserialize)]
struct Pack {
    id: String,
    name: String,
    issuer: String,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    bytes: u64,
    blake3: Option<String>,
}

#[derive(Deserialize)]
struct Timings {
    began: jiff::Timestamp,
    ended: jiff::Timestamp,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sealed = Sealed::new(&context.home);
        let run = Run::read(&self.run)?;
        let reader = sealed.reader()?;
        let mut shards: Vec<(u64, Shard)> = Vec::new();
        for (index, entry) in entries(&reader)? {
            if let Ok(Leaf::Shard(shard)) = Leaf::decode(&entry)
                && shard.run == run.hash
            {
                shards.push((index, shard));
            }
        }
        let (Some((first, shard)), Some((last, _))) = (shards.first(), shards.last()) else {
            let error = anyhow::anyhow!("{} is not sealed in this log", self.run.display());
            return Err(
                Failure::new(Exit::Input, error).hint("seal it first: placet seal RUN --model … --stage …")
            );
        };
        let path = self.run.join("run.json");
        let bytes = fs::read(&path)
            .with_context(|| format!("cannot read {}", path.display()))
            .or_fail(Exit::Input)?;
        let record: Record = serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is not what a scan writes", path.display()))
            .or_fail(Exit::Input)?;
        let cleared = self.run.join("cleared");
        let mut files = Vec::new();
        list(&cleared, &cleared, &mut files)
            .with_context(|| format!("cannot read {}", cleared.display()))
            .or_fail(Exit::Input)?;
        files.sort();
        let mut distribution = Vec::new();
        for file in &files {
            distribution.push(self.file(&cleared, file)?);
        }
        let checkpoint = reader.checkpoint();
        let which =
            if first == last { format!("entry {first}") } else { format!("the entries {first} to {last}") };
        let log = json!({
            "@type": "sc:CreativeWork",
            "name": format!("Transparency log {}", checkpoint.origin),
            "description": format!(
                "In {which} the scan and the uses that it found are sealed, for the period {}. That shows that they were not \
                 changed since, not that they are complete or true.", shard.period
            ),
            "url": format!("https://{}", checkpoint.origin),
            "identifier": format!("sha256:{}", hex(&run.hash.0)),
        });
        let described = json!({
            "@context": context_of(),
            "@type": "sc:Dataset",
            "conformsTo": "http://mlcommons.org/croissant/1.1",
            "name": self.name,
            "description": self.description,
            "url": self.url,
            "license": self.license,
            "creator": { "@type": "sc:Organization", "name": self.creator },
            "version": self.version,
            "datePublished": context.now.to_zoned(jiff::tz::TimeZone::UTC).date().to_string(),
            "citeAs": format!("{}: {}, version {}. {}", self.creator, self.name, self.version, self.url),
            "subjectOf": log,
            "prov:wasGeneratedBy": record.activity(),
            "prov:wasDerivedFrom": record.sources(),
            "distribution": distribution,
        });
        let bytes = serde_json::to_vec_pretty(&described).map_err(anyhow::Error::new)?;
        fs::write(&self.output, bytes)
            .with_context(|| format!("cannot write {}", self.output.display()))
            .or_fail(Exit::Unavailable)?;
        context.out.result(&format!(
            "{}: {}, sealed in {which} of {}\n",
            foreign(&self.output.display().to_string()),
            count(files.len() as u64, "file", "files"),
            foreign(&checkpoint.origin)
        ))?;
        Ok(Exit::Done)
    }

    fn file(&self, cleared: &Path, file: &Path) -> Result<Value, Failure> {
        let path = cleared.join(file);
        let read = || -> io::Result<(u64, String)> {
            let (mut from, mut hasher, mut length) = (File::open(&path)?, Sha256::new(), 0);
            let mut buffer = vec![0; 1 << 16];
            loop {
                let read = from.read(&mut buffer)?;
                let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
                hasher.update(bytes);
                length += bytes.len() as u64;
            }
            Ok((length, hex(&hasher.finalize())))
        };
        let (length, sha256) =
            read().with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)?;
        let name: Vec<String> =
            file.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        let name = name.join("/");
        let place = match &self.files {
            Some(base) => format!("{}/{}", base.trim_end_matches('/'), escaped(&name)),
            None => format!("cleared/{}", escaped(&name)),
        };
        Ok(json!({
            "@type": "cr:FileObject",
            "@id": escaped(&name),
            "name": name,
            "contentUrl": place,
            "contentSize": format!("{length} B"),
            "encodingFormat": media_type(&name),
            "sha256": sha256,
        }))
    }
}

impl Record {
    /// The scan.
    fn activity(&self) -> Value {
        let packs = self.packs.iter().map(|pack| {
            json!({
                "@type": "prov:Entity",
                "@id": format!("urn:placet:pack:{}", pack.id),
                "name": format!("Pack {} of {}", pack.name, pack.issuer),
            })
        });
        json!({
            "@type": "prov:Activity",
            "name": format!("Scan of the corpus as of {}, asking for {}", self.as_of, self.uses.join(", ")),
            "prov:startedAtTime": { "@type": "xsd:dateTime", "@value": self.timings.began.to_string() },
            "prov:endedAtTime": { "@type": "xsd:dateTime", "@value": self.timings.ended.to_string() },
            "prov:wasAssociatedWith": { "@type": "prov:SoftwareAgent", "name": self.code },
            "prov:used": packs.collect::<Vec<_>>(),
        })
    }

    /// What was scanned, by its hashes.
    fn sources(&self) -> Vec<Value> {
        let source = |input: &Input| {
            let id = input.blake3.as_ref().map(|hash| format!("urn:blake3:{hash}"));
            let mut source = json!({
                "@type": "prov:Entity",
                "name": input.name,
                "contentSize": format!("{} B", input.bytes),
            });
            if let (Some(id), Some(source)) = (id, source.as_object_mut()) {
                source.insert("@id".to_owned(), id.into());
            }
            source
        };
        self.inputs.iter().map(source).collect()
    }
}

/// Names of the files below a folder, links left out.
fn list(folder: &Path, below: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), below, files)?;
        } else if kind.is_file() {
            files.extend(entry.path().strip_prefix(below).ok().map(Path::to_owned));
        }
    }
    Ok(())
}

/// A name as part of an address.
fn escaped(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" => "application/jsonlines",
        "json" => "application/json",
        "parquet" => "application/vnd.apache.parquet",
        "warc" | "wet" | "wat" => "application/warc",
        "gz" => "application/gzip",
        "zst" => "application/zstd",
        "tar" => "application/x-tar",
        "html" | "htm" => "text/html",
        "txt" | "md" => "text/plain",
        _ => "application/octet-stream",
    }
}

/// The context of Croissant 1.1, with PROV-O beside.
fn context_of() -> Value {
    /// Words of Croissant's own.
    const OWN: &str = "arrayShape citeAs column containedIn equivalentProperty extract field fileObject fileProperty fileSet \
                       format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet references regex \
                       repeated replace samplingRate separator source subField transform";
    let mut context = json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "dct": "http://purl.org/dc/terms/",
        "description": { "@container": "@language" },
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "name": { "@container": "@language" },
        "prov": "http://www.w3.org/ns/prov#",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "sc": "https://schema.org/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    });
    if let Some(context) = context.as_object_mut() {
        context.extend(OWN.split_whitespace().map(|word| (word.to_owned(), format!("cr:{word}").into())));
    }
    context
}
