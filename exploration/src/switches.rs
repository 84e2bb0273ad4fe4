//! The switches of the rules. In this build every rule is on. `cargo xtask explore --rules` generates a
//! weakened copy of the workspace, in which this file uses its switches.

/// Whether this is the weakened copy.
pub(crate) const WEAKENED: bool = false;

/// Switches these rules off, one bit for each.
pub(crate) fn switch_off(_: u64) {}
