use std::collections::HashMap;
use std::io::Read;

use placet_signals::Problem;
use placet_signals::robots::{self, Directive, Matcher, Reading};
use proptest::prelude::*;
use serde_json::Value;

fn decide(reading: Reading, file: &[u8], agent: &str, url: &str) -> bool {
    let (robots, _) = robots::parse_as(file, reading);
    let path = robots::path_of(url);
    let path = match reading {
        Reading::Rfc9309 => robots::normal(path.as_bytes()),
        Reading::Lenient => path.as_bytes().into(),
    };
    Matcher::new(&robots).decide(agent, &path).allowed
}

/// Google's 145 assertions: all in the lenient reading; in RFC 9309's reading all but these.
#[test]
fn google_cases() {
    // What Google's matcher forgives or does otherwise than RFC 9309 says.
    const GOOGLE_ALONE: [(&str, &str); 8] = [
        ("ID_LineSyntax_Line#3", "a line without its colon"),
        (
            "GoogleOnly_AcceptUserAgentUpToFirstSpace#2",
            "a token with a space in it matches no line; ours does",
        ),
        ("ID_Encoding#3", "the URL's octets are not percent-encoded before they are compared"),
        ("ID_Encoding#5", "the URL's octets are not percent-encoded before they are compared"),
        ("ID_Encoding#6", "percent-encoded letters are not decoded before they are compared"),
        ("GoogleOnly_IndexHTMLisDirectory#1", "index.html stands for its folder"),
        ("GoogleOnly_LineTooLong#2", "lines of more than 16,663 octets are cut"),
        ("GoogleOnly_LineTooLong#5", "lines of more than 16,663 octets are cut"),
    ];
    let cases: Value = serde_json::from_slice(&crate::conformance("robots/google_cases.json")).unwrap();
    let mut strict = Vec::new();
    for case in cases["cases"].as_array().unwrap() {
        let text = |key: &str| case[key].as_str().unwrap();
        let ask = |reading| decide(reading, text("robots").as_bytes(), text("agent"), text("url"));
        let expected = case["allowed"].as_bool().unwrap();
        assert_eq!(ask(Reading::Lenient), expected, "{}", text("id"));
        if ask(Reading::Rfc9309) != expected {
            strict.push(text("id").to_owned());
        }
    }
    assert_eq!(strict, GOOGLE_ALONE.map(|(id, _)| id));
    for case in cases["valid_user_agents"].as_array().unwrap() {
        let agent = case["agent"].as_str().unwrap();
        assert_eq!(robots::is_product_token(agent), case["valid"].as_bool().unwrap(), "{agent:?}");
    }
}

/// 12,000 verdicts on which Google's matcher and Protego agree, on 1,000 real files.
#[test]
fn real_files() {
    let (Some(files), Some(cases)) =
        (crate::shared("robots/real_files.tar.zst"), crate::shared("robots/real_cases.jsonl"))
    else {
        return;
    };
    let files = unpack(&std::fs::read(files).unwrap());
    let cases = std::fs::read_to_string(cases).unwrap();
    let mut matchers: HashMap<String, (Matcher, Matcher)> = HashMap::new();
    let mut different = [Vec::new(), Vec::new()];
    let mut count = 0;
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| case[key].as_str().unwrap();
        let (strict, lenient) = matchers.entry(text("robots_file").to_owned()).or_insert_with(|| {
            let bytes = &files[text("robots_file")];
            let prepare = |r| Matcher::new(&robots::parse_as(bytes, r).0);
            (prepare(Reading::Rfc9309), prepare(Reading::Lenient))
        });
        let path = robots::path_of(text("url"));
        let expected = case["allowed"].as_bool().unwrap();
        count += 1;
        if strict.decide(text("agent"), &robots::normal(path.as_bytes())).allowed != expected {
            different[0].push(line.to_owned());
        }
        if lenient.decide(text("agent"), path.as_bytes()).allowed != expected {
            different[1].push(line.to_owned());
        }
    }
    assert_eq!(count, 12_000);
    assert_eq!(different, [Vec::<String>::new(), Vec::new()]);
}

/// Files made to cost: the answer must come out of one pass, not of backtracking.
#[test]
fn hostile_files_are_linear() {
    let floor = 500 * 1024;
    let stars = format!("User-agent: *\nDisallow: /{}b\n", "*a".repeat(floor / 2));
    let many = format!("User-agent: *\n{}", "Disallow: /*a*b\n".repeat(floor / 16));
    let lines = |count: usize, line: fn(usize) -> String| (0..count).map(line).collect::<Vec<_>>().concat();
    let distinct = lines(floor / 20, |i| format!("Disallow: /*{i:x}*z$\n"));
    let chain = lines(1000, |n| format!("Disallow: /{}\n", "a".repeat(n + 1)));
    let agents = lines(floor / 20, |i| format!("User-agent: a{i:x}\n"));
    let path = format!("/{}", "a".repeat(8 * 1024));
    for file in [stars, many, format!("User-agent: *\n{distinct}"), format!("User-agent: *\n{chain}"), agents]
    {
        let matcher = Matcher::new(&robots::parse(file.as_bytes()).0);
        for token in ["GPTBot", "a1"] {
            let access = matcher.decide(token, path.as_bytes());
            assert_eq!(access.allowed, !file.contains("/aaaa\n"));
        }
    }
}

