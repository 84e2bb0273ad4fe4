use std::fs;
use std::path::Path;

use fdx_store::{Action, Statement};
use fdx_store_sqlite::{Origin, SqliteStore};

use crate::common::{folder, impatient, insert, operation, store, stored};

fn origin(path: &Path) -> Origin {
    impatient().open_existing(path).unwrap().origin().unwrap()
}

/// Opens, stores one institution and closes, which moves the log into the database.
fn commit(path: &Path, institution: &str) {
    store(&mut impatient().open(path).unwrap(), institution);
}

#[test]
fn a_database_that_stays_in_its_place_is_the_same() {
    let path = folder("same").join("db");
    commit(&path, "a");
    let (mut first, mut second) =
        (impatient().open(&path).unwrap(), impatient().open(&path).unwrap());
    for number in 0..3 {
        store(&mut first, &format!("first {number}"));
        assert_eq!(origin(&path), Origin::Same);
        store(&mut second, &format!("second {number}"));
        assert_eq!(origin(&path), Origin::Same);
    }
    // Neither a rollback nor a read is a commit.
    let before = fs::read(path.with_file_name("db-witness")).unwrap();
    first.perform(&Action::Begin).unwrap();
    first.perform(&Action::Run(vec![insert("rolled back")])).unwrap();
    first.perform(&Action::RollBack).unwrap();
    assert_eq!(stored(&mut first), 7);
    assert_eq!(fs::read(path.with_file_name("db-witness")).unwrap(), before);
}

#[test]
fn a_backup_without_the_last_commit_is_restored_until_it_is_acknowledged() {
    let folder = folder("restored");
    let (path, backup) = (folder.join("db"), folder.join("backup"));
    commit(&path, "a");
    fs::copy(&path, &backup).unwrap();
    // A backup of the latest state loses nothing.
    fs::copy(&backup, &path).unwrap();
    assert_eq!(origin(&path), Origin::Same);

    commit(&path, "b");
    fs::copy(&backup, &path).unwrap();
    // The first process that opens it may be another one than the keeper, and write.
    (0..5).for_each(|number| commit(&path, &format!("later {number}")));
    assert_eq!(origin(&path), Origin::Restored);
    // What happened first stays known.
    fs::remove_file(folder.join("db-witness")).unwrap();
    assert_eq!(origin(&path), Origin::Restored);
    impatient().open(&path).unwrap().acknowledge_origin().unwrap();
    assert_eq!(origin(&path), Origin::Same);

    // The same backup again: it is of another instance now.
    fs::copy(&backup, &path).unwrap();
    assert_eq!(origin(&path), Origin::Copied);
}

#[test]
fn a_backup_without_the_log_is_restored() {
    let folder = folder("log");
    let (path, copy) = (folder.join("db"), folder.join("copy"));
    let mut opened = impatient().open(&path).unwrap();
    store(&mut opened, "a");
    assert_eq!(opened.empty_log(), Ok(true));
    store(&mut opened, "only in the log");
    fs::copy(&path, &copy).unwrap();
    drop(opened);
    fs::copy(&copy, &path).unwrap();
    assert_eq!(origin(&path), Origin::Restored);
}

#[test]
fn a_database_without_its_witness_is_a_copy() {
    let folder = folder("moved");
    let (path, moved) = (folder.join("db"), folder.join("moved"));
    commit(&path, "a");
    fs::copy(&path, &moved).unwrap();
    assert_eq!(origin(&moved), Origin::Copied);
    assert_eq!(origin(&moved), Origin::Copied);
    // The original does not change. A copy of it in the place of the copy is another database.
    assert_eq!(origin(&path), Origin::Same);
    impatient().open(&moved).unwrap().acknowledge_origin().unwrap();
    fs::copy(&path, &moved).unwrap();
    assert_eq!(origin(&moved), Origin::Copied);

    for damaged in ["", "fdx-store-sqlite 1 ", "fdx-store-sqlite 2 a 0 - 0\n", "\u{0}"] {
        let path = folder.join("damaged");
        commit(&path, damaged);
        assert_eq!(origin(&path), Origin::Same);
        fs::write(folder.join("damaged-witness"), damaged).unwrap();
        assert_eq!(origin(&path), Origin::Copied);
        impatient().open(&path).unwrap().acknowledge_origin().unwrap();
    }
}

