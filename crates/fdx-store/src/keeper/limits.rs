use core::time::Duration;

/// How much a [`Keeper`](super::Keeper) does at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct KeeperLimits {
    /// How many procedures run at once.
    pub procedures: usize,
    /// How many of them are for one institution.
    pub per_institution: usize,
    /// How many due consents are read at once.
    pub batch: u16,
    /// How long all slots together may take, from the first to the first again, if nothing is due: the
    /// shortest [`pick_up`](crate::refresh::RefreshPolicy::pick_up) of all institutions.
    pub round: Duration,
}

impl KeeperLimits {
    /// 16 procedures, 4 for one institution, batches of 20, and a round of 5 seconds.
    #[must_use]
    pub const fn new() -> Self {
        Self { procedures: 16, per_institution: 4, batch: 20, round: Duration::from_secs(5) }
    }
}

impl Default for KeeperLimits {
    fn default() -> Self {
        Self::new()
    }
}
