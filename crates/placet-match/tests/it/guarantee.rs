//! The promise: every shared run of the guaranteed length is found, and what is certain of it is named.

use placet_match::letters::Letters;
use placet_match::{Guarantee, MatchKind, Measured, Pack, PackSet, Texts};
use proptest::prelude::*;

use crate::library::{Library, build, foreign, prose, scan};

/// The stretch of `text` that holds `count` letters from a place on.
fn run(text: &str, from: usize, count: usize) -> &str {
    let letters = Letters::of(text);
    let from = from % (letters.as_slice().len() - count);
    &text[letters.byte_of(text, from)..letters.byte_after(text, from + count - 1)]
}

/// The same letters in other clothes.
fn disguise(text: &str, how: u8) -> String {
    match how % 4 {
        0 => text.to_uppercase(),
        1 => text.split_whitespace().collect::<Vec<_>>().join(".\r\n\u{2014} "),
        2 => text.chars().flat_map(|c| [c, '\u{ad}']).collect(),
        _ => text.replace('o', "o\u{301}").replace('e', "\u{e9}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn every_run_of_the_guaranteed_length_is_found(from in 0usize..20_000, more in 0usize..60, how: u8, pad in 0usize..80) {
        let library = Library::new(3, 4000);
        for guarantee in Guarantee::ALL {
            let set = library.set(guarantee);
            let shared = disguise(run(&library.0[1].1, from, guarantee.letters() as usize + more), how);
            let (before, behind) = (foreign(1, 40 + pad) + "7, ", foreign(2, 40));
            let item = format!("{before}{shared} 7 {behind}");
            // In JSON, too, where nothing is looked at but letters.
            let json = serde_json::to_string(&item).unwrap();
            prop_assert!(set.scanner().could_find_in(&json.as_bytes()[1..json.len() - 1]));
            let truth = before.chars().count()..before.chars().count() + shared.chars().count();
            for texts in [None, Some(&library as &dyn Texts)] {
                let found = scan(&set, &item, texts);
                let hit = found.iter().find(|m| m.work == 1 && m.item_start < truth.end && m.item_end > truth.start);
                let Some(hit) = hit else { panic!("{guarantee}: not found: {shared}") };
                prop_assert!(!hit.common);
                // The core lies inside the truth, and the truth inside the core and its margins.
                prop_assert!(hit.item_start >= truth.start && hit.item_end <= truth.end, "{:?} {:?}", truth, hit);
                let reach = hit.item_start - hit.margin_start as usize..hit.item_end + hit.margin_end as usize;
                if texts.is_some() {
                    prop_assert_eq!(hit.measured, Measured::Aligned);
                    prop_assert!(hit.similarity > 0.999);
                    prop_assert_eq!(hit.letters, guarantee.letters() + more as u32);
                }
                let slack = 8; // combining marks and tags at the ends belong to no letter
                prop_assert!(reach.start <= truth.start + slack && reach.end + slack >= truth.end, "{:?} {:?}", truth, hit);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn a_run_is_found_among_shreds_of_the_same_work(
        shreds in prop::collection::vec((0usize..20_000, 10usize..120, 0usize..30), 0..60),
        again in 1usize..6,
        from in 0usize..20_000,
        place: prop::sample::Index,
    ) {
        let library = Library::new(2, 4000);
        let text = &library.0[1].1;
        for guarantee in Guarantee::ALL {
            let set = library.set(guarantee);
            let letters = guarantee.letters() as usize;
            let mut parts: Vec<String> = vec![];
            for _ in 0..again {
                for (from, length, between) in &shreds {
                    let shred = run(text, *from, (*length).min(letters - 1));
                    parts.push(format!("{shred} 8 {}", foreign(*from as u64, *between)));
                }
            }
            let place = place.index(parts.len() + 1);
            let before: String = parts[..place].concat();
            let shared = run(text, from, letters);
            let item = format!("{before} 7 {shared} 7 {}", parts[place..].concat());
            let truth = before.chars().count() + 3..before.chars().count() + 3 + shared.chars().count();
            for texts in [None, Some(&library as &dyn Texts)] {
                let found = scan(&set, &item, texts);
                let hit = found.iter().any(|m| m.work == 1 && m.item_start < truth.end && m.item_end > truth.start);
                prop_assert!(hit, "{} {} {:?} [{}] {:?}", guarantee, texts.is_some(), truth, shared, found);
            }
        }
    }
}

#[test]
fn runs_in_every_script_are_found() {
    // The same sentence again and again with a running number: every k-gram without the number comes 400 times.
    let verses = [
        ("ru", "В начале было слово и слово было у моря, {} раз повторил старик."),
        ("ar", "في البدء كانت الكلمة وكان البحر بعيدا، قالها الشيخ {} مرات"),
        ("hi", "आरंभ में शब्द था और समुद्र दूर था, बूढ़े ने {} बार कहा"),
        ("zh", "太初有道，道与海同在，老人说了{}遍，夜色渐深"),
        ("ja", "はじめに言葉があった。海は遠く、老人は{}回くりかえした。"),
        ("ko", "태초에 말씀이 있었고 바다는 멀었다고 노인이 {} 번 말했다"),
        ("th", "ในปฐมกาลพระวาทะดำรงอยู่ ทะเลอยู่ไกล ชายชราพูด {} ครั้ง"),
        ("el", "Εν αρχή ην ο λόγος και η θάλασσα μακριά, είπε ο γέρος {} φορές"),
        ("he", "בראשית היה הדבר והים היה רחוק, אמר הזקן {} פעמים"),
    ];
    let texts: Vec<(String, String)> = verses
        .iter()
        .map(|(language, verse)| {
            let text = (0..400u32).map(|i| verse.replace("{}", &format!("{}", i * 7919 % 10_007))).collect();
            ((*language).to_owned(), text)
        })
        .collect();
    let library = Library(texts);
    for guarantee in Guarantee::ALL {
        let set = library.set(guarantee);
        for (number, (language, text)) in library.0.iter().enumerate() {
            let shared = run(text, 3000, guarantee.letters() as usize);
            let item = format!("{} {shared} {}", prose(1, 60), prose(2, 60));
            let found = scan(&set, &item, None);
            assert!(found.iter().any(|m| m.work == number as u32), "{language} at {guarantee}");
        }
    }
}

#[test]
fn fragments_that_small_edits_part_are_one_match() {
    let library = Library::new(2, 3000);
    let words: Vec<&str> = library.0[0].1.split_whitespace().skip(500).take(200).collect();
    let edited: Vec<&str> =
        words.iter().enumerate().map(|(i, w)| if i % 25 == 24 { "indeed" } else { *w }).collect();
    let item = format!("{} {} {}", prose(1, 100), edited.join(" "), prose(2, 100));
    for guarantee in Guarantee::ALL {
        let set = library.set(guarantee);
        let exact = scan(&set, &item, Some(&library));
        assert_eq!(exact.len(), 1, "{guarantee}: {exact:?}");
        assert!(exact[0].similarity > 0.9 && exact[0].similarity < 0.99, "{guarantee}: {exact:?}");
        assert_eq!(exact[0].kind, MatchKind::Excerpt);
        let estimated = scan(&set, &item, None);
        assert!(estimated.iter().all(|m| m.work == 0 && m.measured == Measured::Estimated));
        assert_eq!(estimated.len(), 1, "{guarantee}: {estimated:?}");
    }
}

#[test]
fn an_idiom_that_an_item_repeats_is_no_match() {
    // 37 letters: fewer than two k-grams side by side, or one and a flank.
    let idiom = "You will certainly do nothing of the kind, sir";
    for seed in 0..60 {
        let work = format!("{} 7, {idiom}; {}", foreign(seed, 60), foreign(seed + 100, 60));
        let library = Library(vec![("work".to_owned(), work)]);
        let item =
            format!("{} 8 {idiom}! He said: {idiom}. 9 {}", foreign(seed + 200, 60), foreign(seed + 300, 60));
        for guarantee in Guarantee::ALL {
            let set = library.set(guarantee);
            for texts in [None, Some(&library as &dyn Texts)] {
                assert_eq!(scan(&set, &item, texts), [], "{guarantee}");
            }
        }
    }
}

#[test]
fn a_run_behind_a_phrase_that_is_repeated_is_found() {
    let library = Library::new(1, 4000);
    let text = &library.0[0].1;
    for guarantee in Guarantee::ALL {
        let set = library.set(guarantee);
        let letters = guarantee.letters() as usize;
        // Shorter than a k-gram and a flank, longer than a k-gram: it is hit, and the hits go on into the run.
        let phrase = run(text, 5000, guarantee.params().k as usize + 12);
        for from in (5000..5400).step_by(20) {
            let item = format!("{} 7 {}", format!("{phrase} 8 ").repeat(400), run(text, from, letters));
            for texts in [None, Some(&library as &dyn Texts)] {
                assert!(!scan(&set, &item, texts).is_empty(), "{guarantee} from {from}");
            }
        }
    }
}

#[test]
fn a_run_far_behind_a_phrase_of_the_same_work_is_found() {
    let library = Library::new(1, 4000);
    let text = &library.0[0].1;
    for guarantee in Guarantee::ALL {
        let set = library.set(guarantee);
        let letters = guarantee.letters() as usize;
        for from in (5000..5400).step_by(20) {
            // As far apart as in the work, with other words in between: together less than half of it agrees.
            let between = foreign(from as u64, 4 * letters);
            let apart = 40 + Letters::of(&between).as_slice().len().min(5 * letters);
            let between = run(&between, 0, apart - 40);
            let item = format!("{} {between} 7 {}", run(text, from, 40), run(text, from + apart, letters));
            for texts in [None, Some(&library as &dyn Texts)] {
                assert!(!scan(&set, &item, texts).is_empty(), "{guarantee} from {from}");
            }
        }
    }
}

#[test]
fn a_whole_work_is_exact_or_near() {
    let library = Library::new(2, 900);
    let set = library.set(Guarantee::Words20);
    for texts in [None, Some(&library as &dyn Texts)] {
        let whole = scan(&set, &library.0[1].1.to_uppercase(), texts);
        assert_eq!((whole.len(), whole[0].kind, whole[0].work), (1, MatchKind::Exact, 1));
        assert!(whole[0].similarity > 0.999);
    }
    let edited = library.0[1].1.replacen("captain", "commander", 3);
    assert_eq!(scan(&set, &edited, Some(&library))[0].kind, MatchKind::Near);
}

#[test]
fn text_that_many_works_share_is_common() {
    let boilerplate = prose(77, 120);
    let texts: Vec<(String, String)> = (0..9)
        .map(|i| (format!("w{i}"), format!("{} {boilerplate} {}", prose(i, 300), prose(i + 50, 300))))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = build(folder.path(), "many", Guarantee::Words20, &texts, false);
    let set = PackSet::new(vec![Pack::open(&path).unwrap()]);
    let found = scan(&set, &format!("{} {boilerplate} {}", prose(500, 50), prose(501, 50)), None);
    assert!(!found.is_empty() && found.iter().all(|m| m.common), "{found:?}");
    let own = scan(&set, &texts[4].1, None);
    assert!(own.iter().any(|m| m.work == 4 && !m.common), "{own:?}");
}

#[test]
fn what_a_commons_pack_holds_is_nobodys() {
    let psalm = prose(900, 200);
    let claimed = vec![("mine".to_owned(), format!("{} {psalm} {}", prose(1, 400), prose(2, 400)))];
    let commons = vec![("psalm".to_owned(), psalm.clone())];
    let folder = tempfile::tempdir().unwrap();
    let packs = [("claims", &claimed, false), ("commons", &commons, true)].map(|(name, texts, commons)| {
        Pack::open(&build(folder.path(), name, Guarantee::Words20, texts, commons)).unwrap()
    });
    let set = PackSet::new(packs.into());
    let found = scan(&set, &format!("{} {psalm} {}", prose(5, 50), prose(6, 50)), None);
    assert_eq!(found.iter().map(|m| (m.pack, m.common)).collect::<Vec<_>>(), [(0, true), (1, true)]);
    let own = scan(&set, &claimed[0].1, None);
    assert!(own.iter().any(|m| m.pack == 0 && !m.common), "{own:?}");
}