#[test]
fn a_database_that_is_copied_with_its_witness_is_a_copy() {
    let folder = folder("copied");
    let (path, witness) = (folder.join("db"), folder.join("db-witness"));
    commit(&path, "a");
    let (copy, copied_witness) = (folder.join("copy"), folder.join("copy-witness"));
    fs::copy(&path, &copy).unwrap();
    let born = |path: &Path| fs::metadata(path).unwrap().created().ok();
    loop {
        fs::copy(&witness, &copied_witness).unwrap();
        match (born(&witness), born(&copied_witness)) {
            // The clock of the file system has not advanced.
            (Some(original), Some(copied)) if original == copied => {
                fs::remove_file(&copied_witness).unwrap();
            }
            (original, _) => {
                let expected = if original.is_some() { Origin::Copied } else { Origin::Same };
                assert_eq!(origin(&copy), expected);
                break;
            }
        }
    }
    assert_eq!(origin(&path), Origin::Same);
    // Renaming both is no copy.
    fs::rename(&path, folder.join("renamed")).unwrap();
    fs::rename(&witness, folder.join("renamed-witness")).unwrap();
    assert_eq!(origin(&folder.join("renamed")), Origin::Same);
}

#[test]
fn a_witness_in_another_place_finds_a_folder_that_was_restored() {
    let folder = folder("elsewhere");
    let (path, backup) = (folder.join("db"), folder.join("backup"));
    let open = || impatient().witness(folder.join("elsewhere")).open(&path).unwrap();
    store(&mut open(), "a");
    assert!(!folder.join("db-witness").exists());
    fs::copy(&path, &backup).unwrap();
    store(&mut open(), "b");
    fs::copy(&backup, &path).unwrap();
    assert_eq!(open().origin(), Ok(Origin::Restored));
}

#[test]
fn a_witness_that_missed_the_last_commits_is_of_the_same_database() {
    let path = folder("behind").join("db");
    let witness = path.with_file_name("db-witness");
    commit(&path, "a");
    let before = fs::read(&witness).unwrap();
    // A process that is killed between the commit and the witness.
    commit(&path, "b");
    fs::write(&witness, before).unwrap();
    assert_eq!(origin(&path), Origin::Same);
}

#[test]
fn a_new_database_in_the_place_of_an_old_one_is_the_same() {
    let path = folder("new").join("db");
    commit(&path, "a");
    fs::remove_file(&path).unwrap();
    commit(&path, "b");
    assert_eq!(origin(&path), Origin::Same);
    // A process that is killed between the creation and the witness.
    fs::remove_file(&path).unwrap();
    drop(impatient().open(&path).unwrap());
    fs::remove_file(path.with_file_name("db-witness")).unwrap();
    assert_eq!(origin(&path), Origin::Same);
    // Created by other means.
    fs::remove_file(&path).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    fdx_store::schema::SQLITE.iter().for_each(|sql| connection.execute_batch(sql).unwrap());
    drop(connection);
    assert_eq!(origin(&path), Origin::Same);
}

#[test]
fn a_database_in_memory_is_the_same() {
    let mut opened = SqliteStore::in_memory().unwrap();
    store(&mut opened, "a");
    assert_eq!(opened.origin(), Ok(Origin::Same));
    let meta = Statement::new("SELECT name FROM fdx_meta");
    let rows = opened.run(operation(vec![meta])).unwrap();
    assert_eq!(rows[0].rows, [["schema".into()]]);
}
