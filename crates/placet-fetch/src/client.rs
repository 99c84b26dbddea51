//! One request over one connection.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};

use crate::http::{BODY_BYTES_MAX, HEAD_BYTES_MAX, is_complete};
use crate::{Exchange, Outcome, TOKEN, Target, is_public};

/// Most addresses of one name that are tried.
const ADDRESSES_MAX: usize = 4;
/// A chunked response shorter than this is looked at with every piece, a longer one each time it has grown by half.
const LOOKED_AT_ONCE: usize = 128 * 1024;

/// Which addresses outside the public internet may be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Private {
    /// None.
    #[default]
    Refused,
    /// Those of these hosts, written as in a URL: `localhost:8080`.
    Of(Vec<String>),
    /// All.
    Allowed,
}

/// How long servers are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection, and between two pieces of a response.
    pub piece: Duration,
    /// For one response in all.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { piece: Duration::from_secs(10), whole: Duration::from_mins(1) }
    }
}

/// How a client behaves.
#[derive(Clone, Debug, Default)]
pub struct Settings<'a> {
    /// Which addresses outside the public internet may be asked.
    pub private: Private,
    /// Certificate authorities to trust besides those that browsers trust, in PEM.
    pub authorities: Option<&'a [u8]>,
    /// How long servers are waited for.
    pub patience: Patience,
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The authorities are none.
    #[error("there is no certificate in it that can be trusted; a file in PEM is needed")]
    Authorities,
}

/// Asks hosts of the web, one request a connection.
#[derive(Clone, Debug)]
pub struct Client {
    private: Private,
    patience: Patience,
    tls: Arc<rustls::ClientConfig>,
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The name has no address.
    #[error("{0} has no address")]
    NoAddress(String),
    /// Its addresses are not of the public internet.
    #[error("{host} is at {address}, which is not a public address")]
    Private {
        /// The host.
        host: String,
        /// The first of its addresses.
        address: IpAddr,
    },
    /// The name cannot be one of a certificate.
    #[error("{0} is no name that a certificate could have")]
    Name(String),
    /// The response did not end in time.
    #[error("the response took longer than {0:?}")]
    Slow(Duration),
    /// Nothing came.
    #[error("the connection ended without a response")]
    Empty,
    /// The connection failed.
    #[error("{0}")]
    Connection(#[from] io::Error),
}

impl Client {
    /// A client.
    ///
    /// # Panics
    /// Never: the provider supports the default versions of TLS.
    pub fn new(settings: &Settings<'_>) -> Result<Client, SettingsError> {
        let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(pem) = settings.authorities {
            let found: Vec<CertificateDer<'static>> =
                CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().unwrap_or_default();
            let (added, _) = roots.add_parsable_certificates(found);
            if added == 0 {
                return Err(SettingsError::Authorities);
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Client { private: settings.private.clone(), patience: settings.patience, tls: Arc::new(tls) })
    }

    /// Asks for one thing. A failure is an outcome: it says something about a site.
    pub fn get(&self, target: &Target, at: Timestamp) -> Exchange {
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {TOKEN}/{} (reads rights statements)\r\n\
             Accept: */*\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n",
            target.path,
            target.authority(),
            env!("CARGO_PKG_VERSION")
        );
        let mut address = None;
        let outcome = match self.talk(target, request.as_bytes(), &mut address) {
            Ok(bytes) => Outcome::Response(bytes),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        let seconds = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
        Exchange {
            url: target.url(),
            at: at.round(seconds).unwrap_or(at),
            address: address.map(|a: IpAddr| a.to_string()),
            request: request.into_bytes(),
            outcome,
        }
    }

    fn talk(
        &self,
        target: &Target,
        request: &[u8],
        address: &mut Option<IpAddr>,
    ) -> Result<Vec<u8>, FetchError> {
        let deadline = Instant::now() + self.patience.whole;
        let found: Vec<SocketAddr> = (target.host.as_str(), target.port).to_socket_addrs()?.collect();
        let first = found.first().ok_or_else(|| FetchError::NoAddress(target.host.clone()))?;
        let allowed = match &self.private {
            Private::Refused => false,
            Private::Of(hosts) => hosts.iter().any(|h| h.eq_ignore_ascii_case(&target.authority())),
            Private::Allowed => true,
        };
        // What is connected to is the address that was looked at: a second look-up could give another one.
        let open = found.iter().filter(|a| allowed || is_public(a.ip()));
        let mut last = FetchError::Private { host: target.host.clone(), address: first.ip() };
        for place in open.take(ADDRESSES_MAX) {
            match TcpStream::connect_timeout(place, self.patience.piece) {
                Ok(stream) => {
                    *address = Some(place.ip());
                    stream.set_read_timeout(Some(self.patience.piece))?;
                    stream.set_write_timeout(Some(self.patience.piece))?;
                    return self.over(stream, target, request, deadline);
                }
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    fn over(
        &self,
        stream: TcpStream,
        target: &Target,
        request: &[u8],
        deadline: Instant,
    ) -> Result<Vec<u8>, FetchError> {
        if !target.is_secure {
            return self.exchange(stream, request, deadline);
        }
        let name =
            ServerName::try_from(target.host.clone()).map_err(|_| FetchError::Name(target.host.clone()))?;
        let connection =
            rustls::ClientConnection::new(Arc::clone(&self.tls), name).map_err(io::Error::other)?;
        self.exchange(rustls::StreamOwned::new(connection, stream), request, deadline)
    }

    fn exchange(
        &self,
        mut stream: impl Read + Write,
        request: &[u8],
        deadline: Instant,
    ) -> Result<Vec<u8>, FetchError> {
        stream.write_all(request)?;
        stream.flush()?;
        let mut bytes = Vec::new();
        let mut piece = [0; 16 * 1024];
        // Whether it is complete is asked again only when it has grown by a half, so that a slow one costs no square.
        let mut looked = 0;
        loop {
            let count = match stream.read(&mut piece) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // Servers that end a TLS connection without saying so are many; what came is there.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !bytes.is_empty() => 0,
                // A server that keeps the connection open behind a whole response.
                Err(_) if is_complete(&bytes) => 0,
                Err(error) if is_timeout(&error) => return Err(FetchError::Slow(self.patience.piece)),
                Err(error) => return Err(error.into()),
            };
            bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
            if count == 0 || bytes.len() > HEAD_BYTES_MAX + BODY_BYTES_MAX {
                break;
            }
            if bytes.len() >= looked + looked / 2 || bytes.len() < LOOKED_AT_ONCE {
                looked = bytes.len();
                if is_complete(&bytes) {
                    break;
                }
            }
            if Instant::now() >= deadline {
                return Err(FetchError::Slow(self.patience.whole));
            }
        }
        if bytes.is_empty() { Err(FetchError::Empty) } else { Ok(bytes) }
    }
}

/// A read that waited too long, by its name on this system or another.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
