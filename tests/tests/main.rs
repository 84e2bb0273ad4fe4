//! Tests that need TLS, several processes or every crate, and the tables that cover the workspace.
//! All are one program, because linking a program takes seconds.

mod clause_table;
mod conformance;
mod error_table;
mod error_variants;
mod laws_table;
mod matrix;
mod matrix_tls;
mod source;
mod two_nodes;