#[test]
fn extension_lines_stay_in_their_group_and_close_none() {
    let file = b"License: https://example.org/all.xml\n\
        User-agent: A\nContent-Usage: /x train-ai=n\nUser-agent: B\nDisallow: /y\n\
        Content-Signal: ai-train=no # a comment\nSitemap: https://example.org/s\nfoo: bar\n";
    let (robots, defects) = robots::parse(file);
    assert_eq!(defects, []);
    let [group] = &robots.groups[..] else { panic!("{robots:?}") };
    let told: Vec<_> = group.extensions.iter().map(|e| (e.directive, e.value.as_str(), e.line)).collect();
    assert_eq!(
        told,
        [
            (Directive::ContentUsage, "/x train-ai=n", 3),
            (Directive::ContentSignal, "ai-train=no", 6),
            (Directive::Unknown, "bar", 8),
        ]
    );
    let outside: Vec<_> = robots.outside.iter().map(|e| (e.directive, e.line)).collect();
    assert_eq!(outside, [(Directive::License, 1), (Directive::Sitemap, 7)]);
    assert!(!Matcher::new(&robots).decide("a", b"/y").allowed);
}

#[test]
fn a_web_page_is_no_robots_txt_and_slips_are_told() {
    let (robots, defects) = robots::parse(b"\n<!DOCTYPE html><html>User-agent: *\nDisallow: /");
    assert!(robots.absent && robots.groups.is_empty());
    assert_eq!(defects[0].problem, Problem::Html);

    let (_, defects) =
        robots::parse(b"Disallow: /early\nUser-agent: *\ndisalow: /\ndisallow /x\nDisallow: y\n???\n");
    let told: Vec<String> = defects.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 1: says nothing where it stands: `/early`",
            "line 3: misspelt: `disalow`",
            "line 4: a required part is missing: `disallow /x`",
            "line 5: says nothing where it stands: `y`",
            "line 6: not well-formed: `???`",
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The prepared matcher and the plain definition (longest match, Allow wins ties) agree.
    #[test]
    fn the_matcher_is_the_definition(
        rules in prop::collection::vec((any::<bool>(), "[/ab*$]{0,6}"), 0..12),
        path in "/[ab/$*]{0,8}",
    ) {
        let lines: Vec<String> = rules
            .iter()
            .map(|(allow, pattern)| format!("{}: /{pattern}\n", if *allow { "Allow" } else { "Disallow" }))
            .collect();
        let (robots, _) = robots::parse(format!("User-agent: *\n{}", lines.concat()).as_bytes());
        let path = robots::normal(path.as_bytes());
        let group = &robots.groups[0];
        let best = group
            .rules
            .iter()
            .filter(|r| robots::matches(r.pattern.as_bytes(), &path))
            .map(|r| (r.pattern.len(), r.allow))
            .max();
        let access = Matcher::new(&robots).decide("anyone", &path);
        prop_assert_eq!(access.allowed, best.is_none_or(|(_, allow)| allow));
    }

    #[test]
    fn any_bytes_are_read_and_answered(bytes in prop::collection::vec(any::<u8>(), 0..400), path in ".{0,40}") {
        for reading in [Reading::Rfc9309, Reading::Lenient] {
            let (robots, _) = robots::parse_as(&bytes, reading);
            Matcher::new(&robots).decide("GPTBot", &robots::normal(path.as_bytes()));
        }
    }

    /// What is written reads back as the same groups.
    #[test]
    fn what_is_written_reads_back(text in "((User-agent|Allow|Disallow|Content-Signal|Foo): ?[ -~]{0,12}\n){0,12}") {
        let (first, _) = robots::parse(text.as_bytes());
        let (second, _) = robots::parse(robots::write(&first.groups).as_bytes());
        let (a, b) = (Matcher::new(&first), Matcher::new(&second));
        for path in ["/", "/a", "/*", "/%41"] {
            prop_assert_eq!(a.decide("x", path.as_bytes()).allowed, b.decide("x", path.as_bytes()).allowed);
        }
        prop_assert_eq!(first.groups.len(), second.groups.len());
    }
}

fn unpack(archive: &[u8]) -> HashMap<String, Vec<u8>> {
    let tar = zstd::decode_all(archive).unwrap();
    let mut files = HashMap::new();
    for entry in tar::Archive::new(&tar[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(name, bytes);
    }
    files
}
