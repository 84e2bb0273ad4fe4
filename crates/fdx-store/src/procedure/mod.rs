//! Procedures: the order of exchanges and store operations, as values.
//!
//! A procedure is a [`Step`]. The driver does what the step says and gives the result to it, which
//! returns the next step. The loop is the same in every runtime:
//!
//! ```
//! use fdx_jose::Signer;
//! use fdx_store::Database;
//! use fdx_store::procedure::Step;
//! use fdx_wire::UnixTime;
//!
//! /// What the loop needs besides a database: a signer, an HTTP client, a clock.
//! trait World {
//!     fn keys(&self) -> &dyn Signer;
//!     fn send(&self, request: fdx_par::Request) -> Result<http::Response<Vec<u8>>, NotReceived>;
//!     fn wait_until(&self, time: UnixTime);
//!     fn now(&self) -> UnixTime;
//! }
//!
//! enum NotReceived {
//!     NotSent(String),
//!     NoResponse(String),
//! }
//!
//! fn run<T>(world: &impl World, database: &mut impl Database, mut step: Step<T>) -> T {
//!     loop {
//!         step = match step {
//!             Step::Sign(signing) => signing.sign(world.keys(), world.now()),
//!             Step::Send(sending) => match sending.start(world.now()) {
//!                 Ok((request, awaiting)) => match world.send(request) {
//!                     Ok(response) => awaiting.received(response, world.now()),
//!                     Err(NotReceived::NotSent(error)) => awaiting.not_sent(&error, world.now()),
//!                     Err(NotReceived::NoResponse(error)) => {
//!                         awaiting.no_response(&error, world.now())
//!                     }
//!                 },
//!                 Err(late) => late,
//!             },
//!             Step::Store(storing) => storing.perform(database, || world.now()),
//!             Step::Wait(waiting) => {
//!                 world.wait_until(waiting.until());
//!                 waiting.resumed(world.now())
//!             }
//!             Step::Done(output) => return output,
//!         }
//!     }
//! }
//! ```
//!
//! `fdx-transport-hyper` has this loop for tokio, with its feature `store`.
//!
//! A procedure is a function of what it receives: the same results lead to the same steps. It can be
//! dropped at any step. What it has stored by then is a state that this crate documents, and another
//! procedure continues from there.
//!
//! | procedure | from | to |
//! |---|---|---|
//! | [`Consents::begin`], [`Consents::renew`] | a request | a stored flow, and a URL for the customer |
//! | [`Consents::finish`], [`Consents::finish_opened`] | a callback | an active consent, or an outcome of the flow: see [`Finished`] |
//! | [`Consents::resume`] | stored tokens without a grant | an active consent |
//! | [`Consents::access_token`], [`Consents::refresh`] | an active consent | a valid token |
//! | [`Consents::revoke`] | a consent | a revoked one |
//! | [`Consents::keep_up`] | a consent that is due | whatever is due for it |

mod attempt;
pub(crate) mod begin;
mod chain;
pub(crate) mod check;
pub(crate) mod consents;
pub(crate) mod draws;
pub(crate) mod finish;
pub(crate) mod finished;
mod grant;
pub(crate) mod keep_up;
mod late;
pub(crate) mod refresh;
pub(crate) mod revoke;
pub(crate) mod step;
mod verify;

pub use begin::{Redirect, Started};
pub use check::Checked;
pub use consents::Consents;
pub use finished::{Finished, Granted};
pub use keep_up::KeptUp;
pub use refresh::{Access, UsableToken};
pub use revoke::RevocationResult;
pub use step::{Awaiting, Sending, Signing, Step, Storing, Waiting};
