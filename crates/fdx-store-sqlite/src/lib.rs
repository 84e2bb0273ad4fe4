//! Runs the operations of `fdx-store` on SQLite.
//!
//! The driver opens a database, performs an operation's actions, and decides nothing:
//!
//! - A commit is on the disk when it returns (`synchronous=FULL`), and several processes can use one
//!   file (WAL). Transactions begin with `BEGIN IMMEDIATE`, so that none fails between a read and a
//!   write.
//! - The database is created by the first process that opens it, all tables or none. A database of a
//!   newer version or of another program is refused, and nothing is written to it.
//! - [`SqliteStore::origin`] reports a database that was restored from a backup or copied.
//!
//! SQLite is compiled in. Its version is at least 3.51.3: older ones can lose commits.
//!
//! ```
//! use fdx_store::{Action, Rows, Statement};
//! use fdx_store_sqlite::SqliteStore;
//!
//! let mut store = SqliteStore::in_memory()?;
//! // What `SqliteStore::run` does with the actions of an operation.
//! let count = Statement::new("SELECT COUNT(*) FROM fdx_consents WHERE tenant = $1").with("acme");
//! store.perform(&Action::Begin)?;
//! let results = store.perform(&Action::Run(vec![count]))?;
//! store.perform(&Action::Commit)?;
//! assert_eq!(results, [Rows::selected(vec![vec![0.into()]])]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Your own transactions
//!
//! An operation can be a part of a transaction of your own, next to your own tables. Use any library;
//! with `rusqlite`, the loop is:
//!
//! ```
//! use fdx_store::{Action, Decision, Failure, Operation, OperationStep, Rows, Statement};
//! use fdx_store::{StoreError, Turn, Type, Value};
//! use rusqlite::types::{Value as SqlValue, ValueRef};
//! use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
//!
//! /// Runs an operation inside `transaction`, which the caller commits.
//! fn run_inside<D: Decision>(
//!     transaction: &Transaction<'_>,
//!     operation: Operation<D>,
//! ) -> Result<D::Output, StoreError> {
//!     let mut step = operation.inside_a_transaction().start();
//!     loop {
//!         step = match step {
//!             OperationStep::Done(output) => return output,
//!             OperationStep::Perform(running) => {
//!                 let results = match running.action() {
//!                     Action::Run(statements) => {
//!                         statements.iter().map(|statement| rows(transaction, statement)).collect()
//!                     }
//!                     // Inside a transaction, an operation has no other actions.
//!                     _ => Ok(Vec::new()),
//!                 };
//!                 running.answered(results.map_err(failure))
//!             }
//!         }
//!     }
//! }
//!
//! fn rows(transaction: &Transaction<'_>, statement: &Statement) -> rusqlite::Result<Rows> {
//!     let mut prepared = transaction.prepare_cached(statement.sql())?;
//!     let parameters = statement.parameters().iter().map(|value| match value {
//!         Value::Integer(number) => SqlValue::Integer(*number),
//!         Value::Text(text) => SqlValue::Text(text.clone()),
//!         Value::Bytes(bytes) => SqlValue::Blob(bytes.clone()),
//!         Value::Null(_) => SqlValue::Null,
//!     });
//!     let parameters = rusqlite::params_from_iter(parameters);
//!     if !prepared.readonly() {
//!         return Ok(Rows::changed(prepared.execute(parameters)? as u64));
//!     }
//!     let columns = prepared.column_count();
//!     let rows = prepared.query_and_then(parameters, |row| {
//!         (0..columns).map(|column| value(row.get_ref(column)?)).collect()
//!     })?;
//!     Ok(Rows::selected(rows.collect::<rusqlite::Result<_>>()?))
//! }
//!
//! fn value(value: ValueRef<'_>) -> rusqlite::Result<Value> {
//!     Ok(match value {
//!         ValueRef::Null => Value::Null(Type::Text),
//!         ValueRef::Integer(number) => Value::Integer(number),
//!         ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
//!         text => Value::Text(text.as_str()?.to_owned()),
//!     })
//! }
//!
//! fn failure(error: rusqlite::Error) -> Failure {
//!     match error.sqlite_error_code() {
//!         Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Failure::Restart,
//!         _ => Failure::Store(StoreError::Database(error.to_string())),
//!     }
//! }
//! # /// An operation that the example can run: it counts the consents of a tenant.
//! # #[derive(Clone)]
//! # struct Count(&'static str);
//! #
//! # impl Decision for Count {
//! #     type Output = Vec<Value>;
//! #
//! #     fn first(&mut self) -> Vec<Statement> {
//! #         let sql = "SELECT COUNT(*) FROM fdx_consents WHERE tenant = $1";
//! #         vec![Statement::new(sql).with(self.0)]
//! #     }
//! #
//! #     fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Vec<Value>>, StoreError> {
//! #         Ok(Turn::Commit(results.into_iter().flat_map(|it| it.rows).flatten().collect()))
//! #     }
//! # }
//!
//! # let mut connection = Connection::open_in_memory()?;
//! # connection.execute_batch("CREATE TABLE visits (customer TEXT)")?;
//! # for statement in fdx_store::schema::SQLITE {
//! #     connection.execute_batch(statement)?;
//! # }
//! # let count = Operation::new(Count("acme"));
//! // Immediate, because a read that turns into a write next to another writer fails.
//! let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
//! transaction.execute("INSERT INTO visits (customer) VALUES ('c-17')", [])?;
//! // After `StoreError::RestartTransaction`, roll back and begin again.
//! let counted = run_inside(&transaction, count)?;
//! transaction.commit()?;
//! # assert_eq!(counted, [Value::Integer(0)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `isolated/transactions` in the repository has complete programs, which repeat their transactions:
//! with `rusqlite`, `sqlx`, and `tokio-postgres`.
//!
//! Set the same pragmas as this crate does: `journal_mode=WAL`, `synchronous=FULL`,
//! `secure_delete=ON` and a busy timeout. Without `secure_delete`, erased keys stay in free pages.
//!
//! # Backups
//!
//! Copy a database that is in use with SQLite's own means, such as `VACUUM INTO`: a copied file lacks
//! what is in the log. To restore, end all processes, delete the files with `-wal` and `-shm` after the
//! name, and leave the file with `-witness`. The keeper then waits until an operator acknowledges the
//! [`Origin`]. A backup contains the keys of consents that were erased after it.
//!
//! # Size and speed
//!
//! A consent with sealed tokens and one receipt takes 3.9 KB. The receipt has 1.1 KB, which the consent
//! repeats as its current access.
//!
//! `cargo xtask bench-store` runs each operation with 10,000 and with 1,000,000 consents, next to a bare
//! loop: a `SELECT` or `UPDATE` of one row by a random key, with as many commits and the same pragmas.
//! It takes 3 minutes, and 5 GB of disk and memory; `--consents N` takes less, and `--json` prints
//! JSON. Medians, with the 99th percentile in parentheses, in microseconds, on two cores of a virtual
//! machine that other programs used, with the files in the memory of the system:
//!
//! | operation | 10,000 | 1,000,000 | growth | bare, 1,000,000 | growth |
//! |---|---|---|---|---|---|
//! | find a consent | 8 (23) | 14 (887) | 1.65 | 11 (30) | 1.84 |
//! | claim a flow, one commit | 168 (4,582) | 191 (5,009) | 1.14 | 156 (4,404) | 1.03 |
//! | access token, no refresh | 23 (68) | 38 (1,751) | 1.63 | 12 (23) | 1.84 |
//! | append a receipt, one commit | 236 (4,178) | 260 (4,697) | 1.10 | 161 (3,986) | 0.99 |
//! | read the due queue of a slot | 28 (98) | 31 (252) | 1.10 | 11 (126) | 1.55 |
//! | count the queues, 7,680 due | 400 (12,551) | 355 (12,447) | 0.89 | 13 (41) | 1.77 |
//!
//! A commit takes as long as the disk does. What reads a random row grows more than by 1.5, and so does
//! the bare `SELECT`: each B-tree has one more level, and most of its pages are in no cache of the
//! processor. A page cache of 8, 16 or 64 MB, a memory map, and pages of 8 or 16 KB did not change these
//! times, so the driver sets none of them.

mod failure;
mod files;
mod options;
mod origin;
mod store;
mod tables;
mod witness;

pub use options::Options;
pub use origin::Origin;
pub use store::SqliteStore;
