//! A server on this machine that says what a test wants it to say, over HTTP or TLS.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificate authority of [`Server::tls`].
pub(crate) const AUTHORITY: &[u8] = include_bytes!("../../testdata/authority.pem");

/// A server; it remembers what it was asked for.
pub(crate) struct Server {
    /// Scheme, host and port.
    pub(crate) origin: String,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What it says to a path, and whether it then keeps the connection open until the client leaves.
pub(crate) struct Page {
    pub(crate) path: &'static str,
    pub(crate) message: Vec<u8>,
    pub(crate) holds: bool,
}

/// A page with status, header lines and body.
pub(crate) fn page(path: &'static str, status: u16, fields: &[&str], body: impl AsRef<[u8]>) -> Page {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n{fields}\r\n", body.len());
    Page { path, message: [head.as_bytes(), body].concat(), holds: false }
}

impl Server {
    /// Speaks HTTP. `pages` are made of the server's own origin.
    pub(crate) fn plain(pages: impl FnOnce(&str) -> Vec<Page>) -> Server {
        Server::new("http", pages, |stream, answer| answer(&mut { stream }))
    }

    /// Speaks TLS, with a certificate of [`AUTHORITY`].
    pub(crate) fn tls(pages: impl FnOnce(&str) -> Vec<Page>) -> Server {
        let chain = CertificateDer::pem_slice_iter(include_bytes!("../../testdata/server.pem"));
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../testdata/server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.collect::<Result<_, _>>().unwrap(), key)
            .unwrap();
        let config = Arc::new(config);
        Server::new("https", pages, move |stream, answer| {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            answer(&mut rustls::StreamOwned::new(connection, stream));
        })
    }

    fn new(
        scheme: &str,
        pages: impl FnOnce(&str) -> Vec<Page>,
        speak: impl Fn(TcpStream, &dyn Fn(&mut dyn Both)) + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let pages = Arc::new(pages(&origin));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (speak, seen) = (Arc::new(speak), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { break };
                let (speak, seen, pages) = (Arc::clone(&speak), Arc::clone(&seen), Arc::clone(&pages));
                std::thread::spawn(move || speak(stream, &|stream| answer(stream, &pages, &seen)));
            }
        });
        Server { origin, asked }
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// What it was asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

trait Both: Read + Write {}
impl<T: Read + Write> Both for T {}

fn answer(stream: &mut dyn Both, pages: &[Page], asked: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut piece = [0; 1024];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            // A client that goes away before it has asked: it did not like the certificate.
            Ok(0) | Err(_) => return,
            Ok(n) => request.extend_from_slice(&piece[..n]),
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
    asked.lock().unwrap().push(path.clone());
    let missing = page("", 404, &["Content-Type: text/html"], "<!doctype html><html>not here</html>");
    let found = pages.iter().find(|p| p.path == path).unwrap_or(&missing);
    // A client that has enough goes away.
    let _ = stream.write_all(&found.message).and_then(|()| stream.flush());
    if found.holds {
        while matches!(stream.read(&mut piece), Ok(1..)) {}
    }
}
