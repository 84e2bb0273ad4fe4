use core::fmt;

use fdx_jose::{Signature, Signer, SigningError, SigningInput};
use fdx_par::{Draft, Error, Output, Request, Sent};
use fdx_wire::{HttpsUrl, UnixTime};
use http::Response;

use crate::sql::database::Database;
use crate::sql::operation::{
    Action, Decision, Failure, Operation, OperationStep, Running, StoreError,
};
use crate::sql::statement::Rows;

/// What a procedure does next.
#[derive(Debug)]
#[must_use = "a procedure does nothing until a driver takes its steps"]
pub enum Step<T> {
    /// Sign.
    Sign(Signing<T>),
    /// Send a request.
    Send(Sending<T>),
    /// Perform an action of the store.
    Store(Storing<T>),
    /// Wait.
    Wait(Waiting<T>),
    /// The procedure is over.
    Done(T),
}

/// A procedure that waits for signatures.
pub struct Signing<T>(pub(super) Box<dyn Drafted<T>>);

/// A procedure with a request to send.
pub struct Sending<T> {
    pub(super) request: Box<Request>,
    /// When the request and its response must be complete.
    pub(super) deadline: Option<UnixTime>,
    pub(super) sent: Box<dyn Pending<T>>,
}

/// A procedure that waits for a response.
pub struct Awaiting<T>(Box<dyn Pending<T>>);

/// A procedure that waits for the store.
pub struct Storing<T>(pub(super) Box<dyn Performing<T>>);

/// A procedure that waits for a time.
pub struct Waiting<T> {
    pub(super) until: UnixTime,
    pub(super) then: Box<dyn FnOnce(UnixTime) -> Step<T> + Send>,
}

impl<T: 'static> Step<Result<T, StoreError>> {
    /// A procedure that consists of one operation.
    pub fn operation<D: Decision<Output = T>>(operation: Operation<D>, now: UnixTime) -> Self {
        store(operation, now, |result, _| Step::Done(result))
    }
}

impl<T> Signing<T> {
    /// Signs with `signer`, and continues.
    pub fn sign<S: Signer + ?Sized>(self, signer: &S, now: UnixTime) -> Step<T> {
        match self.inputs().iter().map(|input| signer.sign(input)).collect() {
            Ok(signatures) => self.signed(signatures, now),
            Err(error) => self.not_signed(error, now),
        }
    }

    /// The bytes to sign, each with the key that it names.
    #[must_use]
    pub fn inputs(&self) -> &[SigningInput] {
        self.0.inputs()
    }

    /// Continues with one signature for each input, in their order.
    pub fn signed(self, signatures: Vec<Signature>, now: UnixTime) -> Step<T> {
        self.0.signed(signatures, now)
    }

    /// Continues without signatures. Nothing is sent.
    pub fn not_signed(self, error: SigningError, now: UnixTime) -> Step<T> {
        self.0.not_signed(error, now)
    }
}

impl<T> Sending<T> {
    /// The URL of the request.
    #[must_use]
    pub fn url(&self) -> &HttpsUrl {
        self.request.url()
    }

    /// When the response must have arrived: close the connection then, and call
    /// [`Awaiting::no_response`]. `None` if the transport's own limits suffice.
    #[must_use]
    pub fn deadline(&self) -> Option<UnixTime> {
        self.deadline
    }

    /// Returns the request. Call it immediately before the request is written: it checks the deadline.
    ///
    /// # Errors
    /// The next step, if the deadline has passed. Nothing must be sent.
    pub fn start(self, now: UnixTime) -> Result<(Request, Awaiting<T>), Step<T>> {
        // check: SendDeadline
        let in_time = self.deadline.is_none_or(|deadline| now < deadline);
        if in_time {
            Ok((*self.request, Awaiting(self.sent)))
        } else {
            Err(self.sent.not_sent("the time for this attempt was over before it was sent", now))
        }
    }
}

