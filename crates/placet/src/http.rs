//! A small HTTP/1.1 server for static files and short requests, behind which no state has to outlive an answer, and
//! the client that reads logs and asks witnesses.
//!
//! Put it behind a web server that speaks TLS where it faces the world.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::failure::OrFail as _;
use crate::{Context, Exit, Failure};

/// Connections at once; more are turned away.
const CONNECTIONS_MAX: usize = 256;
/// Requests on one connection.
const REQUESTS_MAX: usize = 10_000;
/// Request line and headers.
const HEAD_BYTES_MAX: u64 = 16 * 1024;
/// How long a client may take to say or hear something.
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest answer to what is posted: a timestamp token with its certificates.
const ANSWER_BYTES_MAX: u64 = 128 * 1024;
/// The longest file of a log: a bundle of 256 entries of 65,535 bytes.
const FILE_BYTES_MAX: u64 = 256 * 65_537;

/// A request, read whole.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, without what follows a question mark.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) cache: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// A line of text.
    pub(crate) fn text(status: u16, text: impl Into<String>) -> Response {
        Response {
            status,
            content_type: "text/plain; charset=utf-8",
            cache: "no-store",
            body: text.into().into_bytes(),
        }
    }
}

/// Listens, says where on standard output, and answers until the process ends. Bodies above `body_bytes_max` are
/// refused unread.
pub(crate) fn serve(
    context: &Context,
    listen: &str,
    body_bytes_max: u64,
    handle: impl Fn(&Request) -> Response + Sync,
) -> Result<Exit, Failure> {
    let listener = TcpListener::bind(listen).or_fail(Exit::Unavailable)?;
    let address = listener.local_addr()?;
    context.out.result(&format!("http://{address}/\n"))?;
    let open = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { continue };
            if open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS_MAX {
                open.fetch_sub(1, Ordering::Relaxed);
                let _ = write(&stream, &Response::text(503, "too many connections\n"), false, true);
                continue;
            }
            let (open, handle) = (&open, &handle);
            scope.spawn(move || {
                // A client that breaks off has nobody to be told.
                let _ = converse(&stream, body_bytes_max, handle);
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    Ok(Exit::Done)
}

fn converse(
    stream: &TcpStream,
    body_bytes_max: u64,
    handle: &impl Fn(&Request) -> Response,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut from = BufReader::new(stream);
    for _ in 0..REQUESTS_MAX {
        match read(&mut from, body_bytes_max)? {
            None => return Ok(()),
            Some(Err(status)) => return write(stream, &Response::text(status, "\n"), false, true),
            Some(Ok((request, close))) => {
                write(stream, &handle(&request), request.method == "HEAD", close)?;
                if close {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// The next request and whether it is the last, the status of a refusal, or nothing at the end.
fn read(
    from: &mut BufReader<&TcpStream>,
    body_bytes_max: u64,
) -> io::Result<Option<Result<(Request, bool), u16>>> {
    let mut head = from.by_ref().take(HEAD_BYTES_MAX);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if head.read_line(&mut line)? == 0 {
            return Ok(if head.limit() == 0 { Some(Err(431)) } else { None });
        }
        match line.trim_end() {
            "" if lines.is_empty() => {}
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let mut lines = lines.iter();
    let words: Vec<&str> = lines.next().map_or(Vec::new(), |line| line.split(' ').collect());
    let [method, target, version @ ("HTTP/1.1" | "HTTP/1.0")] = words[..] else { return Ok(Some(Err(400))) };
    let (mut length, mut close) = (0u64, version == "HTTP/1.0");
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { return Ok(Some(Err(400))) };
        match (name.to_ascii_lowercase().as_str(), value.trim()) {
            ("content-length", number) => match number.parse() {
                Ok(number) => length = number,
                Err(_) => return Ok(Some(Err(400))),
            },
            // Nobody has to speak in chunks here, and two ways to tell a length are one too many.
            ("transfer-encoding", _) => return Ok(Some(Err(411))),
            ("connection", value) => close = value.eq_ignore_ascii_case("close"),
            ("expect", _) => return Ok(Some(Err(417))),
            _ => {}
        }
    }
    if length > body_bytes_max {
        return Ok(Some(Err(413)));
    }
    let mut body = vec![0; length as usize];
    from.read_exact(&mut body)?;
    let path = target.split('?').next().unwrap_or_default();
    Ok(Some(Ok((Request { method: method.to_owned(), path: path.to_owned(), body }, close))))
}

fn write(mut to: &TcpStream, response: &Response, head_only: bool, close: bool) -> io::Result<()> {
    let reason = match response.status {
        200 => "OK",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        422 => "Unprocessable Entity",
        500..=599 => "Server Error",
        _ => "Bad Request",
    };
    let mut bytes = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: {}\r\n\
         X-Content-Type-Options: nosniff\r\nAccess-Control-Allow-Origin: *\r\n{}\r\n",
        response.status,
        response.content_type,
        response.body.len(),
        response.cache,
        if close { "Connection: close\r\n" } else { "" }
    )
    .into_bytes();
    if !head_only {
        bytes.extend_from_slice(&response.body);
    }
    to.write_all(&bytes)?;
    to.flush()
}

/// Asks over HTTP, with limits.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn new() -> Client {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(2 * PATIENCE))
            .http_status_as_error(false)
            .max_redirects(3)
            .user_agent(concat!("placet/", env!("CARGO_PKG_VERSION")))
            .build();
        Client { agent: ureq::Agent::new_with_config(config) }
    }

    /// Fetches an address.
    pub(crate) fn get(&self, address: &str) -> io::Result<Answered> {
        answered(self.agent.get(address).call(), FILE_BYTES_MAX)
    }

    /// Posts a body.
    pub(crate) fn post(&self, address: &str, content_type: &str, body: &[u8]) -> io::Result<Answered> {
        answered(self.agent.post(address).content_type(content_type).send(body), ANSWER_BYTES_MAX)
    }
}

fn answered(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    bytes_max: u64,
) -> io::Result<Answered> {
    let mut response = response.map_err(io::Error::other)?;
    let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let body = response.body_mut().with_config().limit(bytes_max).read_to_vec().map_err(io::Error::other)?;
    Ok(Answered { status: response.status().as_u16(), content_type, body })
}

/// Where a log is: a folder, or an address.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Folder(PathBuf),
    Address(Client, String),
}

impl Place {
    /// An address begins with `http://` or `https://`; all else is a folder.
    pub(crate) fn of(text: &str) -> Place {
        if text.starts_with("https://") || text.starts_with("http://") {
            Place::Address(Client::new(), text.trim_end_matches('/').to_owned())
        } else {
            Place::Folder(PathBuf::from(text))
        }
    }

    /// Reads one of the log's files.
    pub(crate) fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match self {
            Place::Folder(folder) => std::fs::read(folder.join(path)).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", folder.join(path).display()))
            }),
            Place::Address(client, address) => {
                let address = format!("{address}/{path}");
                let found = client.get(&address)?;
                match found.status {
                    200 => Ok(found.body),
                    404 => Err(io::Error::new(io::ErrorKind::NotFound, format!("{address} is not there"))),
                    other => Err(io::Error::other(format!("{address} answered with status {other}"))),
                }
            }
        }
    }
}
