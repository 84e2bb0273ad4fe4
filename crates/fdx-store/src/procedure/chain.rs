use fdx_jose::{Signature, SigningError, SigningInput};
use fdx_wire::UnixTime;
use http::Response;

use super::step::{Drafted, Pending, Performing, Sending, Signing, Step, Storing, Waiting};
use crate::sql::operation::{Action, Failure};
use crate::sql::statement::Rows;

impl<T: 'static> Step<T> {
    /// Runs this procedure to its end, then continues with its output.
    pub(crate) fn then<U: 'static>(
        self,
        now: UnixTime,
        next: impl FnOnce(T, UnixTime) -> Step<U> + Send + 'static,
    ) -> Step<U> {
        self.chained(now, Box::new(next))
    }

    fn chained<U: 'static>(self, now: UnixTime, next: Next<T, U>) -> Step<U> {
        match self {
            Self::Sign(Signing(first)) => Step::Sign(Signing(Box::new(Chained { first, next }))),
            Self::Send(Sending { request, deadline, sent: first }) => {
                Step::Send(Sending { request, deadline, sent: Box::new(Chained { first, next }) })
            }
            Self::Store(Storing(first)) => Step::Store(Storing(Box::new(Chained { first, next }))),
            Self::Wait(Waiting { until, then }) => Step::Wait(Waiting {
                until,
                then: Box::new(move |now| then(now).chained(now, next)),
            }),
            Self::Done(output) => next(output, now),
        }
    }
}

type Next<T, U> = Box<dyn FnOnce(T, UnixTime) -> Step<U> + Send>;

/// A step of the first procedure, and what follows its end.
struct Chained<F: ?Sized, T, U> {
    next: Next<T, U>,
    first: Box<F>,
}

impl<T: 'static, U: 'static> Drafted<U> for Chained<dyn Drafted<T>, T, U> {
    fn inputs(&self) -> &[SigningInput] {
        self.first.inputs()
    }

    fn signed(self: Box<Self>, signatures: Vec<Signature>, now: UnixTime) -> Step<U> {
        self.first.signed(signatures, now).chained(now, self.next)
    }

    fn not_signed(self: Box<Self>, error: SigningError, now: UnixTime) -> Step<U> {
        self.first.not_signed(error, now).chained(now, self.next)
    }
}

impl<T: 'static, U: 'static> Pending<U> for Chained<dyn Pending<T>, T, U> {
    fn received(self: Box<Self>, response: Response<&[u8]>, now: UnixTime) -> Step<U> {
        self.first.received(response, now).chained(now, self.next)
    }

    fn not_sent(self: Box<Self>, why: &str, now: UnixTime) -> Step<U> {
        self.first.not_sent(why, now).chained(now, self.next)
    }

    fn no_response(self: Box<Self>, why: &str, now: UnixTime) -> Step<U> {
        self.first.no_response(why, now).chained(now, self.next)
    }
}

impl<T: 'static, U: 'static> Performing<U> for Chained<dyn Performing<T>, T, U> {
    fn action(&self) -> &Action {
        self.first.action()
    }

    fn answered(self: Box<Self>, result: Result<Vec<Rows>, Failure>, now: UnixTime) -> Step<U> {
        self.first.answered(result, now).chained(now, self.next)
    }
}
