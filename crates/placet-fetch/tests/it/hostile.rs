//! Servers that mean harm, or are broken.

use std::io::Write as _;
use std::time::Duration;

use placet_fetch::{Client, Exchange, Outcome, Patience, Private, Settings, Target};

use crate::server::{AUTHORITY, Page, Server, page};

fn client(private: Private) -> Client {
    Client::new(&Settings { private, ..Settings::default() }).unwrap()
}

fn get(client: &Client, url: &str) -> Exchange {
    client.get(&Target::of(url).unwrap(), jiff::Timestamp::UNIX_EPOCH)
}

fn why(exchange: &Exchange) -> &str {
    match &exchange.outcome {
        Outcome::Failed(why) => why,
        Outcome::Response(_) => "",
    }
}

#[test]
fn private_addresses_are_not_asked() {
    let server = Server::plain(|_| vec![page("/", 200, &[], "x")]);
    let port = server.origin.rsplit(':').next().unwrap().to_owned();
    for host in ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{port}/");
        // A resolver that does not know such a way to write an address finds none, which does as well.
        assert!(!why(&get(&client(Private::Refused), &url)).is_empty(), "{url}");
    }
    assert!(why(&get(&client(Private::Refused), &server.url("/"))).contains("not a public address"));
    assert_eq!(server.asked(), Vec::<String>::new());
    let host = Private::Of(vec![format!("localhost:{port}")]);
    assert!(get(&client(host.clone()), &server.url("/")).response().is_some());
    assert!(why(&get(&client(host), "http://localhost:1/")).contains("not a public address"));
}

#[test]
fn certificates_are_checked() {
    let server = Server::tls(|_| vec![page("/", 200, &[], "x")]);
    let strict = client(Private::Allowed);
    assert!(
        why(&get(&strict, &server.url("/"))).contains("certificate"),
        "{:?}",
        get(&strict, &server.url("/"))
    );
    let settings =
        Settings { private: Private::Allowed, authorities: Some(AUTHORITY), ..Settings::default() };
    let trusting = Client::new(&settings).unwrap();
    assert_eq!(get(&trusting, &server.url("/")).response().unwrap().body, b"x");
    // Its certificate is not one for every name of this machine.
    let other = server.url("/").replace("localhost", "[::ffff:127.0.0.1]");
    assert!(why(&get(&trusting, &other)).contains("certificate"));
    assert!(Client::new(&Settings { authorities: Some(b"nothing"), ..Settings::default() }).is_err());
}

#[test]
fn sizes_are_bounded() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..64 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    let server = Server::plain(|_| {
        vec![
            page("/large", 200, &[], vec![b' '; 20 << 20]),
            page("/bomb", 200, &["Content-Encoding: gzip"], &bomb),
            Page {
                path: "/head",
                message: [b"HTTP/1.1 200 x\r\nA: ".as_slice(), &vec![b'a'; 1 << 20]].concat(),
                holds: true,
            },
        ]
    });
    let client = client(Private::Allowed);
    for path in ["/large", "/bomb"] {
        let exchange = get(&client, &server.url(path));
        let response = exchange.response().unwrap();
        assert_eq!((response.body.len(), response.is_cut), (16 << 20, true), "{path}");
    }
    assert_eq!(get(&client, &server.url("/head")).response(), None);
}

#[test]
fn times_are_bounded() {
    let server = Server::plain(|_| {
        let mut endless = page("/endless", 200, &[], "0123456789");
        endless.message.truncate(endless.message.len() - 5);
        let silent = Page { path: "/silent", message: Vec::new(), holds: true };
        let kept_open = page("/kept-open", 200, &[], "x");
        vec![Page { holds: true, ..endless }, silent, Page { holds: true, ..kept_open }]
    });
    let patient = |piece: u64, whole: u64| {
        let patience = Patience { piece: Duration::from_millis(piece), whole: Duration::from_millis(whole) };
        Client::new(&Settings { private: Private::Allowed, patience, ..Settings::default() }).unwrap()
    };
    assert!(why(&get(&patient(60_000, 0), &server.url("/endless"))).contains("took longer than"));
    assert!(why(&get(&patient(50, 60_000), &server.url("/endless"))).contains("took longer than"));
    assert!(why(&get(&patient(50, 60_000), &server.url("/silent"))).contains("took longer than"));
    // Whoever holds a connection open behind a whole response does no harm.
    assert_eq!(get(&patient(60_000, 60_000), &server.url("/kept-open")).response().unwrap().body, b"x");
}

#[test]
fn what_is_no_response_is_none() {
    let server = Server::plain(|_| {
        let raw = |path, text: &str| Page { path, message: text.as_bytes().to_vec(), holds: false };
        vec![
            raw("/nothing", ""),
            raw("/ssh", "SSH-2.0-x\r\n\r\n"),
            raw("/half", "HTTP/1.1 200 OK\r\nContent-"),
        ]
    });
    let client = client(Private::Allowed);
    assert!(why(&get(&client, &server.url("/nothing"))).contains("without a response"));
    assert_eq!(get(&client, &server.url("/ssh")).response(), None);
    assert_eq!(get(&client, &server.url("/half")).response(), None);
    // Nobody listens there.
    assert!(!why(&get(&client, "http://127.0.0.1:1/")).is_empty());
}