impl<T> Awaiting<T> {
    /// Continues with the response.
    pub fn received<B: AsRef<[u8]>>(self, response: Response<B>, now: UnixTime) -> Step<T> {
        let (head, body) = response.into_parts();
        self.0.received(Response::from_parts(head, body.as_ref()), now)
    }

    /// Continues after a failure before the request reached the institution: no connection.
    pub fn not_sent(self, why: &str, now: UnixTime) -> Step<T> {
        self.0.not_sent(why, now)
    }

    /// Continues after a failure after which the institution may have received the request.
    pub fn no_response(self, why: &str, now: UnixTime) -> Step<T> {
        self.0.no_response(why, now)
    }
}

impl<T> Storing<T> {
    /// Performs this action in `database`, and those that follow at once. Returns the first step of
    /// another kind. No transaction is open then.
    pub fn perform<D: Database + ?Sized>(
        mut self,
        database: &mut D,
        now: impl Fn() -> UnixTime,
    ) -> Step<T> {
        loop {
            let result = database.perform(self.action());
            match self.answered(result, now()) {
                Step::Store(next) => self = next,
                other => return other,
            }
        }
    }

    /// What to perform, on the same connection from each [`Action::Begin`] to its commit or rollback.
    #[must_use]
    pub fn action(&self) -> &Action {
        self.0.action()
    }

    /// Continues with the result.
    pub fn answered(self, result: Result<Vec<Rows>, Failure>, now: UnixTime) -> Step<T> {
        self.0.answered(result, now)
    }
}

impl<T> Waiting<T> {
    /// When to resume.
    #[must_use]
    pub fn until(&self) -> UnixTime {
        self.until
    }

    /// Continues. Before its time it may wait again.
    pub fn resumed(self, now: UnixTime) -> Step<T> {
        (self.then)(now)
    }
}

/// What became of an exchange.
#[derive(Debug)]
pub(crate) enum Outcome<O: Output> {
    Done(O),
    /// The response is an error, or breaks a rule.
    Failed(Error),
    /// The request did not reach the institution.
    NotSent(String, Option<Draft<O>>),
    /// The request may have reached the institution.
    NoResponse(String),
}

type ThenOf<T, O> = Box<dyn FnOnce(Outcome<O>, UnixTime) -> Step<T> + Send>;

/// Runs an exchange, then continues.
pub(crate) fn exchange<T: 'static, O: Output>(
    draft: Draft<O>,
    deadline: Option<UnixTime>,
    now: UnixTime,
    then: impl FnOnce(Outcome<O>, UnixTime) -> Step<T> + Send + 'static,
) -> Step<T> {
    sign(ToSign { draft, deadline, then: Box::new(then) }, now)
}

/// Runs an operation, then continues.
pub(crate) fn store<T: 'static, D: Decision>(
    operation: Operation<D>,
    now: UnixTime,
    then: impl FnOnce(Result<D::Output, StoreError>, UnixTime) -> Step<T> + Send + 'static,
) -> Step<T> {
    perform(operation.start(), Box::new(then), now)
}

/// Waits, then continues.
pub(crate) fn wait<T>(
    until: UnixTime,
    then: impl FnOnce(UnixTime) -> Step<T> + Send + 'static,
) -> Step<T> {
    Step::Wait(Waiting { until, then: Box::new(then) })
}

pub(super) trait Drafted<T>: Send {
    fn inputs(&self) -> &[SigningInput];
    fn signed(self: Box<Self>, signatures: Vec<Signature>, now: UnixTime) -> Step<T>;
    fn not_signed(self: Box<Self>, error: SigningError, now: UnixTime) -> Step<T>;
}

struct ToSign<T, O: Output> {
    draft: Draft<O>,
    deadline: Option<UnixTime>,
    then: ThenOf<T, O>,
}

fn sign<T: 'static, O: Output>(drafted: ToSign<T, O>, now: UnixTime) -> Step<T> {
    match drafted.draft.signing_inputs() {
        [] => Box::new(drafted).signed(Vec::new(), now),
        _ => Step::Sign(Signing(Box::new(drafted))),
    }
}

