//! What may happen besides refreshes, and how often.

/// How often each accident may still happen.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Budget {
    /// A process dies.
    pub(crate) crashes: u8,
    /// A request or a response of a living process is lost.
    pub(crate) losses: u8,
    /// Time passes while a process is between two steps.
    pub(crate) pauses: u8,
    /// Time passes while a process is between its last check and the write to the network.
    pub(crate) late_writes: u8,
    /// The consent is revoked.
    pub(crate) revocations: u8,
}

const NONE: Budget = Budget { crashes: 0, losses: 0, pauses: 0, late_writes: 0, revocations: 0 };

/// Accidents of a name.
pub(crate) type Accidents = (&'static str, Budget);

const PAUSE: Accidents = ("1 pause", Budget { pauses: 1, ..NONE });
const CRASH_AND_PAUSE: Accidents = ("1 crash, 1 pause", Budget { crashes: 1, pauses: 1, ..NONE });
const REVOCATION: Accidents =
    ("1 revocation, 1 crash", Budget { revocations: 1, crashes: 1, ..NONE });

/// The accidents of the exploration.
pub(crate) const ALL: [Accidents; 5] = [
    ("2 crashes, 1 lost response", Budget { crashes: 2, losses: 1, ..NONE }),
    PAUSE,
    CRASH_AND_PAUSE,
    REVOCATION,
    ("1 late write", Budget { late_writes: 1, ..NONE }),
];

/// The accidents of the search without a rule: fewer, because each rule is searched. The cheapest
/// first.
pub(crate) const FEW: [Accidents; 4] = [
    PAUSE,
    REVOCATION,
    CRASH_AND_PAUSE,
    ("1 crash, 1 lost response", Budget { crashes: 1, losses: 1, ..NONE }),
];
