//! Signals that end the program: ctrl-c, SIGTERM, and the end of the session.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};

use crate::error::Failure;
use crate::print::message;

/// The signals of this process. Once a value was made, they end nothing by themselves.
#[cfg(unix)]
pub(crate) struct Interruptions(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Interruptions {
    pub(crate) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};

        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        // A signal without a handler ends the process as usual.
        Self(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    /// Ready once for each signal.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

/// Only ctrl-c.
#[cfg(not(unix))]
pub(crate) struct Interruptions(std::pin::Pin<Box<dyn Future<Output = std::io::Result<()>>>>);

#[cfg(not(unix))]
impl Interruptions {
    pub(crate) fn new() -> Self {
        Self(Box::pin(tokio::signal::ctrl_c()))
    }

    /// Ready once for each signal.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Poll::Ready(received) = self.0.as_mut().poll(context) else { return Poll::Pending };
        match received {
            Ok(()) => {
                self.0 = Box::pin(tokio::signal::ctrl_c());
                Poll::Ready(())
            }
            Err(_) => {
                self.0 = Box::pin(std::future::pending());
                Poll::Pending
            }
        }
    }
}

/// The failure after a signal.
pub(crate) fn interrupted() -> Failure {
    Failure::failed("interrupted", "run it again")
}

/// Runs to the end or to a signal, so that temporary files are removed in both cases.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let (mut work, mut signals) = (pin!(work), Interruptions::new());
    poll_fn(|context| match signals.poll(context) {
        Poll::Ready(()) => Poll::Ready(Err(interrupted())),
        Poll::Pending => work.as_mut().poll(context),
    })
    .await
}

/// Runs to the end. Reports the first signal, because what was sent must still be stored. The second
/// one ends the work.
pub(crate) async fn finished_first<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let (mut work, mut signals, mut reported) = (pin!(work), Interruptions::new(), false);
    poll_fn(|context| {
        while signals.poll(context).is_ready() {
            if reported {
                return Poll::Ready(Err(interrupted()));
            }
            reported = true;
            message("Finishing what was begun first. Another signal ends it at once.");
        }
        work.as_mut().poll(context)
    })
    .await
}
