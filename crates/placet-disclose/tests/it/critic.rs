use placet_disclose::critic::{Finding, Form, Page, Reading, card, html_marks, lint, read};
use placet_disclose::summary::document::Summary;
use placet_disclose::summary::template::{FIELDS, sections};
use proptest::prelude::*;

fn page(text: &str) -> Reading {
    read(&[Page { number: 1, text: text.to_owned() }], true)
}

fn lints(text: &str) -> Vec<Finding> {
    lint(&page(text), "2026-11-21".parse().expect("a day"))
}

fn about(text: &str, lint: &str, field: &str) -> Option<String> {
    let found = lints(text).into_iter().find(|finding| finding.lint == lint && finding.field == Some(field));
    found.map(|finding| finding.says)
}

/// A crawling section as providers fill it.
fn crawl(names: &str, period: &str, domains: &str) -> String {
    format!(
        "2.3 Data crawled and scraped from online sources\nWere crawlers used by the provider or\non behalf of?  ☒ Yes ☐ No\n\
         If yes, specify crawler name(s)/identifier(s): {names}\nPurposes of the crawler(s): training\n\
         General description of crawler behaviour: follows robots.txt\nPeriod of data collection: {period}\n\
         Comprehensive description of the type of content and online sources crawled: news\n\
         Type of modality covered: ☒ Text ☐ Image\nSummary of the most relevant domain names crawled:\n{domains}\n2.4 User data\n"
    )
}

#[test]
fn a_crawling_section_is_read_and_each_way_to_say_nothing_is_found() {
    let sound = crawl("ExampleBot/1.0", "From 01/2025 to 06/2025", "bbc.co.uk, lemonde.fr");
    for (lint, field) in
        [("L3", "crawl.domains"), ("L4", "crawl.names"), ("L5", "crawl.period"), ("L7", "crawl.domains")]
    {
        assert_eq!(about(&sound, lint, field), None, "{lint}");
    }
    assert_eq!(page(&sound).value("crawl.domains"), Some("bbc.co.uk, lemonde.fr"));
    let evasive = crawl("N/A", "2018 onwards", "News sites, forums and government pages.");
    assert!(about(&evasive, "L3", "crawl.domains").is_some());
    assert!(about(&evasive, "L4", "crawl.names").is_some());
    assert!(about(&evasive, "L5", "crawl.period").is_some());
    let deferring = crawl(
        "See list of crawlers here",
        "From 01/2025 to 06/2025",
        "See https://developers.example.com/crawlers",
    );
    assert!(about(&deferring, "L7", "crawl.domains").is_some());
    assert!(about(&deferring, "L3", "crawl.domains").is_some());
}

#[test]
fn boxes_bands_and_contradictions_are_found() {
    let invented = "2.2.1. Datasets commercially licensed by rightsholders or their representatives\n\
        Have you concluded transactional commercial licensing agreement(s) with rightsholder(s) or with their representatives?\n\
        ☐ Yes ☐ No ☒ Other (see below)\n2.2.2. Private datasets obtained from other third parties\n";
    assert_eq!(
        about(invented, "L2", "lic.any").as_deref(),
        Some("a box that the form does not have is ticked: Other (see below)")
    );
    let tokens = "1.3 Modalities, overall training data size and other characteristics\nModality Training data size Types of content\n\
        ☒ Image\n☒ Less than 1 billion tokens\nPhotographs\nLatest date of data acquisition/collection for model training: 01/2026\n";
    assert!(about(tokens, "L1", "mod.image.amount").is_some_and(|says| says.contains("images")));
    let contradicting = "2.3 Data crawled and scraped from online sources\nWere crawlers used by the provider or on behalf of? ☐ Yes ☒ No\n\
        Period of data collection: From 01/2024 to 05/2025\nSummary of the most relevant domain names crawled: Flickr.com\n2.4 User data\n";
    assert!(about(contradicting, "L16", "crawl.period").is_some());
    assert!(about(contradicting, "L16", "crawl.domains").is_some());
    assert!(about(contradicting, "L16", "crawl.names").is_none());
}

#[test]
fn the_draft_form_is_told_apart() {
    let old = "2.3 Data crawled and scraped from online sources\nElenco del 10% dei principali nomi di dominio internet per tipo di modalità: Common Crawl\n";
    assert_eq!(page(old).form, Form::Draft);
    assert!(lints(old).iter().any(|finding| finding.lint == "L9"));
}

#[test]
fn labels_are_found_broken_over_lines_and_with_letters_lost() {
    let text = "3.2 Removal of illegal content\nGeneral descrip-\ntion of measures\ntaken:\nclassi\u{fffd}ers\n1.2. Model identification\nVersioned model name(s):\nM-1\n\
        Model dependencies:  None\n1.3 Modalities, overall training data size and other characteristics\nDescription of the linguistic characteristics of the overall\ntraining data: French\n\
        2.1. Publicly available datasets\nIf yes, specify the modality(ies) of the content covered by the data\u{fffd}ts concerned: ☒ Text\n";
    let reading = page(text);
    for (key, value) in [
        ("illegal.measures", "classi\u{fffd}ers"),
        ("model.names", "M-1"),
        ("model.dependencies", "None"),
        ("data.languages", "French"),
        ("pub.modalities", "☒ Text"),
    ] {
        assert_eq!(reading.value(key), Some(value), "{key}");
    }
}

/// Words of forms and of nothing in particular.
fn words() -> impl Strategy<Value = String> {
    let labels: Vec<String> = FIELDS.iter().map(|field| field.label.to_owned()).collect();
    let heads: Vec<String> = sections().map(|(number, title)| format!("{number}. {title}")).collect();
    let part = prop_oneof![
        prop::sample::select(labels),
        prop::sample::select(heads),
        Just("☒ Yes ☐ No".to_owned()),
        Just("☐ Yes ☒ No".to_owned()),
        Just("Modality Training data size Types of content\n☒ Text\n☒ Less than 1 billion tokens".to_owned()),
        "\\PC{0,30}",
    ];
    prop::collection::vec(part, 0..30).prop_map(|parts| parts.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn nothing_makes_the_critic_panic(text in words(), cut in 0_usize..400) {
        let end = text.char_indices().nth(cut).map_or(text.len(), |(at, _)| at);
        for text in [&text[..end], &html_marks(&text)] {
            let reading = page(text);
            let findings = lint(&reading, "2026-11-21".parse().expect("a day"));
            let card = card(&reading, &findings);
            prop_assert!(card.answered <= card.asked);
            prop_assert_eq!(card.findings, findings.len());
        }
    }

    #[test]
    fn nothing_makes_the_reader_of_summaries_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Summary::read(&bytes).is_err());
    }
}
