use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fdx_store::{Decision, Operation, Rows, Statement, StoreError, Turn, Value};
use fdx_store_sqlite::{Options, SqliteStore};

/// Runs these statements in one transaction.
#[derive(Clone)]
pub(crate) struct Run(Vec<Statement>);

impl Decision for Run {
    type Output = Vec<Rows>;

    fn first(&mut self) -> Vec<Statement> {
        self.0.clone()
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Vec<Rows>>, StoreError> {
        Ok(Turn::Commit(results))
    }
}

pub(crate) fn operation(statements: Vec<Statement>) -> Operation<Run> {
    Operation::new(Run(statements))
}

/// Stores what is known about one more institution.
pub(crate) fn insert(institution: &str) -> Statement {
    let sql =
        "INSERT INTO fdx_institutions (tenant, institution, paused_at, reason, day, refreshes,
               refusals) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let insert = Statement::new(sql).with("acme").with(institution).with(None::<i64>);
    insert.with(None::<String>).with(20_000).with(1).with(0)
}

pub(crate) fn store(store: &mut SqliteStore, institution: &str) {
    store.run(operation(vec![insert(institution)])).unwrap();
}

/// The number of institutions.
pub(crate) fn stored(store: &mut SqliteStore) -> i64 {
    let count = Statement::new("SELECT COUNT(*) FROM fdx_institutions WHERE tenant = $1");
    match store.run(operation(vec![count.with("acme")])).unwrap()[0].rows[0][0] {
        Value::Integer(count) => count,
        ref other => panic!("{other:?}"),
    }
}

/// Waits for no other connection.
pub(crate) fn impatient() -> Options {
    Options::new().busy_timeout(Duration::ZERO)
}

/// An empty folder for one test.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fdx-store-sqlite").join(test);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The names of the files in a folder.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
