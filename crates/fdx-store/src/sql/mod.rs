//! SQL as values: statements, rows, and transactions that a driver runs.
//!
//! Each statement has one text for every engine, in the subset that SQLite, PostgreSQL, CockroachDB,
//! YugabyteDB and Aurora DSQL share. Its parameters `$1`, `$2` appear in numeric order, each once:
//! SQLite binds `$2 … $1` by first appearance, and such an update would change no row without an
//! error.

pub(crate) mod database;
pub(crate) mod operation;
pub(crate) mod statement;
pub(crate) mod value;
