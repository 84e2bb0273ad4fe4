use core::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use fdx_wire::UnixTime;

/// A clock that can be read from any thread. A clone is cheap.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> UnixTime + Send + Sync>);

impl Clock {
    /// A clock that calls `now`.
    pub fn new(now: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        (self.0)()
    }
}

/// The system's clock: [`system_now`].
impl Default for Clock {
    fn default() -> Self {
        Self::new(system_now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).finish()
    }
}

/// Returns the time of the system's clock. The protocol crates read no clock: they receive the time.
#[must_use]
pub fn system_now() -> UnixTime {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_seconds(elapsed.as_secs())
}
