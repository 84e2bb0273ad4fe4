//! The database of a state: its rows, which SQLite holds only while a transaction runs.

use std::rc::Rc;

use fdx_store::{Action, Failure, Rows, StoreError, Type, Value, schema};
use rusqlite::types::{Value as SqlValue, ValueRef};
use rusqlite::{Connection, params_from_iter};

/// The tables that a refresh changes and reads, with their columns in order.
const TABLES: [&str; 4] = ["fdx_consents", "fdx_tokens", "fdx_keys", "fdx_institutions"];

/// The rows of each table.
pub(crate) type Snapshot = Rc<[Vec<Vec<Value>>; TABLES.len()]>;

/// One SQLite database in memory, into which a state's rows are loaded.
pub(crate) struct Database {
    connection: Connection,
    loaded: Option<Snapshot>,
}

impl Database {
    pub(crate) fn new() -> Result<Self, rusqlite::Error> {
        let connection = Connection::open_in_memory()?;
        connection.set_prepared_statement_cache_capacity(64);
        for statement in schema::SQLITE {
            connection.execute_batch(statement)?;
        }
        Ok(Self { connection, loaded: None })
    }

    /// Makes these rows the contents of the database.
    pub(crate) fn load(&mut self, snapshot: &Snapshot) -> Result<(), rusqlite::Error> {
        if self.loaded.as_ref().is_some_and(|loaded| Rc::ptr_eq(loaded, snapshot)) {
            return Ok(());
        }
        for (table, rows) in TABLES.iter().zip(snapshot.iter()) {
            self.connection.prepare_cached(&format!("DELETE FROM {table}"))?.execute([])?;
            for row in rows {
                let places = vec!["?"; row.len()].join(", ");
                let insert = format!("INSERT INTO {table} VALUES ({places})");
                let parameters = params_from_iter(row.iter().map(parameter));
                self.connection.prepare_cached(&insert)?.execute(parameters)?;
            }
        }
        self.loaded = Some(Rc::clone(snapshot));
        Ok(())
    }

    /// The contents of the database.
    pub(crate) fn snapshot(&mut self) -> Result<Snapshot, rusqlite::Error> {
        let mut tables: [Vec<Vec<Value>>; TABLES.len()] = Default::default();
        for (table, rows) in TABLES.iter().zip(&mut tables) {
            *rows = self.select(&format!("SELECT * FROM {table}"), &[])?;
        }
        let snapshot = Rc::new(tables);
        self.loaded = Some(Rc::clone(&snapshot));
        Ok(snapshot)
    }

    /// Performs an action of an operation, as a driver does.
    pub(crate) fn perform(&mut self, action: &Action) -> Result<Vec<Rows>, Failure> {
        let failed =
            |error: rusqlite::Error| Failure::Store(StoreError::Database(error.to_string()));
        match action {
            Action::Begin => self.execute("BEGIN IMMEDIATE"),
            Action::Commit => self.execute("COMMIT"),
            Action::RollBack => self.execute("ROLLBACK"),
            Action::Run(statements) => {
                self.loaded = None;
                let run = statements.iter().map(|statement| {
                    if statement.sql().starts_with("SELECT") {
                        self.select(statement.sql(), statement.parameters()).map(Rows::selected)
                    } else {
                        let parameters =
                            params_from_iter(statement.parameters().iter().map(parameter));
                        let changed =
                            self.connection.prepare_cached(statement.sql())?.execute(parameters)?;
                        Ok(Rows::changed(changed as u64))
                    }
                });
                return run.collect::<Result<_, _>>().map_err(failed);
            }
        }
        .map(|()| Vec::new())
        .map_err(failed)
    }

    /// The names of a table's columns, in their order.
    pub(crate) fn columns(&self, table: &str) -> Result<Vec<String>, rusqlite::Error> {
        let rows = self.select(&format!("SELECT name FROM pragma_table_info('{table}')"), &[])?;
        let text = |value| match value {
            Value::Text(text) => Some(text),
            _ => None,
        };
        Ok(rows.into_iter().flatten().filter_map(text).collect())
    }

    /// Changes the contents, for an event that is no operation.
    pub(crate) fn execute_batch(&mut self, sql: &str) -> Result<(), rusqlite::Error> {
        self.loaded = None;
        self.connection.execute_batch(sql)
    }

    fn execute(&self, sql: &str) -> Result<(), rusqlite::Error> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }

    fn select(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, rusqlite::Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let columns = statement.column_count();
        let rows = statement
            .query_map(params_from_iter(parameters.iter().map(parameter)), |row| {
                (0..columns).map(|column| Ok(value(row.get_ref(column)?))).collect()
            })?;
        rows.collect()
    }
}

fn parameter(value: &Value) -> SqlValue {
    match value {
        Value::Integer(number) => SqlValue::Integer(*number),
        Value::Text(text) => SqlValue::Text(text.clone()),
        Value::Bytes(bytes) => SqlValue::Blob(bytes.clone()),
        Value::Null(_) => SqlValue::Null,
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Null | ValueRef::Real(_) => Value::Null(Type::Text),
    }
}
