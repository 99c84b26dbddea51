//! What is written reads back as the same answers.

use placet_core::{ParseStatus, Use, Verdict};
use placet_signals::{ai_txt, aipref, asset, content_signal, html, plus, robots_meta, tdmrep, trust_txt};
use proptest::prelude::*;

proptest! {
    #[test]
    fn preferences(train_ai: Option<bool>, search: Option<bool>) {
        let written = aipref::write(train_ai, search).unwrap_or_default();
        let (told, defects) = aipref::preferences(written.as_bytes());
        prop_assert_eq!((told.train_ai, told.search, defects.len()), (train_ai, search, 0));
    }

    #[test]
    fn signals(search: Option<bool>, ai_input: Option<bool>, ai_train: Option<bool>) {
        let signals = content_signal::Signals { search, ai_input, ai_train };
        let written = content_signal::write(&signals).unwrap_or_default();
        prop_assert_eq!(content_signal::parse(written.as_bytes()), (signals, vec![]));
    }

    #[test]
    fn reservations(
        entries in prop::collection::vec(("/[a-z/*]{0,8}", any::<bool>(), prop::option::of("https://[a-z]{1,8}")), 0..5),
    ) {
        let entries: Vec<tdmrep::Entry> = entries
            .into_iter()
            .map(|(location, reserved, policy)| tdmrep::Entry {
                location,
                reserved: Some(reserved),
                policy,
                quote: String::new(),
            })
            .collect();
        let (file, defects) = tdmrep::file(tdmrep::write(&entries).as_bytes());
        prop_assert_eq!(defects, vec![]);
        let told: Vec<_> = file.entries.into_iter().map(|e| tdmrep::Entry { quote: String::new(), ..e }).collect();
        prop_assert_eq!(told, entries);
    }
}

#[test]
fn training_bits() {
    for (allowed, verdict) in [(true, Verdict::Allowed), (false, Verdict::Denied)] {
        let (stated, defects) = trust_txt::parse(trust_txt::write(allowed).as_bytes());
        assert_eq!((stated[0].says(Use::TrainGen), defects.len()), (Some(verdict), 0));
    }
    let (stated, defects) = trust_txt::parse(b"datatrainingallowed=yes\nDataTrainingAllowed=no\n");
    assert_eq!((stated.len(), stated[0].verdict, defects.len()), (1, Verdict::Denied, 1));
    let (stated, _) = trust_txt::parse(b"datatrainingallowed: never\n");
    assert_eq!(stated[0].parse_status, ParseStatus::MalformedIntent);

    let (file, _) = ai_txt::parse(ai_txt::write(&["jpg"]).as_bytes());
    let says = |url: &str| ai_txt::statements(&file, &[], url).first().map(|s| s.verdict);
    assert_eq!(says("https://example.org/a.jpg"), Some(Verdict::Denied));
    assert_eq!(says("https://example.org/a.png"), None);

    let words = robots_meta::words([Use::TrainGen].into_iter().collect()).join(", ");
    let page = format!("<meta name=\"robots\" content=\"{words}\">");
    let (signals, _) = html::parse(page.as_bytes(), None);
    assert!(signals.statements.iter().all(|s| s.says(Use::TrainGen) == Some(Verdict::Denied)));
    assert_eq!(signals.statements.len(), 3);
}

#[test]
fn data_mining() {
    for meant in plus::DataMining::ALL {
        let (signals, defects) = asset::parse(plus::write(meant).as_bytes());
        assert_eq!(defects, []);
        assert!(signals.statements[0].evidence.quote.as_deref().unwrap().ends_with(meant.key()));
    }
}
