use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use fdx_store::{Statement, StoreError, Value, schema};
use fdx_store_sqlite::{Options, Origin, SqliteStore};
use rusqlite::Connection;

use crate::common::{files, folder, impatient, operation, store, stored};

#[test]
fn creates_the_tables_in_a_new_or_empty_file() {
    let folder = folder("creates");
    fs::write(folder.join("empty"), "").unwrap();
    for name in ["new", "empty"] {
        let path = folder.join(name);
        store(&mut impatient().open(&path).unwrap(), "a");
        for open in [Options::open, Options::open_existing] {
            let mut opened = open(&impatient(), &path).unwrap();
            assert_eq!(stored(&mut opened), 1);
            assert_eq!(opened.origin(), Ok(Origin::Same));
        }
    }
}

#[test]
fn each_connection_has_the_settings_that_make_commits_and_deletions_last() {
    let path = folder("settings").join("db");
    drop(impatient().open(&path).unwrap());
    let mut opened = impatient().open_existing(&path).unwrap();
    for (pragma, expected) in [
        ("PRAGMA journal_mode", Value::from("wal")),
        ("PRAGMA synchronous", 2.into()),
        ("PRAGMA fullfsync", 1.into()),
        ("PRAGMA checkpoint_fullfsync", 1.into()),
        ("PRAGMA secure_delete", 1.into()),
        ("PRAGMA trusted_schema", 0.into()),
        ("PRAGMA busy_timeout", 0.into()),
    ] {
        let rows = opened.run(operation(vec![Statement::new(pragma)])).unwrap();
        assert_eq!(rows[0].rows, [[expected]], "{pragma}");
    }
}

#[test]
#[cfg(unix)]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder("mode");
    let mut opened = impatient().open(folder.join("db")).unwrap();
    store(&mut opened, "a");
    assert_eq!(files(&folder), ["db", "db-shm", "db-wal", "db-witness"]);
    for name in files(&folder) {
        let mode = fs::metadata(folder.join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn connections_that_open_an_empty_file_at_once_all_succeed() {
    const CONNECTIONS: usize = 6;
    let folder = folder("at_once");
    for round in 0..8 {
        let path = folder.join(format!("db{round}"));
        let barrier = Barrier::new(CONNECTIONS);
        thread::scope(|scope| {
            for number in 0..CONNECTIONS {
                let (path, barrier) = (&path, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let mut opened = SqliteStore::open(path).unwrap();
                    store(&mut opened, &number.to_string());
                    assert_eq!(opened.origin(), Ok(Origin::Same));
                });
            }
        });
        let mut opened = SqliteStore::open_existing(&path).unwrap();
        assert_eq!(stored(&mut opened), 6);
        assert_eq!(opened.origin(), Ok(Origin::Same));
    }
}

#[test]
fn creation_waits_for_another_connection() {
    let folder = folder("waits");
    for round in 0..10 {
        let path = folder.join(format!("db{round}"));
        let (other, barrier) = (Connection::open(&path).unwrap(), Barrier::new(2));
        thread::scope(|scope| {
            let barrier = &barrier;
            scope.spawn(move || {
                other.execute_batch("BEGIN IMMEDIATE; CREATE TABLE t (n INTEGER)").unwrap();
                barrier.wait();
                let insert = |_| other.execute("INSERT INTO t (n) VALUES (1)", []).unwrap();
                assert_eq!((0..5000).map(insert).sum::<usize>(), 5000);
                other.execute_batch("ROLLBACK").unwrap();
            });
            barrier.wait();
            store(&mut SqliteStore::open(&path).unwrap(), "a");
        });
    }
}

#[test]
fn refuses_other_versions_and_writes_nothing() {
    let folder = folder("versions");
    let path = folder.join("db");
    let set = |version: &str| {
        drop(impatient().open(&path));
        let connection = Connection::open(&path).unwrap();
        let sql = "UPDATE fdx_meta SET value = ?1 WHERE name = 'schema'";
        assert_eq!(connection.execute(sql, [version]).unwrap(), 1);
    };
    for accepted in [schema::VERSION - 1, schema::VERSION] {
        set(&accepted.to_string());
        store(&mut impatient().open(&path).unwrap(), &accepted.to_string());
    }
    for (refused, said) in [
        ((schema::VERSION - 2).to_string(), "this release uses 1 or 0"),
        ((schema::VERSION + 1).to_string(), "version 2"),
        ("two\u{7}".to_owned(), "unknown version 'two\\u{7}'"),
        (String::new(), "unknown version ''"),
    ] {
        set(&refused);
        let text = refused_unchanged(&folder, &path);
        assert!(text.contains(said), "{text}");
        // For the next round.
        let connection = Connection::open(&path).unwrap();
        connection.execute("UPDATE fdx_meta SET value = '1' WHERE name = 'schema'", []).unwrap();
    }
}

#[test]
fn refuses_the_database_of_another_program_and_writes_nothing() {
    let folder = folder("foreign");
    let path = folder.join("db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE visits (id INTEGER)").unwrap();
    let text = refused_unchanged(&folder, &path);
    assert!(text.contains("another program"), "{text}");

    fs::write(&path, "No database. ".repeat(100)).unwrap();
    let text = refused_unchanged(&folder, &path);
    assert!(text.contains("not a database"), "{text}");
}

/// Checks that the database is refused for its schema, and that no file is changed or added.
fn refused_unchanged(folder: &Path, path: &Path) -> String {
    let state = || {
        let read = |name: &String| fs::read(folder.join(name)).unwrap();
        let names = files(folder);
        names.iter().map(read).zip(names.clone()).collect::<Vec<_>>()
    };
    let before = state();
    let mut texts = Vec::new();
    for open in [Options::open, Options::open_existing] {
        let error = open(&impatient(), path).unwrap_err();
        assert!(matches!(error, StoreError::Schema(_)), "{error}");
        texts.push(error.to_string());
        assert!(state() == before, "{:?}", files(folder));
    }
    assert_eq!(texts[0], texts[1]);
    texts.remove(0)
}

#[test]
fn an_existing_store_must_exist() {
    let folder = folder("existing");
    for (path, code) in [
        (folder.join("missing"), "store.cannot_open"),
        (folder.join("missing/db"), "store.cannot_open"),
        (folder.clone(), "store.cannot_open"),
    ] {
        assert_eq!(impatient().open_existing(&path).unwrap_err().code(), code);
    }
    for path in [folder.join("missing/db"), folder.clone()] {
        let error = impatient().open(&path).unwrap_err();
        assert_eq!(error.code(), "store.cannot_open", "{error}");
    }
    assert!(files(&folder).is_empty());

    fs::write(folder.join("empty"), "").unwrap();
    let error = impatient().open_existing(folder.join("empty")).unwrap_err();
    assert_eq!(error.code(), "store.schema");
    assert_eq!(fs::read(folder.join("empty")).unwrap(), b"");
}
