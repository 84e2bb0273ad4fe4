//! Tests of entries, chains, roots and exports, without a database.

mod chain;
mod entry;
mod export;
mod narrowing;
mod operations;
mod retention;
mod root;
mod support;
