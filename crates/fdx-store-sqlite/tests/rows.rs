use fdx_store::{Action, Failure, Rows, Statement, StoreError, Type, Value};
use fdx_store_sqlite::SqliteStore;

use crate::common::{insert, operation, stored};

#[test]
fn values_of_each_type_come_back_as_they_were() {
    let mut store = SqliteStore::in_memory().unwrap();
    let insert = Statement::new(
        "INSERT INTO fdx_tokens (tenant, consent, place, generation, sealed, stored_at, refused_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let values: [Value; 7] = [
        "acme".into(),
        "c\u{0}'\u{1f511}".into(),
        "".into(),
        i64::MIN.into(),
        vec![0, 255].into(),
        i64::MAX.into(),
        Value::Null(Type::Integer),
    ];
    let insert = values.iter().cloned().fold(insert, Statement::with);
    let select = Statement::new(
        "SELECT tenant, consent, place, generation, sealed, stored_at, refused_at FROM fdx_tokens",
    );
    let results = store.run(operation(vec![insert, select])).unwrap();
    let mut expected = values.to_vec();
    // SQLite reports no type of a NULL.
    expected[6] = Value::Null(Type::Text);
    assert_eq!(results, [Rows::changed(1), Rows::selected(vec![expected])]);
}

#[test]
fn a_null_of_each_type_is_null() {
    let mut store = SqliteStore::in_memory().unwrap();
    for kind in [Type::Integer, Type::Text, Type::Bytes] {
        let select = Statement::new("SELECT $1 IS NULL, COALESCE($2, 7)");
        let select = select.with(Value::Null(kind)).with(Value::Null(kind));
        let results = store.run(operation(vec![select])).unwrap();
        assert_eq!(results[0].rows, [[Value::Integer(1), Value::Integer(7)]], "{kind:?}");
    }
}

#[test]
fn counts_the_rows_that_a_statement_changed() {
    let mut store = SqliteStore::in_memory().unwrap();
    let update = |institution: &str| {
        let sql = "UPDATE fdx_institutions SET refusals = $1 WHERE institution <> $2";
        Statement::new(sql).with(3).with(institution)
    };
    let statements = vec![
        insert("a"),
        insert("b"),
        update("none"),
        update("a"),
        Statement::new("SELECT institution FROM fdx_institutions WHERE refusals = $1").with(4),
        Statement::new("DELETE FROM fdx_institutions WHERE refusals = $1").with(4),
        Statement::new("DELETE FROM fdx_institutions WHERE refusals = $1 RETURNING institution")
            .with(3),
    ];
    let results = store.run(operation(statements)).unwrap();
    let changed: Vec<_> = results.iter().map(|rows| rows.changed).collect();
    assert_eq!(changed, [1, 1, 2, 1, 0, 0, 2]);
    assert_eq!(results[6].rows, [[Value::from("a")], [Value::from("b")]]);
}

#[test]
fn a_number_of_values_that_differs_from_the_parameters_is_an_error() {
    let mut store = SqliteStore::in_memory().unwrap();
    for values in [0, 2] {
        let count = Statement::new("SELECT COUNT(*) FROM fdx_meta WHERE name = $1");
        let count = (0..values).fold(count, |it, value: i64| it.with(value));
        let error = store.run(operation(vec![insert("a"), count])).unwrap_err();
        assert_eq!(error.code(), "store.database");
        assert_eq!(stored(&mut store), 0);
    }
}

#[test]
fn a_statement_needs_a_transaction() {
    let mut store = SqliteStore::in_memory().unwrap();
    for action in [Action::Run(vec![insert("a")]), Action::Commit] {
        assert!(matches!(store.perform(&action), Err(Failure::Store(StoreError::Database(_)))));
    }
    assert_eq!(store.perform(&Action::RollBack), Ok(Vec::new()));
    let error = store.run(operation(vec![insert("a")]).inside_a_transaction()).unwrap_err();
    assert_eq!(error.code(), "store.database");
    assert_eq!(stored(&mut store), 0);
}

#[test]
fn several_operations_share_a_transaction() {
    let mut store = SqliteStore::in_memory().unwrap();
    for (end, expected) in [(Action::RollBack, 0), (Action::Commit, 2)] {
        store.perform(&Action::Begin).unwrap();
        for institution in ["a", "b"] {
            let insert = operation(vec![insert(institution)]);
            store.run(insert.inside_a_transaction()).unwrap();
        }
        store.perform(&end).unwrap();
        assert_eq!(stored(&mut store), expected);
    }
}

#[test]
fn a_fraction_is_not_a_value() {
    let mut store = SqliteStore::in_memory().unwrap();
    let error = store.run(operation(vec![Statement::new("SELECT 0.5")])).unwrap_err();
    assert_eq!(error, StoreError::UnexpectedRows);
}

#[test]
fn error_texts_contain_no_values() {
    let mut store = SqliteStore::in_memory().unwrap();
    let secret = "rt-5f0c";
    let wrong_type =
        Statement::new("INSERT INTO fdx_institutions VALUES ('', '', $1, '', 0, 0, 0)");
    let not_sql = Statement::new("SELECT $1 FROM 'rt-5f0c' WHERE");
    for statements in [
        vec![insert(secret), insert(secret)],
        vec![wrong_type.with(secret)],
        vec![not_sql.with(secret)],
    ] {
        let error = store.run(operation(statements)).unwrap_err();
        assert_eq!(error.code(), "store.database");
        assert!(!error.to_string().contains(secret), "{error}");
        assert!(error.to_string().len() < 300, "{error}");
    }
}
