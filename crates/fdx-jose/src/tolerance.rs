use core::time::Duration;

/// How far the clocks of two parties may be apart: 10 seconds by default, 60 at most (FAPI 2.0
/// Security Profile 5.3.2.1).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Tolerance(u8);

impl Tolerance {
    /// So many seconds; none where they are more than 60.
    ///
    /// ```
    /// use fdx_jose::Tolerance;
    ///
    /// assert!(Tolerance::seconds(60).is_some());
    /// assert!(Tolerance::seconds(61).is_none());
    /// ```
    #[must_use]
    pub const fn seconds(seconds: u8) -> Option<Self> {
        if seconds <= 60 { Some(Self(seconds)) } else { None }
    }

    /// The tolerance as a duration.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl Default for Tolerance {
    fn default() -> Self {
        Self(10)
    }
}
