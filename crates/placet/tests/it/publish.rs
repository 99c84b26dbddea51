//! `placet publish`: what is written, how it is merged, and that it reads back as the terms.

use std::path::Path;

use jiff::Timestamp;
use placet_authorize::{Asking, Item, Profile, decide};
use placet_core::{Statement, Use, UseSet, Verdict};
use placet_signals::publish::{Answer, Offer, Price, Site, Terms, UntilAgreed, merge, read_back};
use placet_signals::{agents, robots};
use proptest::prelude::*;

use crate::support::{Run, run};

fn publish(folder: &Path, args: &[&str]) -> Run {
    run(folder, [&["publish"], args].concat())
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("site")).unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn text(folder: &Path, path: &str) -> String {
    std::fs::read_to_string(folder.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

const ROBOTS: &str = "# ours\nUser-agent: *\nDisallow: /private/\n\nUser-agent: Googlebot\nAllow: /\n\nUser-agent: GPTBot\nAllow: /press/\nSitemap: https://example.org/s.xml";

#[test]
fn refusing_everything_takes_one_command() {
    let folder = folder(&[]);
    publish(folder.path(), &["--refuse-all", "--site", "site"]).expect(0);
    let check = [
        "check",
        "--json",
        "records/a.example/index.html",
        "--url",
        "https://a.example/",
        "--site-records",
        "records",
    ];
    std::fs::create_dir(folder.path().join("records")).unwrap();
    std::fs::write(folder.path().join("site/index.html"), "<html><head></head></html>").unwrap();
    publish(folder.path(), &["--refuse-all", "--site", "site", "--pages"]).expect(0);
    std::fs::rename(folder.path().join("site"), folder.path().join("records/a.example")).unwrap();
    let said: serde_json::Value = serde_json::from_str(&run(folder.path(), check).expect(10).stdout).unwrap();
    for decision in said["items"][0]["decisions"].as_array().unwrap() {
        let wanted = match decision["use"].as_str().unwrap() {
            "tdm" | "train-nongen" | "train-gen" | "fine-tune" | "evaluation" | "ai-index" | "ai-input"
            | "ai-output" | "replica" => "denied",
            "access" | "search" | "display" => "unknown",
            other => panic!("{other}"),
        };
        assert_eq!(decision["verdict"], wanted, "{decision}");
    }
}

#[test]
fn foreign_lines_stay_and_a_second_run_changes_nothing() {
    let folder = folder(&[
        ("site/robots.txt", ROBOTS),
        ("site/.well-known/tdmrep.json", r#"[{"location": "/free/*", "tdm-reservation": 0}]"#),
        ("site/index.html", "<!doctype html>\n<html>\n<head>\n<title>x</title>\n</head></html>\n"),
        (
            "terms.toml",
            "holder = \"Example Press\"\ncontact = \"rights@example.org\"\nsite = \"https://example.org\"\n\
             refuse = [\"all\"]\ngrant = [\"access\", \"search\"]\nuntil = \"2099-12-31\"\n\
             [[offer]]\nuses = [\"ai-input\", \"ai-index\"]\nprice = \"0.002 EUR\"\nper = \"use\"\n\
             to = [\"commercial\"]\nterritory = \"DE AT\"\n",
        ),
    ]);
    let args = ["--site", "site", "--terms", "terms.toml", "--pages"];
    let shown = publish(folder.path(), &[&args[..], &["--dry-run"]].concat()).expect(0).stdout;
    assert_eq!(text(folder.path(), "site/robots.txt"), ROBOTS);
    assert!(!folder.path().join("site/license.xml").exists());
    let said = publish(folder.path(), &args).expect(0).stdout;
    // The list of agents grows; which ones are named has a test of its own.
    let shown_site: String = said
        .lines()
        .filter(|l| !l.starts_with("  + User-agent: ") || l.ends_with('*'))
        .map(|l| format!("{l}\n"))
        .collect();
    let agents = said.lines().find(|l| l.contains("agents refused by name")).unwrap().to_owned();
    let count = agents.split("; ").last().unwrap().split(' ').next().unwrap().to_owned();
    assert!(count.parse::<usize>().unwrap() > 100, "{agents}");
    insta::assert_snapshot!("publish_site", shown_site.replace(&format!("; {count} agents"), "; N agents"));
    assert_eq!(
        shown.lines().filter(|l| l.starts_with("  ")).count(),
        said.lines().filter(|l| l.starts_with("  ")).count()
    );
    let written = text(folder.path(), "site/robots.txt");
    assert!(written.starts_with(ROBOTS), "{written}");
    assert_eq!(text(folder.path(), "site/robots.txt.before-placet"), ROBOTS);
    insta::assert_snapshot!("publish_license", text(folder.path(), "site/license.xml"));
    let first: Vec<String> = ["robots.txt", ".well-known/tdmrep.json", "ai.txt", "index.html", "license.xml"]
        .map(|f| text(folder.path(), &format!("site/{f}")))
        .to_vec();
    assert!(first[1].contains("/free/*"), "{}", first[1]);
    let again = publish(folder.path(), &args).expect(0).stdout;
    assert!(again.starts_with("0 files written"), "{again}");
    for (path, before) in
        ["robots.txt", ".well-known/tdmrep.json", "ai.txt", "index.html", "license.xml"].iter().zip(&first)
    {
        assert_eq!(&text(folder.path(), &format!("site/{path}")), before);
    }
}

#[test]
fn what_cannot_be_merged_is_left_alone_and_said() {
    let folder = folder(&[
        ("site/.well-known/tdmrep.json", "[{\"location\": \"/\" \"tdm-reservation\": 1}]"),
        ("site/license.xml", "<rsl/>"),
    ]);
    let said = publish(folder.path(), &["--site", "site", "--refuse-all"]).expect(3).stdout;
    assert!(said.contains("tdmrep.json is not the JSON that the protocol asks for"), "{said}");
    assert!(said.contains("license.xml is another document"), "{said}");
    assert_eq!(text(folder.path(), "site/license.xml"), "<rsl/>");
    assert!(folder.path().join("site/robots.txt").exists());
}

/// A profile that takes the site's word for a yes, so that grants show.
fn trusting() -> Profile {
    let text = include_str!("../../../../profiles/art.toml")
        .replace("yes_proof = \"signed\"", "yes_proof = \"none\"");
    Profile::read(&text).unwrap()
}

fn verdict(site: &Site, agents: &[&str], class: Option<&str>, u: Use) -> Verdict {
    let url = "https://example.org/a/page";
    let statements: Vec<Statement> = read_back(site, url, agents).into_values().flatten().collect();
    let mut asking = Asking::at(Timestamp::UNIX_EPOCH);
    asking.agents = agents.iter().map(|a| (*a).to_owned()).collect();
    asking.classes = Some(class.map(str::to_owned).into_iter().collect());
    let item = Item { url: Some(url), statements: &statements, ..Item::default() };
    decide(&trusting(), &asking, &item, u).verdict
}

fn terms() -> impl Strategy<Value = Terms> {
    let offer = (any::<bool>(), any::<bool>(), any::<bool>());
    (prop::collection::vec(0u8..5, 12), prop::option::of(offer), any::<bool>()).prop_map(
        |(said, offer, silent)| {
            let of = |n: u8| {
                Use::ALL.into_iter().zip(&said).filter(|(_, s)| **s == n).map(|(u, _)| u).collect::<UseSet>()
            };
            let (refuse, grant, offered) = (of(0).union(of(4)), of(1), of(2));
            let offers = offer.filter(|_| !offered.is_empty()).map(|(paid, limited, named)| Offer {
                uses: offered,
                to: limited.then(|| "education".to_owned()).into_iter().collect(),
                territory: "world".parse().unwrap(),
                price: (paid || !limited).then(|| Price {
                    per: "use".to_owned(),
                    amount: Some(("0.002".to_owned(), "EUR".to_owned())),
                }),
                attribution: named,
            });
            Terms {
                site: Some("https://example.org".to_owned()),
                refuse,
                grant,
                offers: offers.into_iter().collect(),
                until_agreed: if silent { UntilAgreed::Silent } else { UntilAgreed::Refuse },
                ..Terms::default()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// What is granted is never refused, what is not granted is never allowed, and what is refused is denied unless
    /// it is told that no protocol can say so.
    #[test]
    fn what_is_written_reads_back_as_the_terms(terms in terms()) {
        let site = Site::new(&terms, b"");
        let unsaid = site.unsaid(&terms);
        for u in Use::ALL {
            let read = verdict(&site, &[], Some("education"), u);
            match terms.answer(u) {
                Answer::Granted => prop_assert!(matches!(read, Verdict::Allowed | Verdict::Unknown), "{u}: {read} {site:?}"),
                Answer::Refused if unsaid.contains(u) => {
                    prop_assert!(matches!(read, Verdict::Unknown | Verdict::Conditional), "{u}: {read} {site:?}");
                }
                Answer::Refused => prop_assert_eq!(read, Verdict::Denied, "{} {:?}", u, site),
                Answer::Offered if terms.offers[0].price.is_some() => {
                    prop_assert_ne!(read, Verdict::Allowed, "{} {:?}", u, site);
                }
                Answer::Offered => {}
                Answer::Silent => prop_assert_ne!(read, Verdict::Allowed, "{} {:?}", u, site),
            }
            // Silence about a grant or an offer is told too.
            if read == Verdict::Unknown && terms.answer(u) == Answer::Granted && u != Use::Access {
                prop_assert!(site.told.iter().any(|t| t.use_ == u), "{u} {site:?}");
            }
        }
    }

    /// An agent is refused by name exactly where what it fetches for is refused, whatever stands in the file besides.
    #[test]
    fn agents_are_refused_by_purpose(terms in terms(), foreign in "(User-agent: [A-C]Bot\n(Disallow: /x\n)?){0,3}") {
        let site = Site::new(&terms, foreign.as_bytes());
        let Some(file) = site.files.iter().find(|f| f.path == "robots.txt") else { return Ok(()) };
        let merged = merge(Some(foreign.as_bytes()), file).unwrap();
        prop_assert!(merged.starts_with(foreign.as_bytes()));
        prop_assert_eq!(&merge(Some(&merged), file).unwrap(), &merged);
        let (read, defects) = robots::parse(&merged);
        prop_assert_eq!(defects, vec![]);
        let matcher = robots::Matcher::new(&read);
        let everybody = matcher.decide("NoOneBot", b"/").allowed;
        for agent in agents::all() {
            let refused = site.agents_refused.contains(&agent.token);
            prop_assert_eq!(matcher.decide(agent.token, b"/a").allowed, !refused && everybody, "{}", agent.token);
            for u in agent.class.uses().iter().filter(|_| refused) {
                prop_assert_ne!(terms.answer(u), Answer::Granted);
            }
        }
    }
}

#[test]
fn nothing_is_lost_when_everything_is_refused() {
    let terms = Terms { site: Some("https://example.org".to_owned()), ..Terms::refuse_all() };
    let site = Site::new(&terms, b"");
    // Showing pages is refused by a word that would take them out of search results too.
    assert_eq!(site.unsaid(&terms), UseSet::NONE.with(Use::Display));
    for agent in ["GPTBot", "CCBot", "Google-Extended", "ChatGPT-User", "OAI-SearchBot"] {
        assert!(site.agents_refused.contains(&agent), "{agent}");
    }
    for u in [Use::Access, Use::Search] {
        assert_ne!(verdict(&site, &[], None, u), Verdict::Denied, "{u}");
    }
}

/// A picture of each kind that XMP is written into, without any: one grey pixel.
fn pictures() -> Vec<(&'static str, Vec<u8>)> {
    let hex = |text: &str| -> Vec<u8> {
        let digits: Vec<u8> =
            text.bytes().filter_map(|b| (b as char).to_digit(16)).map(|d| d as u8).collect();
        digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    };
    let png = hex(
        "89504E470D0A1A0A 0000000D49484452 00000001000000010800000000 3A7E9B55 0000000A49444154 789C636000000002000148AFA471 0000000049454E44AE426082",
    );
    let jpeg = hex("FFD8 FFE000104A46494600010100000100010000 FFDB0004 0000 FFDA0002 00 FFD9");
    let webp = hex("52494646 1A000000 57454250 5650384C 0D000000 2F00000010071011118888FE0700");
    vec![("p.png", png), ("p.jpg", jpeg), ("p.webp", webp)]
}

#[test]
fn pictures_carry_the_terms_and_keep_their_own_words() {
    let folder = folder(&[("tone.tif", "II*\0 a file that is not written into")]);
    for (name, bytes) in pictures() {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let args = ["--refuse-all", "--media", "p.png", "p.jpg", "p.webp", "tone.tif", "none.jpg"];
    let said = publish(folder.path(), &args).expect(3).stdout;
    insta::assert_snapshot!("publish_media", said);
    // A sidecar speaks of a file in a format of its maker, too.
    std::fs::write(folder.path().join("tone.cr2"), "of its maker").unwrap();
    for name in ["p.png", "p.jpg", "p.webp", "tone.xmp", "tone.tif", "tone.cr2"] {
        let read =
            run(folder.path(), ["check", "--json", name, "--use", "tdm,train-gen,search"]).expect(10).stdout;
        let read: serde_json::Value = serde_json::from_str(&read).unwrap();
        let verdicts: Vec<_> =
            read["items"][0]["decisions"].as_array().unwrap().iter().map(|d| d["verdict"].clone()).collect();
        // Search is allowed by a word nobody signed: no authorization.
        assert_eq!(verdicts, ["unknown", "denied", "denied"].map(serde_json::Value::from), "{name}: {read}");
    }
    assert_eq!(std::fs::read(folder.path().join("p.png.before-placet")).unwrap(), pictures()[0].1);
    let again = publish(folder.path(), &args).expect(3).stdout;
    assert_eq!(again.matches("says it already").count(), 4, "{again}");
    // Other terms take the place of these, and nothing else of the file changes.
    std::fs::write(folder.path().join("t.toml"), "grant = [\"all\"]").unwrap();
    publish(folder.path(), &["--terms", "t.toml", "--media", "p.png", "p.jpg", "p.webp"]).expect(0);
    for name in ["p.png", "p.jpg", "p.webp"] {
        let text = String::from_utf8_lossy(&std::fs::read(folder.path().join(name)).unwrap()).into_owned();
        assert!(
            text.contains("DMI-ALLOWED")
                && !text.contains("DMI-PROHIBITED")
                && !text.contains("<tdm:reservation>1"),
            "{text}"
        );
    }
}

#[test]
fn a_signed_file_is_not_touched() {
    let Some(shared) = std::env::var_os("PLACET_SHARED_DATA") else {
        println!("skipped: the signed file needs PLACET_SHARED_DATA");
        return;
    };
    let signed = Path::new(&shared).join("c2pa/jpeg/adobe-20220124-C.jpg");
    let folder = folder(&[]);
    std::fs::copy(&signed, folder.path().join("c.jpg")).unwrap();
    let said = publish(folder.path(), &["--refuse-all", "--media", "c.jpg"]).expect(0).stdout;
    assert!(said.contains("signed C2PA manifest"), "{said}");
    assert_eq!(std::fs::read(folder.path().join("c.jpg")).unwrap(), std::fs::read(signed).unwrap());
    assert!(text(folder.path(), "c.xmp").contains("DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"));
}

#[test]
fn a_picture_carries_a_signed_assertion() {
    let folder = folder(&[("t.toml", "grant = [\"all\"]")]);
    let at = |name: &str| folder.path().join(name);
    for (name, bytes) in pictures() {
        std::fs::write(at(name), bytes).unwrap();
    }
    std::fs::write(at("key.pem"), include_bytes!("../../../placet-fetch/testdata/server.key")).unwrap();
    std::fs::write(at("cert.pem"), include_bytes!("../../../placet-fetch/testdata/server.pem")).unwrap();
    std::fs::write(at("other.pem"), include_bytes!("../../../placet-fetch/testdata/authority.pem")).unwrap();
    let args =
        ["--refuse-all", "--sign-key", "key.pem", "--certificate", "cert.pem", "--media", "p.jpg", "p.png"];
    let said = publish(folder.path(), &args).expect(0).stdout;
    insta::assert_snapshot!("publish_media_signed", said);
    let cawg = |name: &str| -> Vec<(String, String)> {
        let read = run(folder.path(), ["check", "--json", name, "--use", "train-gen"]).stdout;
        let read: serde_json::Value = serde_json::from_str(&read).unwrap();
        let told = &read["items"][0]["decisions"][0];
        let heard = ["witness", "overruled"].iter().filter_map(|k| told[k].as_array()).flatten();
        let of_cawg = heard.filter(|h| h["protocol"] == "cawg");
        of_cawg.map(|h| (h["says"].to_string(), h["evidence"]["quote"].to_string())).collect()
    };
    let [(says, quote)] = cawg("p.jpg").try_into().unwrap();
    assert_eq!(says, "\"denied\"");
    assert!(
        quote.contains("signature valid (issuer not on a trust list), whose certificate names localhost"),
        "{quote}"
    );
    let again = publish(folder.path(), &args).expect(0).stdout;
    assert_eq!(again.matches("says it already").count(), 2, "{again}");
    // Whoever changes a pixel, or takes the manifest to another picture, breaks it; the no stays.
    let mut changed = std::fs::read(at("p.jpg")).unwrap();
    let scan = changed.len() - 3;
    changed[scan] ^= 1;
    std::fs::write(at("changed.jpg"), changed).unwrap();
    let [(says, quote)] = cawg("changed.jpg").try_into().unwrap();
    assert!(
        says == "\"denied\"" && quote.contains("the file is not the one that was signed"),
        "{says} {quote}"
    );
    // Other terms take the place of these.
    let args =
        ["--terms", "t.toml", "--sign-key", "key.pem", "--certificate", "cert.pem", "--media", "p.jpg"];
    publish(folder.path(), &args).expect(0);
    let [(says, quote)] = cawg("p.jpg").try_into().unwrap();
    assert!(says == "\"allowed\"" && quote.contains("signature valid"), "{says} {quote}");
    let args = ["--refuse-all", "--sign-key", "key.pem", "--certificate", "other.pem", "--media", "p.jpg"];
    let said = publish(folder.path(), &args).expect(2).stderr;
    assert!(said.contains("the private key is not the one of the certificate"), "{said}");
}
