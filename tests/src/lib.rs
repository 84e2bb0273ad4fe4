//! What the tests share that need TLS or several processes: the conformance tables, an institution
//! behind TLS, and the input of a node. `fdx-testkit` has the rest.

pub mod conformance;
mod node;
mod tls_bank;

pub use node::NodeTold;
pub use tls_bank::TlsBank;
