//! What people read.

use placet_remunerate::settle::Settlement;
use placet_remunerate::statement::{explain, stands_behind, statement};
use placet_remunerate::tariff::{Purse, Tariff};
use placet_remunerate::uses::Tally;
use placet_remunerate::{Digest, Grains, claim::ClaimBook, layers::Catalogue, leads_to};

use crate::example::{read, tariffs};

/// A statement's text without the run, which changes with every byte of the inputs.
fn text(s: &Settlement, party: &str) -> String {
    statement(s, party).text().replace(&s.run.short(), "[RUN]")
}

#[test]
fn a_composers_statement() {
    let settled = read("gema-like").settle();
    insta::assert_snapshot!(text(&settled.settlement, "Ana"));
}

#[test]
fn a_statement_with_defaults_fractions_and_two_accounts() {
    let settled = read("stim-like").settle();
    let s = statement(&settled.settlement, "Anders");
    insta::assert_snapshot!(text(&settled.settlement, "Anders"));
    let both = s.by_purse[&Purse::Functioning].0 + s.by_purse[&Purse::Outputs].0;
    assert_eq!(Grains(both), s.earned);
    insta::assert_snapshot!(s.csv());
}

#[test]
fn a_statement_that_shows_what_waits_and_what_is_claimed() {
    insta::assert_snapshot!(text(&read("rsl-pay-per-use").settle().settlement, "Writer"));
    insta::assert_snapshot!(text(&read("past-use").settle().settlement, "Ada"));
    insta::assert_snapshot!(text(&read("parity-music").settle().settlement, "Label"));
}

#[test]
fn a_blanket_licence_still_has_a_line_for_every_work() {
    let s = read("stim-like").settle().settlement;
    let works: std::collections::BTreeSet<_> = s.lines.iter().filter_map(|l| l.asset.clone()).collect();
    assert_eq!(works.len(), 3);
}

#[test]
fn every_line_is_proved_and_followed_to_its_use_records() {
    let example = read("gema-like");
    let s = example.settle().settlement;
    let text = std::fs::read_to_string(tariffs().join("gema-like.toml")).unwrap();
    let tariff = Tariff::parse(&text).unwrap();
    let (claims, catalogue) = (ClaimBook::new(example.claims(), []).0, Catalogue::default());
    let mut tally = Tally::new(&tariff, example.period.parse().unwrap(), &claims, &catalogue);
    let mut followed = Vec::new();
    for (i, line) in s.lines.iter().enumerate() {
        let shown = explain(&s, i).unwrap();
        assert!(leads_to(&s.root, &Digest::of_value(&shown.line), shown.leaf, shown.leaves, &shown.path));
        let mut other = shown.line.clone();
        other.net.0 += 1;
        assert!(!leads_to(&s.root, &Digest::of_value(&other), shown.leaf, shown.leaves, &shown.path));
        for record in &example.uses {
            let key = tally.key(record).unwrap();
            if stands_behind(&s, line, &key, &tariff.streams[key.stream].name) {
                followed.push(format!("{i} {}", record.id));
            }
        }
    }
    // Ana: song-a and its outputs; Ben: song-b; the publisher: song-a and its outputs.
    assert_eq!(followed, ["0 u1", "1 u3", "2 u2", "3 u1", "4 u3"]);
}
