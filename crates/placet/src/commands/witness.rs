//! `placet witness`: cosigns the checkpoints of other people's logs, which then cannot show two trees unseen.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::sync::Mutex;

use anyhow::Context as _;
use placet_core::note::{NoteError, Signer};
use placet_log::checkpoint::Checkpoint;
use placet_log::hash::Hash;
use placet_log::policy::Policy;
use placet_log::witness::{REQUEST_BYTES_MAX, Seen as Cosigned, Witness};

use crate::failure::OrFail as _;
use crate::http::{Request, Response, serve};
use crate::sealed::{hex, random, write_secret};
use crate::witnesses::Seen;
use crate::{Context, Exit, Failure};

/// Cosign the checkpoints of logs, so that they cannot show two trees unseen
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Make a witness's key and print the line that trust policies need
    Create {
        /// Name of the witness: its address without https://
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Answer add-checkpoint requests (C2SP tlog-witness)
    Serve {
        /// Trust policy that names the logs to cosign
        #[arg(long, value_name = "FILE")]
        policy: PathBuf,
        /// Address and port to listen on
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8083")]
        listen: String,
    },
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let folder = context.home.join("witness");
        let key = folder.join("witness.key");
        match self.what {
            What::Create { name } => {
                let signer = Signer::witness_from_seed(&name, random()?).or_fail(Exit::Usage)?;
                if key.exists() {
                    let error = anyhow::anyhow!("there is already a witness in {}", folder.display());
                    return Err(Failure::new(Exit::Input, error));
                }
                fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
                write_secret(&key, &signer.to_secret())?;
                context.out.note("what follows is the line for trust policies; put your address behind it");
                context.out.result(&format!("witness {name} {}\n", signer.verifier()))?;
                Ok(Exit::Done)
            }
            What::Serve { policy, listen } => {
                let bytes = fs::read(&policy)
                    .with_context(|| format!("cannot read {}", policy.display()))
                    .or_fail(Exit::Input)?;
                let policy = Policy::parse(&bytes).or_fail(Exit::Usage)?;
                let text = fs::read_to_string(&key)
                    .with_context(|| format!("cannot read {}", key.display()))
                    .or_fail(Exit::Input)
                    .map_err(|f| f.hint("to make one: placet witness create witness.example.org"))?;
                let signer =
                    text.trim_end().parse().map_err(|error: NoteError| Failure::new(Exit::Input, error))?;
                // Two processes with one key could cosign two trees.
                let _lock = lock(&folder.join("lock"))?;
                let server = Server {
                    witness: Witness { signer, logs: policy.logs().to_vec() },
                    seen: Mutex::new(Seen::new(folder.join("seen"))),
                };
                serve(context, &listen, REQUEST_BYTES_MAX as u64, |request| server.answer(request))
            }
        }
    }
}

struct Server {
    witness: Witness,
    /// Locked from comparing to keeping, so that two requests cannot both follow one record.
    seen: Mutex<Seen>,
}

impl Server {
    fn answer(&self, request: &Request) -> Response {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/add-checkpoint") => self.add_checkpoint(&request.body),
            ("GET" | "HEAD", path) => self.checkpoint(path),
            _ => Response::text(405, "\n"),
        }
    }

    fn add_checkpoint(&self, body: &[u8]) -> Response {
        let broken = |what: &str| Response::text(500, format!("{what}\n"));
        let Ok(seen) = self.seen.lock() else { return broken("the record cannot be kept") };
        let (mut kept, mut unreadable) = (None, false);
        let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
        let last = |origin: &str| {
            kept = Some(origin.to_owned());
            let checkpoint = seen.checkpoint(origin);
            unreadable = checkpoint.is_err();
            checkpoint.ok().flatten().map(|c| Cosigned { size: c.size, root: c.root })
        };
        let answer = self.witness.add_checkpoint(body, last, now);
        // Without its record a witness would take any tree for the first one.
        if unreadable {
            return broken("the record cannot be read");
        }
        if let (Some(origin), Some(_)) = (kept, answer.seen) {
            let note = cosigned_note(body, &answer.body);
            if note.is_none_or(|note| seen.keep(&origin, note.as_bytes()).is_err()) {
                return broken("the record cannot be kept");
            }
        }
        Response {
            status: answer.status,
            content_type: answer.content_type,
            cache: "no-store",
            body: answer.body.into_bytes(),
        }
    }

    /// The monitoring interface: the newest checkpoint cosigned, by the SHA-256 of its origin.
    fn checkpoint(&self, path: &str) -> Response {
        let asked = path.strip_prefix('/').and_then(|path| path.strip_suffix("/checkpoint"));
        let log = asked.and_then(|asked| {
            self.witness.logs.iter().find(|log| hex(&Hash::of(&[log.name().as_bytes()]).0) == asked)
        });
        let Ok(seen) = self.seen.lock() else { return Response::text(500, "\n") };
        match log.map(|log| seen.note(log.name())) {
            Some(Ok(Some(note))) => Response { cache: "no-cache", body: note, ..Response::text(200, "") },
            Some(Err(_)) => Response::text(500, "\n"),
            _ => Response::text(404, "\n"),
        }
    }
}

/// The checkpoint of a request with the signature lines of the answer.
fn cosigned_note(request: &[u8], lines: &str) -> Option<String> {
    let request = placet_log::witness::AddCheckpoint::parse(request)?;
    let (_, mut note) = Checkpoint::peek(request.checkpoint.as_bytes()).ok()?;
    for line in lines.lines() {
        note.add(line.parse().ok()?).ok()?;
    }
    Some(note.to_string())
}

fn lock(path: &std::path::Path) -> Result<File, Failure> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let error = anyhow::anyhow!("another process is this witness ({})", path.display());
            Err(Failure::new(Exit::Unavailable, error))
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
