//! A deterministic world: many customers, several nodes of one recipient, two institutions of which
//! one is hostile, a network that loses things, and an attacker.
//!
//! A seed decides everything that happens in a [`World`]. It never sleeps, reads a clock or opens a
//! socket. While it runs, the project's promises are checked. A [`Harm`] is a broken promise; its
//! seed repeats it.

mod attack;
mod attacks;
mod chapter;
mod checks;
mod choices;
mod ledger;
mod minimal;
mod nodes;
mod recipient;
mod refresh_tokens;
mod scene;
mod secrets;
mod shared;
mod single_use;
pub mod switches;
mod tally;
mod world;

pub use attack::Attack;
pub use chapter::{Chapter, chapter};
pub use ledger::Harm;
pub use nodes::{Nodes, Report};
pub use recipient::is_well_formed;
pub use recipient::tampering::message;
pub use tally::Tally;
pub use world::{Faults, Renewals, Settings, Trace, World};
