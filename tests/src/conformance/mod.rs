//! Conformance: a whole flow of the client against every misbehaviour of the sandbox.
//!
//! [`walk`] runs one flow from discovery to revocation over a [`Wire`]. [`judge`] compares the
//! result with the expected one. A row passes if the misbehaviour occurred, the client's outcome is
//! the expected one, and after an error the client sent nothing more than a needed key fetch.
//! [`proof`] combines this table with that of the strict institution.

mod ending;
mod judge;
mod loopback;
mod memory;
mod proof;
mod registering;
mod stop;
mod table;
mod walk;
mod wire;

pub use judge::{Line, judge, well_behaved};
pub use loopback::{Loopback, over_mtls};
pub use memory::{in_memory, world};
pub use proof::{Over, ProofRow, Table, proof};
pub use stop::Stop;
pub use table::table;
pub use walk::{Went, walk};
pub use wire::Wire;

use std::future::Future;

use fdx_sandbox::misbehaviour::Flow;

/// Every kind of flow.
pub const FLOWS: [Flow; 10] = [
    Flow::Any,
    Flow::Dpop,
    Flow::Es256,
    Flow::Ps256,
    Flow::MessageSigning,
    Flow::Registration,
    Flow::ManagedRegistration,
    Flow::ConsentRevocation,
    Flow::Late,
    Flow::RefreshedTwice,
];

/// Runs a future that never waits for anything outside.
///
/// # Panics
/// If no runtime can be created.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}
