//! Shared parts of the tests that need TLS or several processes: the conformance tables, an
//! institution behind TLS, and the input of a node. `fdx-testkit` has the rest.

pub mod conformance;
mod node;
mod tls_bank;

pub use node::NodeInput;
pub use tls_bank::TlsBank;
