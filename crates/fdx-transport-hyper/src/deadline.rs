use core::convert::Infallible;
use core::fmt;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use fdx_wire::UnixTime;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::Clock;

/// The deadline of one request, on the clock that set it. A timer does not suffice: it stops while
/// the machine sleeps.
#[derive(Debug)]
pub(crate) struct Deadline {
    at: UnixTime,
    clock: Clock,
    /// Whether the body was given to a connection. Decided once.
    released: OnceLock<bool>,
}

/// The body of a request. The connection takes it immediately before it writes it; if the deadline
/// has passed by then, the connection receives an error, and the request stays incomplete.
#[derive(Debug)]
pub(crate) struct Outgoing {
    body: Full<Bytes>,
    deadline: Option<Arc<Deadline>>,
}

/// The deadline passed before the body was written.
#[derive(Debug)]
pub(crate) struct TooLate;

/// How often the clock is read while a request waits for its response.
const TICK: Duration = Duration::from_millis(100);

impl Deadline {
    pub(crate) fn new(at: UnixTime, clock: &Clock) -> Arc<Self> {
        Arc::new(Self { at, clock: clock.clone(), released: OnceLock::new() })
    }

    /// Whether the deadline has passed.
    pub(crate) fn is_over(&self) -> bool {
        self.clock.now() >= self.at
    }

    /// Keeps the body from being written from now on. Returns whether it was not written before.
    pub(crate) fn withhold(&self) -> bool {
        !*self.released.get_or_init(|| false)
    }

    fn release(&self) -> bool {
        *self.released.get_or_init(|| !self.is_over())
    }

    /// Returns the output of `work`, or `None` at the deadline. An output that is there already is
    /// returned however late this runs: a response can contain the only copy of a token.
    pub(crate) async fn limit<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            match timeout(TICK, work.as_mut()).await {
                Ok(output) => return Some(output),
                Err(_) if self.is_over() => return None,
                Err(_) => {}
            }
        }
    }
}

impl Outgoing {
    /// The bytes are wiped when the body is dropped.
    pub(crate) fn new(bytes: Vec<u8>, deadline: Option<Arc<Deadline>>) -> Self {
        if bytes.is_empty() {
            // A connection takes nothing of a request that ends with its head.
            if let Some(deadline) = &deadline {
                deadline.release();
            }
        }
        Self { body: Full::new(Bytes::from_owner(Zeroizing::new(bytes))), deadline }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = TooLate;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TooLate>>> {
        if self.deadline.as_ref().is_some_and(|deadline| !deadline.release()) {
            return Poll::Ready(Some(Err(TooLate)));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame: Result<_, Infallible>| frame.map_err(|never| match never {})))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl core::error::Error for TooLate {}

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline passed before the request was written")
    }
}
