//! The keeper: what to do next for all consents of a database.
//!
//! A [`Keeper`] reads the due consents slot by slot, and names the procedure to run for each. It does
//! no I/O and runs nothing itself: the exhaustive exploration, the simulation and a driver take the
//! same steps. Several keepers on one database need no agreement: each procedure stores its intent
//! before it sends anything, and a second one waits for the first or finds its result.
//!
//! ```
//! use fdx_store::keeper::{Keeper, KeeperStep};
//! # use fdx_store::keeper::KeeperLimits;
//! # use fdx_wire::{Entropy, UnixTime};
//!
//! # let now = UnixTime::from_seconds(1_767_607_200);
//! let mut keeper = Keeper::new(KeeperLimits::new(), &Entropy::new([1; 32]));
//! match keeper.next(now) {
//!     // Run the operation in the database: `keeper.read(store.run(operation), now)`.
//!     KeeperStep::Read(_operation) => keeper.read(Ok(Vec::new()), now),
//!     // `consents.keep_up(&due, entropy, now)`, then `keeper.finished(&due.key, kept.is_success())`.
//!     KeeperStep::Run(_due) => {}
//!     KeeperStep::Wait { until: _ } | KeeperStep::Stopped => {}
//! }
//! # assert!(matches!(keeper.next(now), KeeperStep::Read(_)));
//! ```
#![doc = include_str!("failures.md")]

mod keeper;
mod limits;
mod slots;

pub use keeper::{Keeper, KeeperStep};
pub use limits::KeeperLimits;
