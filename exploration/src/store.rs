//! The database of a state: its rows, which SQLite holds only while a transaction runs.

use std::rc::Rc;

use fdx_store::{Action, Decision, Failure, Operation, Rows, Statement, StoreError, Value};
use fdx_store_sqlite::SqliteStore;

/// The tables that a refresh and a revocation read and change.
const TABLES: [&str; 6] = [
    "fdx_consents",
    "fdx_tokens",
    "fdx_keys",
    "fdx_institutions",
    "fdx_revocations",
    "fdx_receipts",
];

/// The rows of each table.
pub(crate) type Snapshot = Rc<[Vec<Vec<Value>>; TABLES.len()]>;

/// One SQLite database in memory, into which a state's rows are loaded.
pub(crate) struct Database {
    store: SqliteStore,
    tables: Vec<Table>,
    loaded: Option<Snapshot>,
}

/// The statements that read and replace a table.
struct Table {
    select: &'static str,
    delete: &'static str,
    insert: &'static str,
}

impl Database {
    pub(crate) fn new() -> Result<Self, StoreError> {
        let mut database =
            Self { store: SqliteStore::in_memory()?, tables: Vec::new(), loaded: None };
        for table in TABLES {
            let columns = database.columns(table)?.len();
            let places: Vec<_> = (1..=columns).map(|place| format!("${place}")).collect();
            // A statement's text lives as long as the program.
            database.tables.push(Table {
                select: format!("SELECT * FROM {table}").leak(),
                delete: format!("DELETE FROM {table}").leak(),
                insert: format!("INSERT INTO {table} VALUES ({})", places.join(", ")).leak(),
            });
        }
        Ok(database)
    }

    /// The names of a table's columns, in their order.
    pub(crate) fn columns(&mut self, table: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT name FROM pragma_table_info($1)";
        let rows = self.run_statements(vec![Statement::new(sql).with(table)])?;
        let text = |value| match value {
            Value::Text(text) => Some(text),
            _ => None,
        };
        Ok(rows.into_iter().flat_map(|rows| rows.rows).flatten().filter_map(text).collect())
    }

    /// Makes these rows the contents of the database.
    pub(crate) fn load(&mut self, snapshot: &Snapshot) -> Result<(), StoreError> {
        if self.loaded.as_ref().is_some_and(|loaded| Rc::ptr_eq(loaded, snapshot)) {
            return Ok(());
        }
        let mut statements = Vec::new();
        for (table, rows) in self.tables.iter().zip(snapshot.iter()) {
            statements.push(Statement::new(table.delete));
            statements.extend(rows.iter().map(|row| {
                let insert = Statement::new(table.insert);
                row.iter().cloned().fold(insert, Statement::with)
            }));
        }
        self.run_statements(statements)?;
        self.loaded = Some(Rc::clone(snapshot));
        Ok(())
    }

    /// The contents of the database.
    pub(crate) fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        let select = self.tables.iter().map(|table| Statement::new(table.select)).collect();
        let mut tables: [Vec<Vec<Value>>; TABLES.len()] = Default::default();
        for (table, rows) in tables.iter_mut().zip(self.run_statements(select)?) {
            *table = rows.rows;
        }
        let snapshot = Rc::new(tables);
        self.loaded = Some(Rc::clone(&snapshot));
        Ok(snapshot)
    }

    /// Performs an action of a procedure.
    pub(crate) fn perform(&mut self, action: &Action) -> Result<Vec<Rows>, Failure> {
        self.loaded = None;
        self.store.perform(action)
    }

    /// Runs an operation.
    pub(crate) fn run<D: Decision>(
        &mut self,
        operation: Operation<D>,
    ) -> Result<D::Output, StoreError> {
        self.loaded = None;
        self.store.run(operation)
    }

    fn run_statements(&mut self, statements: Vec<Statement>) -> Result<Vec<Rows>, StoreError> {
        let failed = |failure| match failure {
            Failure::Store(error) => error,
            Failure::Restart => StoreError::Busy,
        };
        self.store.perform(&Action::Begin).map_err(failed)?;
        let rows = self.store.perform(&Action::Run(statements)).map_err(failed)?;
        self.store.perform(&Action::Commit).map_err(failed)?;
        Ok(rows)
    }
}
