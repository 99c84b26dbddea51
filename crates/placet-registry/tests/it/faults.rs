use std::panic::{AssertUnwindSafe, catch_unwind};

use placet_registry::{Mapping, Registry, RegistryError};

use crate::support::{Desk, day};

#[test]
fn a_folder_without_registry_and_one_with_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Registry::open(folder.path(), day(1)).err().unwrap();
    assert!(matches!(open(), RegistryError::Missing { .. }));
    assert_eq!(open().remedy(), Some("make one with `placet init`, or name its folder with --home"));
    std::fs::write(folder.path().join("registry.sqlite"), "this is a letter to my publisher".repeat(200))
        .unwrap();
    assert!(matches!(open(), RegistryError::Damaged { .. }), "{:?}", open());
    std::fs::write(folder.path().join("registry.sqlite"), "").unwrap();
    assert!(matches!(open(), RegistryError::Damaged { .. }), "{:?}", open());
    let exists = Registry::create(folder.path(), "A", day(1)).err().unwrap();
    assert!(matches!(exists, RegistryError::Exists { .. }));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    for mut desk in Desk::all() {
        let gone = desk.path("gone.csv");
        let error = desk.registry.register(&[gone], &Mapping::new(), day(1), &mut |_| {}).unwrap_err();
        assert!(error.to_string().ends_with("gone.csv"), "{error}");
        assert_eq!(error.remedy(), Some("check that the file exists and that you may read it"));
        let binary = desk.write("b.csv", b"\x00\x01\x02\x03".repeat(100));
        let error = desk.registry.register(&[binary], &Mapping::new(), day(1), &mut |_| {}).unwrap_err();
        assert!(error.to_string().ends_with("it holds binary data"), "{error}");
    }
}

#[test]
fn an_interrupted_register_leaves_whole_rows_and_is_taken_up_again() {
    for mut desk in Desk::all() {
        let rows: Vec<String> = (0..20_000).map(|i| format!("w{i:05},Title {i},Author {i}")).collect();
        let catalogue = desk.write("w.csv", format!("id,title,author\n{}", rows.join("\n")));
        // The process dies at the first sign of progress, in the middle of the file.
        let died = catch_unwind(AssertUnwindSafe(|| {
            let paths = [catalogue.clone()];
            desk.registry.register(&paths, &Mapping::new(), day(1), &mut |_| panic!("killed"))
        }));
        assert!(died.is_err());
        let kept = desk.registry.work_count().unwrap();
        assert!(0 < kept && kept < 20_000, "{kept}");
        assert_eq!(desk.titles_at(day(1)).len() as u64, kept);
        assert_eq!(desk.counts(&catalogue, day(2)), [20_000 - kept, 0, kept, 0]);
    }
}

#[test]
fn a_text_that_was_tampered_with_is_refused() {
    for mut desk in Desk::all() {
        let file = desk.write("a.txt", "Words of the aria.");
        desk.register(&file, day(1));
        let hash = desk.registry.work("a.txt").unwrap().unwrap().text.unwrap().hash;
        let place = desk.path("placet/texts").join(&hash[..2]).join(format!("{hash}.zst"));
        std::fs::write(&place, zstd::bulk::compress(b"Other words.", 3).unwrap()).unwrap();
        let error = desk.registry.for_each_work(&mut |_, _| Ok(())).unwrap_err();
        assert!(
            error.to_string().ends_with("its content does not have the hash that is its name"),
            "{error}"
        );
    }
}
