//! Tests that need TLS, several processes or every crate, and the tables that cover the workspace.
//! All are one program, because linking each of many programs would take seconds.

mod clause_table;
mod conformance;
mod driver;
mod error_table;
mod keys_over_tls;
mod matrix;
mod matrix_tls;
mod two_nodes;
