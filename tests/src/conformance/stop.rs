use std::time::Duration;

use fdx_par::{Error, NextStep, Refused, ServerRule};
use fdx_transport_hyper::{ResponseFault, RunError, TransportError};

/// The reason why a flow stopped early.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stop {
    /// The error's code.
    pub code: String,
    /// The error's text.
    pub text: String,
    /// The delay that the server requires before a retry.
    pub after: Option<Duration>,
}

impl Stop {
    /// Creates a stop that is no error of `fdx-par`.
    #[must_use]
    pub fn of(code: &str, text: impl ToString) -> Self {
        Self { code: code.to_owned(), text: text.to_string(), after: None }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        let after = match error.next_step() {
            NextStep::Retry { after } => after,
            _ => error.said().and_then(|said| said.retry_after),
        };
        Self { code: error.code().to_owned(), text: error.to_string(), after }
    }
}

impl<T> From<Refused<T>> for Stop {
    fn from(refused: Refused<T>) -> Self {
        refused.error.into()
    }
}

impl From<RunError> for Stop {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Protocol(error) => error.into(),
            // The transport reads no more than the exchange's limit, so the core received no
            // response.
            RunError::NoResponse {
                error: TransportError::Response(error @ ResponseFault::BodyTooLarge { .. }),
                ..
            } => Self::of(ServerRule::BodyTooLarge.code(), error),
            other => Self::of("transport", other),
        }
    }
}
