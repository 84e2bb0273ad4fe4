use core::time::Duration;

/// The next step after an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NextStep {
    /// Correct the configuration or the call. The same call would fail again.
    Correct,
    /// Ask the institution. A program can do nothing.
    AskTheInstitution,
    /// Fetch the server's keys, then verify again. The tokens are kept.
    FetchKeys,
    /// Refresh the tokens and call again. If the refresh is refused, start over.
    Refresh,
    /// Draft the same call again. If the server sent `Retry-After`, wait for this time first.
    Retry {
        /// `Retry-After`, at most a day.
        after: Option<Duration>,
    },
    /// Register the client again. The server no longer knows this registration or its token.
    RegisterAgain,
    /// Push a new authorization request and send the customer again.
    StartOver,
    /// The customer denied the request. Request again only if the customer wants it.
    RespectTheCustomer,
    /// Keep the pending value, and wait for its callback.
    KeepWaiting,
}
