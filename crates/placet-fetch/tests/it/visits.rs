//! What is fetched of a page and its site, and what is left alone.

use placet_fetch::{Client, Private, Settings, Source, Target, Visit, visit};

use crate::server::{AUTHORITY, Page, Server, page};

struct Net(Client);

impl Source for Net {
    fn get(&mut self, target: &Target) -> placet_fetch::Exchange {
        self.0.get(target, jiff::Timestamp::UNIX_EPOCH)
    }
}

fn visited(private: Private, url: &str) -> Visit {
    let settings = Settings { private, authorities: Some(AUTHORITY), ..Settings::default() };
    visit(&mut Net(Client::new(&settings).unwrap()), url).unwrap()
}

fn left_alone(visit: &Visit, words: &str) -> bool {
    visit.left_alone.iter().any(|why| why.contains(words))
}

const SITE: [&str; 4] = ["/.well-known/tdmrep.json", "/ai.txt", "/.well-known/trust.txt", "/trust.txt"];

#[test]
fn only_what_the_protocols_need_is_fetched() {
    let server = Server::tls(|origin| {
        let robots = format!("User-agent: *\nAllow: /\nDisallow: /ai.txt\nLicense: {origin}/site.xml\n");
        let page_text = "<html><head><link rel=\"license\" type=\"application/rsl+xml\" href=\"page.xml\">\
            <meta name=\"tdm-reservation\" content=\"1\"><meta name=\"tdm-policy\" content=\"/policy.json\">\
            <link rel=\"stylesheet\" href=\"style.css\"></head><body><img src=\"a.jpg\"><a href=\"/b\">b</a></body></html>";
        vec![
            page("/robots.txt", 200, &["Content-Type: text/plain"], robots),
            page("/.well-known/trust.txt", 200, &[], "datatrainingallowed=no\n"),
            page("/page", 200, &["Content-Type: text/html"], page_text),
        ]
    });
    let visit = visited(Private::Allowed, &server.url("/page#part"));
    assert_eq!(visit.url, server.url("/page"));
    assert_eq!(
        server.asked(),
        [
            "/robots.txt",
            "/.well-known/tdmrep.json",
            "/.well-known/trust.txt",
            "/page",
            "/site.xml",
            "/page.xml",
            "/policy.json"
        ]
    );
    assert!(left_alone(&visit, "/ai.txt: robots.txt refuses it to Placet"), "{:?}", visit.left_alone);
}

#[test]
fn robots_txt_is_obeyed_by_our_own_name() {
    for (rules, open) in [
        ("User-agent: Placet\nDisallow: /\n", false),
        ("User-agent: *\nDisallow: /\n", false),
        ("User-agent: *\nDisallow: /\n\nUser-agent: placet\nAllow: /\n", true),
        ("User-agent: GPTBot\nDisallow: /\n", true),
        // A page in its place says nothing.
        ("<!doctype html><html>User-agent: *\nDisallow: /\n</html>", true),
    ] {
        let server =
            Server::plain(|_| vec![page("/robots.txt", 200, &[], rules), page("/page", 200, &[], "x")]);
        let visit = visited(Private::Allowed, &server.url("/page"));
        assert_eq!(server.asked().contains(&"/page".to_owned()), open, "{rules}");
        if !open {
            assert_eq!(server.asked(), ["/robots.txt"], "{rules}");
            assert!(left_alone(&visit, "refuses it to Placet"), "{:?}", visit.left_alone);
        }
    }
}

#[test]
fn a_status_of_robots_txt_means_what_rfc_9309_says() {
    for (status, open) in
        [(401, true), (403, true), (404, true), (410, true), (429, false), (500, false), (503, false)]
    {
        let server = Server::plain(|_| {
            vec![
                page("/robots.txt", status, &[], "User-agent: *\nDisallow: /\n"),
                page("/page", 200, &[], "x"),
            ]
        });
        visited(Private::Allowed, &server.url("/page"));
        let mut all = vec!["/robots.txt"];
        if open {
            all.extend(SITE);
            all.push("/page");
        }
        assert_eq!(server.asked(), all, "{status}");
    }
    // Nobody answers: nothing is fetched.
    let server = Server::plain(|_| {
        let silent = Page { path: "/robots.txt", message: b"x".to_vec(), holds: false };
        vec![silent, page("/page", 200, &[], "x")]
    });
    visited(Private::Allowed, &server.url("/page"));
    assert_eq!(server.asked(), ["/robots.txt"]);
}

#[test]
fn redirects_are_followed_so_far() {
    let elsewhere = Server::plain(|_| vec![page("/x", 200, &[], "x")]);
    let secret = elsewhere.url("/x");
    let server = Server::plain(|_| {
        vec![
            page("/old", 301, &["Location: /new"], ""),
            page("/new", 200, &[], "x"),
            page("/a", 302, &["Location: /b"], ""),
            page("/b", 302, &["Location: /a"], ""),
            page("/away", 302, &[&format!("Location: {secret}")], ""),
            page("/mail", 302, &["Location: mailto:a@b.example"], ""),
        ]
    });
    let own = || Private::Of(vec![Target::of(&server.origin).unwrap().authority()]);
    assert_eq!(visited(own(), &server.url("/old")).url, server.url("/new"));
    assert!(left_alone(&visited(own(), &server.url("/a")), "more than 5 redirects"));
    let away = visited(own(), &server.url("/away"));
    assert!(left_alone(&away, "not a public address"), "{:?}", away.left_alone);
    assert_eq!(elsewhere.asked(), Vec::<String>::new());
    // Where it may go, it asks that host's robots.txt first.
    assert_eq!(visited(Private::Allowed, &server.url("/away")).url, secret);
    assert_eq!(elsewhere.asked().first().map(String::as_str), Some("/robots.txt"));
    visited(own(), &server.url("/mail"));
}

#[test]
fn no_redirect_leads_away_from_tls() {
    let plain = Server::plain(|_| vec![page("/x", 200, &[], "x")]);
    let target = plain.url("/x");
    let server = Server::tls(|_| vec![page("/a", 302, &[&format!("Location: {target}")], "")]);
    let visit = visited(Private::Allowed, &server.url("/a"));
    assert!(left_alone(&visit, "away from TLS"), "{:?}", visit.left_alone);
    assert_eq!(plain.asked(), Vec::<String>::new());
}

#[test]
fn robots_txt_may_be_redirected_and_a_loop_of_it_restricts_nothing() {
    let server = Server::plain(|_| {
        vec![
            page("/robots.txt", 301, &["Location: /rules"], ""),
            page("/rules", 200, &[], "User-agent: *\nDisallow: /page\n"),
            page("/page", 200, &[], "x"),
        ]
    });
    visited(Private::Allowed, &server.url("/page"));
    assert!(!server.asked().contains(&"/page".to_owned()));
    let server = Server::plain(|_| {
        vec![page("/robots.txt", 301, &["Location: /robots.txt"], ""), page("/page", 200, &[], "x")]
    });
    visited(Private::Allowed, &server.url("/page"));
    assert!(server.asked().contains(&"/page".to_owned()));
}
