//! A process that runs one procedure: what it received, and what it does now.

use std::rc::Rc;

use fdx_store::procedure::{Access, Awaiting, Step};
use fdx_store::{Failure, Rows};
use fdx_wire::{Entropy, UnixTime};

use crate::scene::{START, requested, response};
use crate::world::Setup;

/// When the connection of a request without a deadline ends.
const NO_DEADLINE: u64 = START + 1_000_000;

/// A running procedure: what it received. A copy is made by giving it the same again.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) entropy: u8,
    pub(crate) started_at: u64,
    pub(crate) inputs: Vec<Rc<Input>>,
    /// What the procedure does now.
    pub(crate) phase: Phase,
    /// The attempt that it began, and the generation then.
    pub(crate) attempt: Option<(String, i64)>,
    /// How often it has waited.
    pub(crate) waits: u8,
    /// How many transactions it has committed since its last response.
    pub(crate) commits: u8,
}

/// What a procedure does now.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Phase {
    /// It is between two steps: the next one is a transaction.
    Store(Last),
    /// It is about to check its deadline and send this token.
    Send(u32, u64),
    /// It has checked its deadline, and is about to write.
    Write(u32, u64),
    /// It waits for the response.
    Await(u32, u64),
    /// It waits until this time of its clock.
    Wait(u64),
}

/// What a procedure received last.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Last {
    Nothing,
    Token(u32),
    Refused,
    NoResponse,
    Late,
}

/// Something that a procedure received, and when by its clock.
#[derive(Clone)]
pub(crate) enum Input {
    Performed(Result<Vec<Rows>, Failure>, u64),
    Started(u64),
    Received(Option<u32>, u64),
    NoResponse(u64),
    Resumed(u64),
}

impl Process {
    /// A process that has just started its procedure.
    pub(crate) fn new(entropy: u8, started_at: u64) -> Self {
        Self {
            entropy,
            started_at,
            inputs: Vec::new(),
            phase: Phase::Store(Last::Nothing),
            attempt: None,
            waits: 0,
            commits: 0,
        }
    }

    /// The step at which the procedure is now: it receives everything again.
    pub(crate) fn replay(&self, setup: &Setup) -> Step<Access> {
        let time = UnixTime::from_seconds;
        let entropy = Entropy::new([self.entropy; 32]);
        let mut step =
            setup.scene.consents.refresh(&setup.scene.id, entropy, time(self.started_at));
        let mut awaiting: Option<Awaiting<Access>> = None;
        for input in &self.inputs {
            let next = match (&**input, step) {
                (Input::Performed(result, now), Step::Store(storing)) => {
                    storing.answered(result.clone(), time(*now))
                }
                (Input::Started(now), Step::Send(sending)) => match sending.start(time(*now)) {
                    Ok((_, waits)) => {
                        awaiting = Some(waits);
                        Step::Done(Access::NotFound)
                    }
                    Err(step) => step,
                },
                (Input::Resumed(now), Step::Wait(waiting)) => waiting.resumed(time(*now)),
                (Input::Received(token, now), other) => match awaiting.take() {
                    Some(awaiting) => awaiting.received(response(*token), time(*now)),
                    None => other,
                },
                (Input::NoResponse(now), other) => match awaiting.take() {
                    Some(awaiting) => awaiting.no_response("the connection failed", time(*now)),
                    None => other,
                },
                (_, other) => other,
            };
            step = next;
        }
        step
    }
}

impl Phase {
    /// What a procedure does at this step. `None` if it is over.
    pub(crate) fn of(step: Step<Access>, last: Last) -> Option<Self> {
        match step {
            Step::Store(_) => Some(Self::Store(last)),
            Step::Send(sending) => {
                let deadline = sending.deadline().map_or(NO_DEADLINE, UnixTime::as_seconds);
                // The request is the same at every time before the deadline.
                let (request, _) = sending.start(UnixTime::from_seconds(0)).ok()?;
                Some(Self::Send(requested(request.into_http().body()), deadline))
            }
            Step::Wait(waiting) => Some(Self::Wait(waiting.until().as_seconds())),
            Step::Done(_) | Step::Sign(_) => None,
        }
    }
}

/// The name of a process, for a trace.
pub(crate) fn name(node: usize) -> &'static str {
    if node == 0 { "A" } else { "B" }
}

/// The result of a procedure, for a trace.
pub(crate) fn outcome(access: &Access) -> &'static str {
    match access {
        Access::Token(_) => "it has a token",
        Access::Later { .. } => "later",
        Access::Suspect { .. } => "the token was refused",
        Access::Ended { .. } => "the consent has ended",
        _ => "no token",
    }
}
