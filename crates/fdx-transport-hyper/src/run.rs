use fdx_jose::Signer;
use fdx_par::{Draft, Error, NextStep, Output, Step};
use fdx_wire::UnixTime;
use zeroize::Zeroizing;

use crate::{Transport, TransportError};

/// Why an exchange has no output.
///
/// `D` is the type of a draft that was not sent: `Box<Draft<T>>` from [`Transport::run`], nothing
/// after [`without_draft`](Self::without_draft).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError<D = ()> {
    /// The exchange's own error.
    #[error(transparent)]
    Protocol(Error),
    /// The request did not reach the server. Nothing is lost: the draft can be run again.
    #[error("nothing was sent: {error}")]
    NotSent {
        /// What failed.
        error: TransportError,
        /// The draft with newly minted values. An authorization code or a refresh token in it is
        /// still unspent.
        draft: D,
        /// [`NextStep::Retry`] if the same draft may succeed later,
        /// [`NextStep::Correct`] if it would fail again.
        next_step: NextStep,
    },
    /// The request may have reached the server, and no complete response arrived.
    #[error("the server may have received the request: {error}")]
    NoResponse {
        /// What failed.
        error: TransportError,
        /// What is safe after no response, or [`NextStep::Correct`] if the server refused the
        /// client's certificate.
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
    /// [`RunError`]. If nothing was sent, it returns the draft:
    ///
    /// ```
    /// # use fdx_jose::Signer;
    /// # use fdx_par::{Draft, Exchanged, NextStep};
    /// # use fdx_transport_hyper::{RunError, Transport, system_now};
    /// # async fn wait() {}
    /// async fn exchange<S: Signer>(
    ///     transport: &Transport,
    ///     mut draft: Draft<Exchanged>,
    ///     signer: &S,
    /// ) -> Result<Exchanged, RunError> {
    ///     for _ in 0..3 {
    ///         match transport.run(draft, signer, system_now).await {
    ///             // The code is unspent.
    ///             Err(RunError::NotSent { draft: unsent, next_step: NextStep::Retry { .. }, .. }) => {
    ///                 draft = *unsent;
    ///                 wait().await;
    ///             }
    ///             outcome => return Ok(outcome?),
    ///         }
    ///     }
    ///     Ok(transport.run(draft, signer, system_now).await?)
    /// }
    /// ```
    pub async fn run<T, S>(
        &self,
        mut draft: Draft<T>,
        signer: &S,
        now: impl Fn() -> UnixTime,
    ) -> Result<T, RunError<Box<Draft<T>>>>
    where
        T: Output,
        S: Signer + ?Sized,
    {
        loop {
            let signatures = draft.sign(signer)?;
            let (request, sent) = draft.attach(signatures).map_err(Error::from)?;
            let response = match self.send(request).await {
                Ok(response) => response,
                Err(error) if error.may_have_arrived() => {
                    let next_step = error.next_step(sent.on_no_response());
                    return Err(RunError::NoResponse { error, next_step });
                }
                Err(error) => {
                    let draft = Box::new(sent.not_sent(now())?);
                    let next_step = error.next_step(NextStep::Retry { after: None });
                    return Err(RunError::NotSent { error, draft, next_step });
                }
            };
            match sent.receive(response.map(Zeroizing::new), now())? {
                Step::Again(fresh) => draft = fresh,
                Step::Done(output) => return Ok(output),
            }
        }
    }
}

impl<D> RunError<D> {
    /// Returns what can be done about it.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::Protocol(error) => error.next_step(),
            Self::NotSent { next_step, .. } | Self::NoResponse { next_step, .. } => *next_step,
        }
    }

    /// Drops the draft of a request that was not sent.
    #[must_use]
    pub fn without_draft(self) -> RunError {
        match self {
            Self::Protocol(error) => RunError::Protocol(error),
            Self::NotSent { error, next_step, .. } => {
                RunError::NotSent { error, draft: (), next_step }
            }
            Self::NoResponse { error, next_step } => RunError::NoResponse { error, next_step },
        }
    }
}

impl<D> From<Error> for RunError<D> {
    fn from(error: Error) -> Self {
        Self::Protocol(error)
    }
}

impl<T: Output> From<RunError<Box<Draft<T>>>> for RunError {
    fn from(error: RunError<Box<Draft<T>>>) -> Self {
        error.without_draft()
    }
}
