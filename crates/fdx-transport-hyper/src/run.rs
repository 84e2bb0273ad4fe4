use std::time::{SystemTime, UNIX_EPOCH};

use fdx_jose::Signer;
use fdx_par::{Draft, Error, NextStep, Output, Step};
use fdx_wire::UnixTime;
use zeroize::Zeroizing;

use crate::{Transport, TransportError};

/// Why an exchange did not come to its output.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The exchange's own error.
    #[error(transparent)]
    Protocol(Error),
    /// The request did not reach the server.
    #[error("nothing was sent: {error}")]
    NotSent {
        /// Why.
        error: TransportError,
        /// [`NextStep::Correct`] after [`TransportError::Setup`], because the same call fails again;
        /// otherwise what is safe after no response.
        next_step: NextStep,
    },
    /// The request may have reached the server, and no whole answer came.
    #[error("no answer was heard: {error}")]
    Unheard {
        /// Why.
        error: TransportError,
        /// What the exchange calls safe when it hears nothing.
        next_step: NextStep,
    },
}

impl Transport {
    /// Signs, sends and receives until the exchange is done: twice, where the server wants a DPoP
    /// nonce (RFC 9449 section 8), else once.
    ///
    /// The signer is called in place and should not block for long. Keys in a remote service want
    /// a loop of one's own: it is as short as this one.
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
                Err(error) => return Err(RunError::unanswered(error, sent.unheard())),
            };
            match sent.receive(response.map(Zeroizing::new), now())? {
                Step::Again(fresh) => draft = fresh,
                Step::Done(output) => return Ok(output),
            }
        }
    }
}

impl RunError {
    /// What can be done about it.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::Protocol(error) => error.next_step(),
            Self::NotSent { next_step, .. } | Self::Unheard { next_step, .. } => *next_step,
        }
    }

    fn unanswered(error: TransportError, next_step: NextStep) -> Self {
        match error {
            TransportError::Setup(_) => Self::NotSent { error, next_step: NextStep::Correct },
            TransportError::Connect(_) => Self::NotSent { error, next_step },
            TransportError::Answer(_) => Self::Unheard { error, next_step },
        }
    }
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        Self::Protocol(error)
    }
}

/// The system's clock: here, at the edge, and nowhere in the core.
#[must_use]
pub fn system_now() -> UnixTime {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_seconds(elapsed.as_secs())
}
