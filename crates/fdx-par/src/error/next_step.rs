use core::time::Duration;

/// What can be done after an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NextStep {
    /// Correct the configuration or the call. The same again fails the same way.
    Correct,
    /// Nothing that a program can do: ask the institution.
    AskTheInstitution,
    /// Fetch the server's keys, then verify again. The tokens are kept.
    FetchKeys,
    /// Refresh the tokens and call again; where that is refused, start over.
    Refresh,
    /// The same call may be made again, freshly drafted; after this time where the server named
    /// one, of a day at most.
    Retry {
        /// From `Retry-After`.
        after: Option<Duration>,
    },
    /// Register the client again: the server does not know this registration, or its token, any
    /// more.
    RegisterAgain,
    /// Push a new authorization request and send the customer again.
    StartOver,
    /// The customer said no. Ask again only if the customer wants that.
    RespectTheCustomer,
    /// Keep what there is, and wait for the callback that belongs to it.
    KeepWaiting,
}
