//! Durable consents without I/O: what to store, what to read, and what to do next.
//!
//! This crate has no database driver, no clock and no random numbers. It has two kinds of values:
//!
//! - An [`Operation`] is one transaction. It yields actions, such as a list of SQL statements; the
//!   driver runs them and gives back the rows; the operation yields the next action or its output.
//! - A *procedure* is above exchanges and operations. It yields steps: sign these bytes, send this
//!   request, perform this action of the store, wait until this time, done.
//!
//! A driver is a short loop. The same statements run in SQLite and PostgreSQL; the [`schema`] has one
//! text for each.

pub mod consents;
pub mod flows;
pub mod keeper;
pub mod procedure;
pub mod receipts;
mod record;
pub mod refresh;
pub mod revocation;
pub mod schema;
pub mod seal;
mod sql;
#[cfg(test)]
mod tests;
pub mod transfer;

pub use record::id::{IdError, RecordId, RecordKey, Tenant};
pub use record::state::ConsentState;
pub use sql::database::Database;
pub use sql::operation::{
    Action, Decision, Failure, Operation, OperationStep, Running, StoreError, Turn,
};
pub use sql::statement::{Rows, Statement};
pub use sql::value::{Type, Value};
