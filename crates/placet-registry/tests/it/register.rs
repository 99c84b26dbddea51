use std::io::Write as _;

use placet_registry::{Field, Mapping};

use crate::support::{Desk, day};

const CATALOGUE: &str =
    "id,title,author,file\na,Aria,\"Doe, Jane\",texts/a.txt\nb,Ballad,Roe,\nc,Canto,Poe,texts/c.txt\n";

#[test]
fn registering_again_changes_nothing_and_a_changed_row_is_a_new_version() {
    for mut desk in Desk::all() {
        desk.write("texts/a.txt", "Words of the aria.");
        desk.write("texts/c.txt", "Words of the canto.");
        let catalogue = desk.write("works.csv", CATALOGUE);
        let done = desk.register(&catalogue, day(1));
        assert_eq!([done.new, done.changed, done.unchanged, done.with_text, done.letters], [3, 0, 0, 2, 29]);
        assert_eq!(desk.counts(&catalogue, day(2)), [0, 0, 3, 0]);
        desk.write("works.csv", CATALOGUE.replace("Ballad", "Ballade"));
        desk.write("texts/c.txt", "Other words of the canto.");
        assert_eq!(desk.counts(&catalogue, day(3)), [0, 2, 1, 0]);
        let versions = desk.registry.versions("b").unwrap();
        let titles: Vec<_> = versions.iter().map(|v| (v.at, v.entry.work.title.as_str())).collect();
        assert_eq!(titles, [(day(1), "Ballad"), (day(3), "Ballade")]);
        // Nothing was changed on day 2, so nothing is recorded for it.
        assert_eq!(desk.registry.versions("a").unwrap().len(), 1);
    }
}

