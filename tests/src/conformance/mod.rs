//! Conformance: every misbehaviour of the sandbox, met by a whole flow of ours.
//!
//! [`walk`] carries one flow from discovery to revocation over a [`Wire`], [`judge`] lays what came
//! of it beside what is right. A row passes where the misbehaviour really showed, the client did
//! what is right, and after a refusal nothing of the flow was asked for but the keys that the
//! refusal needed. [`proof`] lays the strict institution's table beside that one.

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

/// Every way in which a flow can be walked.
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
/// Where there can be no runtime.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}
