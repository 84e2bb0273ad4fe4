//! How SQLite finds the rows of each statement: with an index, so that no statement becomes slower with
//! the number of consents.

use fdx_store::{Action, Statement, Type, Value};
use fdx_store_sqlite::SqliteStore;

use crate::statements::{found, parameters};

/// Plans that read more than the rows that are returned, and why.
const LONG: [(&str, &str); 2] = [
    ("SEARCH fdx_keys USING COVERING INDEX fdx_keys_by_key (tenant=?)", "a progress of all keys"),
    ("USE TEMP B-TREE", "sorts the rows that it returns, or those of a queue"),
];

#[test]
fn each_statement_finds_its_rows_in_an_index() {
    let mut store = SqliteStore::in_memory().unwrap();
    let mut wrong = Vec::new();
    for (place, sql) in found() {
        let range = sql.starts_with("SELECT") && sql.replace("<>", "").contains(['<', '>']);
        for step in plan(&mut store, &sql) {
            let searches = step.starts_with("SEARCH ") && !step.ends_with("(tenant=?)");
            let searches = searches && (!range || step.contains(['<', '>']));
            if !searches && !LONG.iter().any(|(long, _)| step.starts_with(long)) {
                wrong.push(format!("{place}: {step}\n    {sql}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_due_consents_are_read_from_an_index_alone() {
    let mut store = SqliteStore::in_memory().unwrap();
    let found = found();
    let mut due = found.iter().filter(|(place, _)| place == "consents/due.rs");
    let (_, sql) = due.next().unwrap();
    let plan = plan(&mut store, sql);
    assert!(matches!(&plan[..], [step] if step.contains("COVERING INDEX")), "{plan:?}");
    assert_eq!(due.next(), None);
}

/// The steps of the plan, as SQLite describes them.
fn plan(store: &mut SqliteStore, sql: &str) -> Vec<String> {
    let explain = Statement::new(format!("EXPLAIN QUERY PLAN {sql}").leak());
    let explain =
        (0..parameters(sql).unwrap()).fold(explain, |it, _| it.with(Value::Null(Type::Text)));
    store.perform(&Action::Begin).unwrap();
    let results = store.perform(&Action::Run(vec![explain])).unwrap();
    store.perform(&Action::RollBack).unwrap();
    let steps = results.into_iter().flat_map(|rows| rows.rows);
    steps
        .map(|row| match row.last() {
            Some(Value::Text(step)) => step.clone(),
            other => panic!("{other:?}"),
        })
        .collect()
}