#[test]
fn bad_rows_are_named_and_the_rest_goes_on() {
    for mut desk in Desk::all() {
        desk.write("texts/a.txt", "Words of the aria.");
        desk.write("noise.txt", b"\x00\x01\x02");
        let catalogue = desk.write(
        "works.csv",
        "id,title,isbn,file\na,Aria,0-306-40615-3,texts/a.txt\nb,,,\nc,Canto,,gone.txt\na,Again,,\nd,D,,noise.txt\n\
         e,E,x,y,z\nf,Fugue,,\n",
    );
        let done = desk.register(&catalogue, day(1));
        assert_eq!([done.new, done.aside_count, done.notes_count], [2, 5, 1]);
        let lines: Vec<String> = done
            .aside
            .iter()
            .chain(&done.notes)
            .map(|a| format!("line {}: {}", a.line.unwrap(), a.reason))
            .collect();
        let said = lines.join("\n").replace(desk.folder.path().to_str().unwrap(), "");
        insta::allow_duplicates! {
        insta::assert_snapshot!(said, @r"
    line 3: it has no title
    line 7: it has 5 fields, the header has 4
    line 4: /gone.txt: No such file or directory (os error 2)
    line 5: the work a stands already in line 2
    line 6: /noise.txt: it is damaged or no text: the bytes are no text
    line 2: `0-306-40615-3` is no ISBN: the check digit at position 13 is `3`, the other characters ask for `2`; kept as the column isbn
    ");
        }
        assert_eq!(desk.titles_at(day(1)), ["Aria", "Fugue"]);
    }
}

#[test]
fn a_mapping_names_columns() {
    for mut desk in Desk::all() {
        let catalogue = desk.write("w.csv", "Kennung;Bezeichnung\n1;Aria\n");
        let paths = [catalogue];
        let refused = desk.registry.register(&paths, &Mapping::new(), day(1), &mut |_| {}).unwrap_err();
        assert!(
            refused
                .to_string()
                .ends_with("no column is a title or a file; its columns are Kennung, Bezeichnung")
        );
        let mapping =
            Mapping::from([("bezeichnung".to_owned(), Field::Title), ("Kennung".to_owned(), Field::Id)]);
        let done = desk.registry.register(&paths, &mapping, day(1), &mut |_| {}).unwrap();
        assert_eq!(done.new, 1);
        assert_eq!(desk.registry.work("1").unwrap().unwrap().work.title, "Aria");
    }
}

#[test]
fn a_folder_of_files_is_a_catalogue() {
    for mut desk in Desk::all() {
        desk.write("shelf/b/page.html", "<title>On Pages</title><p>Page of words.</p>");
        desk.write("shelf/a.txt", "Words.");
        desk.write("shelf/cover.jpg", b"\xff\xd8");
        let shelf = desk.path("shelf");
        let done = desk.register(&shelf, day(1));
        assert_eq!([done.new, done.with_text, done.aside_count], [2, 2, 1]);
        let mut seen = Vec::new();
        desk.registry
            .for_each_work(&mut |work, text| {
                let text = text.unwrap();
                seen.push((work.id.clone(), work.title.clone(), text.own().to_owned()));
                assert!(work.identifiers[0].starts_with("iscc:K"), "{:?}", work.identifiers);
                Ok(())
            })
            .unwrap();
        let row = |id: &str, title: &str, text: &str| (id.to_owned(), title.to_owned(), text.to_owned());
        assert_eq!(seen, [row("a.txt", "a", "Words."), row("b/page.html", "On Pages", "Page of words.")]);
    }
}

#[test]
fn texts_outlive_their_files() {
    for mut desk in Desk::all() {
        let text = "Header\n*** START OF THE PROJECT GUTENBERG EBOOK É ***\n\nProduced by Nobody\n\n\nÉtude.\n\n\
                *** END OF THE PROJECT GUTENBERG EBOOK É ***\n";
        let file = desk.write("e.txt", text);
        desk.register(&file, day(1));
        std::fs::remove_file(&file).unwrap();
        let entry = desk.registry.work("e.txt").unwrap().unwrap();
        let kept = desk.registry.text(&entry).unwrap().unwrap();
        assert_eq!((kept.text.as_str(), kept.own().trim()), (text, "Étude."));
        let cuts: Vec<_> = entry.text.unwrap().cuts.into_iter().map(|c| (c.from, c.until, c.what)).collect();
        assert_eq!(
            cuts,
            [
                (0, 54, "Project Gutenberg header".to_owned()),
                (54, 73, "Project Gutenberg credits".to_owned()),
                (84, 129, "Project Gutenberg footer".to_owned()),
            ]
        );
    }
}

#[test]
fn identifiers_parties_and_relations_are_found() {
    for mut desk in Desk::all() {
        let catalogue = desk.write(
        "w.csv",
        "id,title,author,isni,isbn,translation_of\n1,Emma,Jane Austen,0000 0001 2103 2683,9780306406157,\n\
         2,Emma (fr),jane  AUSTEN,,,1\n",
    );
        desk.register(&catalogue, day(1));
        assert_eq!(desk.registry.work("isbn:0-306-40615-2").unwrap().unwrap().work.id, "1");
        assert_eq!(desk.registry.work("9780306406157").unwrap().unwrap().work.id, "1");
        assert_eq!(desk.registry.works_of_party("Jane Austen").unwrap(), 2);
        assert_eq!(desk.registry.works_of_party("isni:0000000121032683").unwrap(), 1);
        let relations = desk.registry.relations_at("1", day(1)).unwrap();
        assert_eq!(
            relations.iter().map(|r| (r.from.as_str(), r.kind.code())).collect::<Vec<_>>(),
            [("2", "translates")]
        );
        assert_eq!(desk.registry.relations_at("1", day(0)).unwrap(), []);
    }
}

#[test]
fn the_books_at_hand_as_they_are() {
    let Some(data) = std::env::var_os("PLACET_SHARED_DATA") else {
        println!("skipped: PLACET_SHARED_DATA is not set");
        return;
    };
    for mut desk in Desk::all() {
        let data = std::path::Path::new(&data);
        let mut rows = zstd::stream::Decoder::new(
            std::fs::File::open(data.join("titles/us_renewals_1951-1A.tsv.zst")).unwrap(),
        )
        .unwrap();
        let path = desk.path("renewals.tsv");
        std::io::copy(&mut rows, &mut std::fs::File::create(&path).unwrap()).unwrap();
        let done = desk.register(&path, day(1));
        // 93 of its records have no title, 63 repeat the id of an entry that covers several.
        assert_eq!([done.new, done.aside_count], [2165, 156], "{:?}", done.aside.first());
        assert_eq!(done.aside[0].reason, "it has no title");
        assert_eq!(desk.counts(&path, day(2)), [0, 0, 2165, 156]);
        // The books themselves lie in an archive; their catalogue without them is a row aside each.
        let works = std::fs::read(data.join("text/works.csv")).unwrap();
        let mut file = std::fs::File::create(desk.path("works.csv")).unwrap();
        file.write_all(&works).unwrap();
        assert_eq!(desk.counts(&desk.path("works.csv"), day(3)), [0, 0, 0, 120]);
        let reopened = desk.open(day(4));
        assert_eq!((reopened.work_count().unwrap(), reopened.author()), (2165, "Example Press"));
    }
}