impl<T: 'static, O: Output> Drafted<T> for ToSign<T, O> {
    fn inputs(&self) -> &[SigningInput] {
        self.draft.signing_inputs()
    }

    fn signed(self: Box<Self>, signatures: Vec<Signature>, now: UnixTime) -> Step<T> {
        let Self { draft, deadline, then } = *self;
        match draft.attach(signatures) {
            Ok((request, sent)) => {
                let sent = Box::new(ToReceive { sent, deadline, then });
                Step::Send(Sending { request: Box::new(request), deadline, sent })
            }
            Err(refused) => {
                let why = refused.error.to_string();
                then(Outcome::NotSent(why, Some(*refused.unspent)), now)
            }
        }
    }

    fn not_signed(self: Box<Self>, error: SigningError, now: UnixTime) -> Step<T> {
        let why = Error::from(error).to_string();
        (self.then)(Outcome::NotSent(why, Some(self.draft)), now)
    }
}

pub(super) trait Pending<T>: Send {
    fn received(self: Box<Self>, response: Response<&[u8]>, now: UnixTime) -> Step<T>;
    fn not_sent(self: Box<Self>, why: &str, now: UnixTime) -> Step<T>;
    fn no_response(self: Box<Self>, why: &str, now: UnixTime) -> Step<T>;
}

struct ToReceive<T, O: Output> {
    sent: Sent<O>,
    deadline: Option<UnixTime>,
    then: ThenOf<T, O>,
}

impl<T: 'static, O: Output> Pending<T> for ToReceive<T, O> {
    fn received(self: Box<Self>, response: Response<&[u8]>, now: UnixTime) -> Step<T> {
        let Self { sent, deadline, then } = *self;
        match sent.receive(response, now) {
            Ok(fdx_par::Step::Done(output)) => then(Outcome::Done(output), now),
            Ok(fdx_par::Step::Again(draft)) => sign(ToSign { draft, deadline, then }, now),
            Err(error) => then(Outcome::Failed(error), now),
        }
    }

    fn not_sent(self: Box<Self>, why: &str, now: UnixTime) -> Step<T> {
        let draft = self.sent.not_sent(now).ok();
        (self.then)(Outcome::NotSent(why.to_owned(), draft), now)
    }

    fn no_response(self: Box<Self>, why: &str, now: UnixTime) -> Step<T> {
        (self.then)(Outcome::NoResponse(why.to_owned()), now)
    }
}

type ThenStored<T, Out> = Box<dyn FnOnce(Result<Out, StoreError>, UnixTime) -> Step<T> + Send>;

pub(super) trait Performing<T>: Send {
    fn action(&self) -> &Action;
    fn answered(self: Box<Self>, result: Result<Vec<Rows>, Failure>, now: UnixTime) -> Step<T>;
}

struct ToPerform<T, D: Decision> {
    running: Running<D>,
    then: ThenStored<T, D::Output>,
}

fn perform<T: 'static, D: Decision>(
    step: OperationStep<D>,
    then: ThenStored<T, D::Output>,
    now: UnixTime,
) -> Step<T> {
    match step {
        OperationStep::Perform(running) => {
            Step::Store(Storing(Box::new(ToPerform { running, then })))
        }
        OperationStep::Done(result) => then(result, now),
    }
}

impl<T: 'static, D: Decision> Performing<T> for ToPerform<T, D> {
    fn action(&self) -> &Action {
        self.running.action()
    }

    fn answered(self: Box<Self>, result: Result<Vec<Rows>, Failure>, now: UnixTime) -> Step<T> {
        perform(self.running.answered(result), self.then, now)
    }
}

impl<T> fmt::Debug for Signing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signing").field("inputs", &self.inputs().len()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Sending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending")
            .field("request", &self.request)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Awaiting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Awaiting").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Storing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storing").field("action", self.action()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Waiting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("until", &self.until).finish_non_exhaustive()
    }
}
