use proptest::prelude::*;

use super::*;
use crate::import::delivery::Heard;

fn heard(bytes: &[u8]) -> Heard {
    let mut heard = Heard::default();
    read(bytes, &mut heard).unwrap();
    heard
}

/// A record: type, eight digits, eight digits, then fields at their columns.
fn record(kind: &str, fields: &[(usize, &str)]) -> String {
    let mut line: Vec<char> = format!("{kind}0000000000000000").chars().collect();
    for (at, text) in fields {
        line.resize(line.len().max(at + text.chars().count()), ' ');
        line.splice(at..&(at + text.chars().count()), text.chars());
    }
    line.into_iter().collect::<String>() + "\r\n"
}

fn header() -> String {
    let mut line: Vec<char> = "HDRPB000000001EXAMPLE PRESS".chars().collect();
    line.resize(101, ' ');
    line.splice(59..86, "01.102026010112000020260101".chars());
    line.into_iter().collect::<String>() + "\r\n"
}

fn work(kind: &str, rest: &[String]) -> String {
    header()
        + &record(kind, &[(19, "THE SONG"), (81, "W1"), (95, "T0345246801"), (142, "ORI")])
        + &rest.concat()
}

fn writer(number: &str, name: &str, role: &str, shares: [&str; 3]) -> String {
    let at = [(129, shares[0]), (137, shares[1]), (145, shares[2])];
    record(
        "SWR",
        &[&[(19, number), (28, name), (104, role), (115, "00014107338"), (126, "079")][..], &at].concat(),
    )
}

#[test]
fn a_work_with_a_chain_of_publishers() {
    let publisher = |number: &str, name: &str, kind: &str, share: &str| {
        record(
            "SPU",
            &[(19, "01"), (21, number), (30, name), (76, kind), (115, share), (123, share), (131, share)],
        )
    };
    let heard = heard(
        work(
            "NWR",
            &[
                publisher("P1", "FIRST HOUSE", "E ", "05000"),
                publisher("P2", "SECOND HOUSE", "SE", "00000"),
                record("SPT", &[(19, "P2"), (34, "050000500005000I2136")]),
                record("SPT", &[(19, "P2"), (34, "000000000000000E0056")]),
                writer("W1", "BYRON", "CA", ["05000", "05000", "05000"]),
                record("ALT", &[(19, "THE SONG LIVE"), (79, "AT")]),
                record("PER", &[(19, "THE BAND")]),
                record("REC", &[(249, "GBAYC1700598"), (266, "THE SONG (LIVE)")]),
                record("XRF", &[(19, "052"), (22, "123456"), (36, "W"), (37, "Y")]),
                record("ZZZ", &[(19, "x")]),
            ],
        )
        .as_bytes(),
    );
    insta::assert_snapshot!(heard.to_string());
}

#[test]
fn sums_are_checked_with_the_tolerance_of_the_standard() {
    for (shares, said) in [
        (["03333", "03333", "03333"], Some("PR shares sum to 99.99 %, within the tolerance of 0.06 %")),
        (["03333", "03333", "03328"], Some("PR shares sum to 99.94 %, within the tolerance of 0.06 %")),
        (["03333", "03333", "03327"], Some("PR shares sum to 99.93 %, not to the whole")),
        (["05000", "05000", "05000"], Some("PR shares sum to 150.00 %, not to the whole")),
        (["05000", "02500", "02500"], None),
        (["00000", "00000", "00000"], None),
    ] {
        let lines: Vec<String> = shares
            .iter()
            .enumerate()
            .map(|(i, share)| writer(&format!("W{i}"), &format!("NAME{i}"), "C ", [share, "", ""]))
            .collect();
        let heard = heard(work("NWR", &lines).as_bytes());
        let found = heard.notes.first().map(|note| note.split_once(": ").unwrap().1.to_owned());
        assert_eq!(found.as_deref(), said, "{shares:?}");
    }
}

#[test]
fn what_is_wrong_is_named_and_the_rest_is_kept() {
    let lines = [
        writer("W1", "A", "C ", ["1x000", "05000", "05000"]),
        record("OWR", &[(28, ""), (103, "Y"), (104, "A "), (129, "05000"), (137, "05000"), (145, "05000")]),
        record("SWT", &[(19, "NOBODY"), (28, "050000000000000I2136")]),
        writer("W2", "B", "XX", ["05000", "00000", "00000"]),
        record("MSG", &[(36, "too late")]),
    ];
    let heard = heard((work("REV", &lines) + &record("NWR", &[(81, "W2")])).as_bytes());
    insta::assert_snapshot!(heard.to_string());
}

#[test]
fn agreements_become_mandates() {
    let lines = header()
        + &record("AGR", &[(19, "AGR1"), (47, "OG"), (49, "20200101"), (57, "20261231"), (83, "20271231")])
        + &record("TER", &[(19, "I2136")])
        + &record("TER", &[(19, "E0840")])
        + &record(
            "IPA",
            &[(19, "AS"), (45, "W1"), (54, "BYRON"), (99, "ADA"), (132, "05000"), (140, "05000")],
        )
        + &record("IPA", &[(19, "AC"), (45, "P1"), (54, "FIRST HOUSE"), (132, "05000"), (140, "00000")]);
    insta::assert_snapshot!(heard(lines.as_bytes()).to_string());
}

#[test]
fn real_transmissions() {
    for name in ["nwrexample2.V21", "revexample.V21", "demo_cwr_cleaned.v22"] {
        let Some(path) = crate::shared_data(&format!("catalogues/cwr/{name}")) else { return };
        let bytes = std::fs::read(path).unwrap();
        assert!(is_cwr(&bytes), "{name}");
        insta::assert_snapshot!(name, heard(&bytes).to_string());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn never_panics(
        kinds in proptest::collection::vec(
            prop_oneof!["NWR", "REV", "SPU", "SPT", "SWR", "SWT", "OWR", "PWR", "REC", "XRF", "AGR", "TER", "IPA", "ACK", "GRT", "[A-Z]{0,3}"],
            0..12,
        ),
        body in "[ -~é0-9]{0,400}",
    ) {
        let text: String = kinds.iter().map(|kind| format!("{kind}{body}\n")).collect();
        let mut heard = Heard::default();
        let _ = read((header() + &text).as_bytes(), &mut heard);
    }

    #[test]
    fn never_panics_on_bytes(bytes in proptest::collection::vec(0u8.., 0..600)) {
        let mut heard = Heard::default();
        let _ = read(bytes.as_slice(), &mut heard);
    }
}
