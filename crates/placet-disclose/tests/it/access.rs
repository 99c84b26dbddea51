//! Logs of web servers, as they come.

use std::collections::BTreeMap;
use std::io::Write as _;

use jiff::Timestamp;
use placet_disclose::evidence::Grade;
use placet_disclose::evidence::access::{AccessLog, Place, Reserved, RobotsVersion, Visits};
use placet_disclose::evidence::agents::{Identity, Ranges};

const GPTBOT: &str =
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)";

fn combined(address: &str, time: &str, path: &str, status: u16, agent: &str) -> String {
    format!("{address} - - [{time}] \"GET {path} HTTP/1.1\" {status} 512 \"-\" \"{agent}\"\n")
}

fn mixed() -> Vec<u8> {
    let mut log = Vec::new();
    log.extend(combined("192.0.2.1", "01/Feb/2026:10:00:00 +0000", "/poem.html", 200, GPTBOT).bytes());
    log.extend(combined("192.0.2.1", "15/Mar/2026:10:00:00 +0000", "/poem.html", 200, GPTBOT).bytes());
    log.extend(combined("203.0.113.9", "16/Mar/2026:10:00:00 +0100", "/poem.html?x=1", 200, GPTBOT).bytes());
    log.extend(
        combined("198.51.100.7", "16/Mar/2026:10:00:00 +0000", "/", 200, "Mozilla/5.0 Firefox/140.0").bytes(),
    );
    log.extend(b"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /apache_pb.gif HTTP/1.0\" 200 2326\n");
    log.extend(b"\x00\x01\x02 binary \xff\xfe junk\n\n");
    log.extend(br#"{"level":"info","ts":1773655200.5,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"192.0.2.2","client_ip":"192.0.2.2","method":"GET","host":"example.org","uri":"/poem.html","headers":{"User-Agent":["CCBot/2.0 (https://commoncrawl.org/faq/)"]}},"size":900,"status":403}"#);
    log.extend(b"\n{\"level\":\"info\",\"broken\n");
    log.extend(combined("192.0.2.3", "17/Mar/2026:10:00:00 +0000", "/last", 304, GPTBOT).trim_end().bytes());
    log
}

fn reserved() -> Reserved {
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    Reserved {
        robots: vec![
            RobotsVersion::new(b"User-agent: *\nAllow: /\n", at("2026-01-01T00:00:00Z"), None),
            RobotsVersion::new(b"User-agent: GPTBot\nDisallow: /\n", at("2026-03-01T00:00:00Z"), None),
        ],
        reservations: Vec::new(),
        places: vec![Place { work: "poem".to_owned(), url: "https://example.org/poem.html".to_owned() }],
    }
}

fn read(log: &[u8], gz: bool) -> Visits {
    let reserved = reserved();
    let (ranges, _) = Ranges::parse(b"192.0.2.0/24\n");
    let mut access = AccessLog::new(BTreeMap::from([("gptbot".to_owned(), ranges)]), &reserved.turns());
    if gz {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(log).unwrap();
        access.read("access.log.gz", packed.finish().unwrap().as_slice()).unwrap();
    } else {
        access.read("access.log", log).unwrap();
    }
    let mut visits = access.finish();
    reserved.name(&mut visits);
    visits
}

#[test]
fn formats_mix_and_junk_is_counted_and_named() {
    let visits = read(&mixed(), false);
    let lines = &visits.read;
    assert_eq!((lines.lines, lines.combined, lines.common, lines.json), (10, 5, 1, 1));
    assert_eq!((lines.empty, lines.junk, lines.agent_visits), (1, 2, 5));
    let places: Vec<(u64, &str)> = lines.junk_places.iter().map(|j| (j.line, j.what.as_str())).collect();
    assert_eq!(places, [(6, "no time in brackets"), (9, "JSON that breaks off")]);
}

#[test]
fn a_visit_is_held_against_what_was_in_force_then_and_not_later() {
    let mut visits = read(&mixed(), false);
    let table = visits.close();
    let gpt: Vec<(Identity, u64, u64)> = visits
        .agents
        .iter()
        .filter(|a| a.agent == "GPTBot")
        .map(|a| (a.identity, a.visits, a.against))
        .collect();
    // February was allowed. In March the robots.txt of 1 March denied two visits from its addresses, one from elsewhere.
    assert_eq!(gpt, [(Identity::Verified, 3, 2), (Identity::Outside, 1, 1)]);
    assert!(visits.rows[0].against() && visits.rows[0].work.as_deref() == Some("poem"));
    let denied = visits.rows[0].in_force.iter().find(|r| r.denies).unwrap();
    assert_eq!((denied.line, denied.since.to_string().as_str()), (Some(2), "2026-03-01T00:00:00Z"));
    assert!(table.lines().count() == 1 + visits.rows.len());
    let graded = visits.graded();
    assert_eq!(graded.grade, Grade::A);
    assert!(graded.not_shown.iter().any(|line| line.contains("trained")));
}

#[test]
fn packed_logs_give_the_same() {
    let (plain, packed) = (read(&mixed(), false), read(&mixed(), true));
    assert_eq!(plain.rows, packed.rows);
    assert_eq!(plain.agents, packed.agents);
}

#[test]
fn a_name_alone_is_a_circumstance() {
    let mut access = AccessLog::new(BTreeMap::new(), &[]);
    let line = combined("192.0.2.1", "01/Feb/2026:10:00:00 +0000", "=cmd()", 200, GPTBOT);
    access.read("a", line.as_bytes()).unwrap();
    let mut visits = access.finish();
    let table = visits.close();
    assert_eq!(visits.graded().grade, Grade::C);
    assert!(table.contains(",'=cmd(),"), "{table}");
}

#[test]
fn lines_longer_than_a_block_are_one_line_of_junk() {
    let mut log = vec![b'a'; 3 << 20];
    log.push(b'\n');
    log.extend(mixed());
    let visits = read(&log, false);
    assert_eq!((visits.read.lines, visits.read.junk), (11, 3));
    assert_eq!(visits.read.agent_visits, 5);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 64, ..Default::default() })]
    #[test]
    fn no_log_panics_and_every_line_is_counted_once(log in proptest::collection::vec(proptest::num::u8::ANY, 0..2000), cut in 0usize..900) {
        let mut bytes = log.clone();
        bytes.extend(mixed().get(..cut).unwrap_or_default());
        let read = read(&bytes, false).read;
        proptest::prop_assert_eq!(read.lines, read.combined + read.common + read.json + read.empty + read.junk);
    }
}
