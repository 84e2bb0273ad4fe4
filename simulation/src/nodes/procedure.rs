//! A running procedure, whatever its result is.

use fdx_par::Request;
use fdx_store::procedure::{
    Access, Awaiting, Checked, Finished, KeptUp, RevocationResult, Started, Step,
};
use fdx_store::{Action, Failure, Rows};
use fdx_wire::UnixTime;
use http::Response;

use crate::scene;

/// The result of a procedure.
#[derive(Debug)]
pub(super) enum Done {
    Access(Access),
    Checked(Checked),
    Finished(Box<Finished>),
    Kept(KeptUp),
    Revoked(RevocationResult),
    Started(Box<Started>),
}

/// What a procedure does next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Doing {
    Sign,
    Send,
    Await,
    Store,
    Wait(UnixTime),
    Done,
}

/// A procedure without the type of its result. A call that does not fit what it does next changes
/// nothing.
pub(super) trait Procedure {
    fn doing(&self) -> Doing;
    /// When the response to the next request must have arrived.
    fn deadline(&self) -> Option<UnixTime>;
    fn action(&self) -> Option<&Action>;
    fn sign(self: Box<Self>, now: UnixTime) -> Running;
    /// The request, unless its deadline has passed.
    fn start(self: Box<Self>, now: UnixTime) -> (Option<Request>, Running);
    fn received(self: Box<Self>, response: Response<Vec<u8>>, now: UnixTime) -> Running;
    fn not_sent(self: Box<Self>, now: UnixTime) -> Running;
    fn no_response(self: Box<Self>, now: UnixTime) -> Running;
    fn answered(self: Box<Self>, result: Result<Vec<Rows>, Failure>, now: UnixTime) -> Running;
    fn resumed(self: Box<Self>, now: UnixTime) -> Running;
    fn done(self: Box<Self>) -> Option<Done>;
}

pub(super) type Running = Box<dyn Procedure>;

/// Begins to run a procedure.
pub(super) fn run<T: 'static>(step: Step<T>, done: fn(T) -> Done) -> Running {
    Box::new(Run { at: At::Step(step), done })
}

struct Run<T> {
    at: At<T>,
    done: fn(T) -> Done,
}

enum At<T> {
    Step(Step<T>),
    Awaiting(Awaiting<T>),
}

impl<T: 'static> Run<T> {
    fn next(self, next: impl FnOnce(At<T>) -> At<T>) -> Running {
        let Self { at, done } = self;
        Box::new(Self { at: next(at), done })
    }
}

impl<T: 'static> Procedure for Run<T> {
    fn doing(&self) -> Doing {
        match &self.at {
            At::Step(Step::Sign(_)) => Doing::Sign,
            At::Step(Step::Send(_)) => Doing::Send,
            At::Step(Step::Store(_)) => Doing::Store,
            At::Step(Step::Wait(waiting)) => Doing::Wait(waiting.until()),
            At::Step(Step::Done(_)) => Doing::Done,
            At::Awaiting(_) => Doing::Await,
        }
    }

    fn deadline(&self) -> Option<UnixTime> {
        match &self.at {
            At::Step(Step::Send(sending)) => sending.deadline(),
            _ => None,
        }
    }

    fn action(&self) -> Option<&Action> {
        match &self.at {
            At::Step(Step::Store(storing)) => Some(storing.action()),
            _ => None,
        }
    }

    fn sign(self: Box<Self>, now: UnixTime) -> Running {
        (*self).next(|at| match at {
            At::Step(Step::Sign(signing)) => At::Step(signing.sign(scene::signers(), now)),
            at => at,
        })
    }

    fn start(self: Box<Self>, now: UnixTime) -> (Option<Request>, Running) {
        let mut request = None;
        let next = (*self).next(|at| match at {
            At::Step(Step::Send(sending)) => match sending.start(now) {
                Ok((started, awaiting)) => {
                    request = Some(started);
                    At::Awaiting(awaiting)
                }
                Err(late) => At::Step(late),
            },
            at => at,
        });
        (request, next)
    }

    fn received(self: Box<Self>, response: Response<Vec<u8>>, now: UnixTime) -> Running {
        (*self).next(|at| match at {
            At::Awaiting(awaiting) => At::Step(awaiting.received(response, now)),
            at @ At::Step(_) => at,
        })
    }

    fn not_sent(self: Box<Self>, now: UnixTime) -> Running {
        (*self).next(|at| match at {
            At::Awaiting(awaiting) => At::Step(awaiting.not_sent("no connection", now)),
            at @ At::Step(_) => at,
        })
    }

    fn no_response(self: Box<Self>, now: UnixTime) -> Running {
        (*self).next(|at| match at {
            At::Awaiting(awaiting) => At::Step(awaiting.no_response("no response", now)),
            at @ At::Step(_) => at,
        })
    }

    fn answered(self: Box<Self>, result: Result<Vec<Rows>, Failure>, now: UnixTime) -> Running {
        (*self).next(|at| match at {
            At::Step(Step::Store(storing)) => At::Step(storing.answered(result, now)),
            at => at,
        })
    }

    fn resumed(self: Box<Self>, now: UnixTime) -> Running {
        (*self).next(|at| match at {
            At::Step(Step::Wait(waiting)) => At::Step(waiting.resumed(now)),
            at => at,
        })
    }

    fn done(self: Box<Self>) -> Option<Done> {
        match self.at {
            At::Step(Step::Done(output)) => Some((self.done)(output)),
            _ => None,
        }
    }
}
