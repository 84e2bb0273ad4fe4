use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use fdx_store::{Action, Failure, Statement, StoreError};
use rusqlite::Connection;

use crate::common::{files, folder, impatient, insert, operation, store, stored};

#[test]
fn a_full_disk_leaves_nothing_half_done() {
    let path = folder("full").join("db");
    let mut opened = impatient().open(&path).unwrap();
    store(&mut opened, "before");
    let limit = |pages| vec![Statement::new(pages)];
    opened.run(operation(limit("PRAGMA max_page_count = 1"))).unwrap();

    let token = Statement::new(
        "INSERT INTO fdx_tokens (tenant, consent, place, generation, sealed, stored_at)
         VALUES ('acme', 'c', 'p', 1, $1, 0)",
    );
    let statements = vec![insert("during"), token.with(vec![7; 1 << 20]), insert("after")];
    let error = opened.run(operation(statements.clone())).unwrap_err();
    assert!(matches!(error, StoreError::Full(_)), "{error}");
    assert_eq!(stored(&mut opened), 1);

    // The same connection works again when there is room.
    opened.run(operation(limit("PRAGMA max_page_count = 100000"))).unwrap();
    opened.run(operation(statements)).unwrap();
    assert_eq!(stored(&mut opened), 3);
}

#[test]
fn an_empty_database_that_is_locked_is_created_once_it_is_free() {
    let path = folder("locked_and_empty").join("db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(impatient().open(&path).unwrap_err(), StoreError::Busy);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(impatient().open_existing(&path).unwrap_err().code(), "store.schema");
    assert_eq!(stored(&mut impatient().open(&path).unwrap()), 0);
}

#[test]
fn a_locked_database_is_busy_until_it_is_free() {
    let path = folder("locked").join("db");
    let mut opened = impatient().open(&path).unwrap();
    store(&mut opened, "before");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; DELETE FROM fdx_institutions").unwrap();

    assert_eq!(opened.perform(&Action::Begin), Err(Failure::Store(StoreError::Busy)));
    assert_eq!(opened.run(operation(vec![insert("during")])), Err(StoreError::Busy));
    // Opening needs no lock.
    let mut second = impatient().open_existing(&path).unwrap();
    assert_eq!(second.run(operation(vec![insert("during")])), Err(StoreError::Busy));

    other.execute_batch("ROLLBACK").unwrap();
    store(&mut second, "after");
    assert_eq!(stored(&mut opened), 2);
}

#[test]
fn a_transaction_can_write_after_it_has_read() {
    let path = folder("immediate").join("db");
    let (mut first, mut second) =
        (impatient().open(&path).unwrap(), impatient().open(&path).unwrap());
    first.perform(&Action::Begin).unwrap();
    let read = Statement::new("SELECT COUNT(*) FROM fdx_institutions");
    first.perform(&Action::Run(vec![read])).unwrap();
    // Otherwise this commits, and the first can only restart.
    assert_eq!(second.run(operation(vec![insert("second")])), Err(StoreError::Busy));
    first.perform(&Action::Run(vec![insert("first")])).unwrap();
    first.perform(&Action::Commit).unwrap();
    assert_eq!(stored(&mut second), 1);
}

#[test]
fn a_read_only_database_is_refused() {
    let path = folder("read_only").join("db");
    store(&mut impatient().open(&path).unwrap(), "before");
    // A later version of the file format: SQLite reads it and does not write it, whichever user runs the test.
    patch(&path, 18, &[3]);
    let error = impatient().open(&path).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly(_)), "{error}");
    patch(&path, 18, &[2]);

    let permissions = fs::metadata(&path).unwrap().permissions();
    let mut read_only = permissions.clone();
    read_only.set_readonly(true);
    fs::set_permissions(&path, read_only).unwrap();
    let may_write = fs::OpenOptions::new().write(true).open(&path).is_ok();
    let opened = impatient().open(&path);
    fs::set_permissions(&path, permissions).unwrap();
    match (may_write, opened) {
        // The permissions of a file do not bind root.
        (true, opened) => assert_eq!(stored(&mut opened.unwrap()), 1),
        (false, opened) => assert_eq!(opened.unwrap_err().code(), "store.read_only"),
    }
}

#[test]
fn a_damaged_database_is_reported() {
    let path = folder("damaged").join("db");
    let mut opened = impatient().open(&path).unwrap();
    for number in 0..500 {
        store(&mut opened, &number.to_string());
    }
    drop(opened);
    let length = fs::metadata(&path).unwrap().len();
    let pages = length / 4096;
    // All pages but the first two, which contain the schema.
    (2..pages).for_each(|page| patch(&path, page * 4096, &[0xff; 64]));
    let error = match impatient().open(&path) {
        Ok(mut opened) => opened.run(operation(vec![insert("x")])).unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
}

#[test]
fn a_transaction_that_is_dropped_is_rolled_back() {
    let path = folder("dropped").join("db");
    let mut opened = impatient().open(&path).unwrap();
    opened.perform(&Action::Begin).unwrap();
    opened.perform(&Action::Run(vec![insert("a")])).unwrap();
    drop(opened);
    let mut opened = impatient().open(&path).unwrap();
    assert_eq!(stored(&mut opened), 0);
    store(&mut opened, "b");
}

#[test]
fn deleted_bytes_are_in_no_file_once_the_log_is_empty() {
    let folder = folder("deleted");
    let mut opened = impatient().open(folder.join("db")).unwrap();
    let planted = b"planted-0123456789abcdef".to_vec();
    let found = || {
        let contains = |name: &String| {
            let bytes = fs::read(folder.join(name)).unwrap();
            bytes.windows(planted.len()).any(|window| window == planted)
        };
        files(&folder).into_iter().filter(contains).collect::<Vec<_>>()
    };
    let insert = "INSERT INTO fdx_keys (tenant, consent, key_id, wrapped)
                  VALUES ('acme', 'c', 1, $1)";
    opened.run(operation(vec![Statement::new(insert).with(planted.clone())])).unwrap();
    assert_eq!(opened.empty_log(), Ok(true));
    assert_eq!(found(), ["db"]);
    opened.run(operation(vec![Statement::new("DELETE FROM fdx_keys")])).unwrap();
    // A reader of the old rows keeps the log.
    let reader = Connection::open(folder.join("db")).unwrap();
    reader.execute_batch("BEGIN; SELECT COUNT(*) FROM fdx_keys").unwrap();
    opened.run(operation(vec![crate::common::insert("later")])).unwrap();
    assert_eq!(opened.empty_log(), Ok(false));
    drop(reader);
    assert_eq!(opened.empty_log(), Ok(true));
    assert!(found().is_empty(), "{:?}", found());
}

fn patch(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}
