//! What only PostgreSQL can do: be away, refuse, go in the middle, hold several registries.

use placet_registry::{JournalStore, Mapping, Place, Registry, RegistryError, journal_entries};

use crate::support::{Schema, day};

#[test]
fn a_database_holds_several_registries_and_tells_them_apart() {
    let (Some(one), Some(two)) = (Schema::new(), Schema::new()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let place = |schema: &Schema| Place { home: folder.path().to_owned(), database: Some(schema.address()) };
    let open = |schema| Registry::open_in(&place(schema), day(1)).err().unwrap();
    assert!(matches!(open(&one), RegistryError::Missing { .. }), "{:?}", open(&one));
    let mut first = Registry::create_in(&place(&one), "One", day(1)).unwrap();
    assert!(matches!(open(&two), RegistryError::Missing { .. }));
    let again = Registry::create_in(&place(&one), "Another", day(1)).err().unwrap();
    assert!(matches!(again, RegistryError::Exists { .. }), "{again:?}");
    let second = Registry::create_in(&place(&two), "Two", day(1)).unwrap();
    let works = folder.path().join("w.csv");
    std::fs::write(&works, "id,title\na,Aria\n").unwrap();
    first.register(&[works], &Mapping::new(), day(2), &mut |_| {}).unwrap();
    assert_eq!((first.work_count().unwrap(), second.work_count().unwrap()), (1, 0));
    assert_eq!(Registry::open_in(&place(&two), day(3)).unwrap().author(), "Two");
    assert!(!first.place().display().to_string().contains("search_path"));
}

#[test]
fn a_journal_alone_is_no_registry() {
    let Some(schema) = Schema::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    for database in [None, Some(schema.address())] {
        let place = Place { home: folder.path().to_owned(), database };
        assert_eq!(journal_entries(&place).unwrap(), []);
        drop(JournalStore::open(&place, day(1)).unwrap());
        assert_eq!(journal_entries(&place).unwrap(), []);
        let open = Registry::open_in(&place, day(1)).err().unwrap();
        assert!(matches!(open, RegistryError::Missing { .. }), "{open:?}");
        Registry::create_in(&place, "A", day(1)).unwrap();
        assert_eq!(Registry::open_in(&place, day(1)).unwrap().author(), "A");
    }
}

#[test]
fn a_server_that_goes_in_the_middle_leaves_nothing_half_written() {
    let Some(schema) = Schema::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let place = Place { home: folder.path().to_owned(), database: Some(schema.address()) };
    let mut registry = Registry::create_in(&place, "A", day(1)).unwrap();
    // The second work of the batch ends the session that writes it, before anything of the batch is kept.
    schema.run(
        "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN IF NEW.work_id = 'b' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$; \
         CREATE TRIGGER gone BEFORE INSERT ON work FOR EACH ROW EXECUTE FUNCTION gone()",
    );
    let works = folder.path().join("w.csv");
    std::fs::write(&works, "id,title\na,Aria\nb,Ballad\nc,Canto\n").unwrap();
    let register = |registry: &mut Registry| {
        registry.register(std::slice::from_ref(&works), &Mapping::new(), day(2), &mut |_| {})
    };
    let gone = register(&mut registry).unwrap_err();
    assert!(matches!(gone, RegistryError::Unreachable { .. }), "{gone:?}");
    assert!(gone.remedy().unwrap().contains("run the same command again"));
    // A session that is gone stays gone, and says so.
    assert!(matches!(registry.work_count(), Err(RegistryError::Unreachable { .. })));
    let mut registry = Registry::open_in(&place, day(3)).unwrap();
    assert_eq!(registry.work_count().unwrap(), 0);
    schema.run("DROP TRIGGER gone ON work");
    assert_eq!(register(&mut registry).unwrap().new, 3);
}
