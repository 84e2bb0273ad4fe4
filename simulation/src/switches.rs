//! Switches for the checks of `checks.rs`, by their numbers.
//!
//! In this build no check uses its switch, and every check is on. `cargo xtask simulate
//! --minimal-sets` generates a weakened copy of the workspace: this file becomes a module of
//! `fdx-wire`, and each marked check uses its switch.

use core::sync::atomic::{AtomicU64, Ordering};

/// Whether this is the weakened copy.
pub const WEAKENED: bool = false;

static OFF: AtomicU64 = AtomicU64::new(0);
static STOPPED: AtomicU64 = AtomicU64::new(0);

/// Returns whether a check that has just failed is switched off. If not, the check is recorded as
/// one that stopped an attack.
#[must_use]
pub fn off(check: usize) -> bool {
    let bit = 1 << check;
    let off = OFF.load(Ordering::Relaxed) & bit != 0;
    if !off {
        STOPPED.fetch_or(bit, Ordering::Relaxed);
    }
    off
}

/// Returns the outcome of a check, or success if the check is switched off.
///
/// # Errors
/// The error of the check.
pub fn waive<T, E>(check: usize, outcome: Result<T, E>) -> Result<(), E> {
    match outcome {
        Err(error) if !off(check) => Err(error),
        _ => Ok(()),
    }
}

/// Switches these checks off, one bit for each, and all others on.
pub fn switch_off(checks: u64) {
    OFF.store(checks, Ordering::Relaxed);
    STOPPED.store(0, Ordering::Relaxed);
}

/// The checks that stopped an attack since the last call of [`switch_off`].
#[must_use]
pub fn stopped() -> u64 {
    STOPPED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_the_checks_that_stop_an_attack() {
        switch_off(0b10);
        assert_eq!(waive(0, Err::<(), _>("refused")), Err("refused"));
        assert_eq!(waive(1, Err::<(), _>("refused")), Ok(()));
        assert_eq!(waive(2, Ok::<_, &str>(())), Ok(()));
        assert_eq!(stopped(), 0b1);
    }
}
