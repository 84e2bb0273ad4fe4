//! A deterministic world: many customers, several nodes of one recipient, two institutions of which
//! one is hostile, a network that loses things, and an attacker.
//!
//! A seed decides everything that happens in a [`World`]; nothing sleeps, nothing reads a clock, and
//! no socket is opened. As it runs it is held against what the project promises: a [`Harm`] is a
//! promise broken, and names the seed that repeats it.

mod attack;
#[cfg(fdx_weakened)]
mod chapter;
#[cfg(any(fdx_weakened, test))]
mod checks;
mod ledger;
#[cfg(fdx_weakened)]
mod minimal;
mod queue;
mod recipient;
mod rng;
mod rogue;
mod scene;
mod shared;
mod standing;
mod strike;
mod tally;
mod world;

pub use attack::Attack;
#[cfg(fdx_weakened)]
pub use chapter::{Chapter, chapter};
pub use ledger::Harm;
pub use scene::Binding;
pub use tally::Tally;
pub use world::{Faults, Settings, Trace, World};
