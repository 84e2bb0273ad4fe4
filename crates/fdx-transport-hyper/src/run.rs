use std::time::{SystemTime, UNIX_EPOCH};

use fdx_jose::Signer;
use fdx_par::{Draft, Error, NextStep, Output, Step};
use fdx_wire::UnixTime;
use zeroize::Zeroizing;

use crate::{Transport, TransportError};

/// Why an exchange has no output.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The exchange's own error.
    #[error(transparent)]
    Protocol(Error),
    /// The request did not reach the server.
    #[error("nothing was sent: {error}")]
    NotSent {
        /// What failed.
        error: TransportError,
        /// [`NextStep::Correct`] after [`TransportError::Setup`], because the same call fails again;
        /// otherwise what is safe after no response.
        next_step: NextStep,
    },
    /// The request may have reached the server, and no complete response arrived.
    #[error("the server may have received the request: {error}")]
    NoResponse {
        /// What failed.
        error: TransportError,
        /// What is safe after no response.
        next_step: NextStep,
    },
}

impl Transport {
    /// Signs, sends and receives until the exchange is done: once, or twice if the server requires a
    /// DPoP nonce (RFC 9449 section 8).
    ///
    /// The signer runs on the calling task and should not block for long. For keys in a remote
    /// service, write a loop like this one that awaits the signature.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn run<T, S>(
        &self,
        mut draft: Draft<T>,
        signer: &S,
        now: impl Fn() -> UnixTime,
    ) -> Result<T, RunError>
    where
        T: Output,
        S: Signer + ?Sized,
    {
        loop {
            let signatures = draft.sign(signer)?;
            let (request, sent) = draft.attach(signatures).map_err(Error::from)?;
            let response = match self.send(request).await {
                Ok(response) => response,
                Err(error) => return Err(RunError::without_response(error, sent.on_no_response())),
            };
            match sent.receive(response.map(Zeroizing::new), now())? {
                Step::Again(fresh) => draft = fresh,
                Step::Done(output) => return Ok(output),
            }
        }
    }
}

impl RunError {
    /// Returns what can be done about it.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::Protocol(error) => error.next_step(),
            Self::NotSent { next_step, .. } | Self::NoResponse { next_step, .. } => *next_step,
        }
    }

    fn without_response(error: TransportError, next_step: NextStep) -> Self {
        match error {
            TransportError::Setup(_) => Self::NotSent { error, next_step: NextStep::Correct },
            TransportError::Connect(_) => Self::NotSent { error, next_step },
            TransportError::Response(_) => Self::NoResponse { error, next_step },
        }
    }
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        Self::Protocol(error)
    }
}

/// Returns the time of the system's clock. The protocol crates read no clock: they receive the time.
#[must_use]
pub fn system_now() -> UnixTime {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_seconds(elapsed.as_secs())
}
