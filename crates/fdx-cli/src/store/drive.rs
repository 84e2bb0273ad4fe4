//! The loop that drives procedures: the only place where this program takes their steps.

use core::time::Duration;

use fdx_jose::Signer;
use fdx_par::Request;
use fdx_store::procedure::{Awaiting, Step};
use fdx_transport_hyper::system_now;
use fdx_wire::UnixTime;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::Store;
use crate::flow::Driver;
use crate::print::message;

/// What the loop needs: the institution's transport and the client's keys, and the store.
pub(crate) struct Driving<'a> {
    pub(crate) institution: &'a Driver,
    pub(crate) store: &'a Store,
    /// Whether a wait is announced on standard error.
    pub(crate) says_waits: bool,
}

const SHORT: Duration = Duration::from_secs(2);
const TOO_LATE: &str = "the time for this attempt is over";

impl Driving<'_> {
    /// Runs a procedure to its end. Between the actions of one transaction it never waits, so that
    /// procedures can take turns on one connection.
    pub(crate) async fn run<T>(&self, mut step: Step<T>) -> T {
        loop {
            step = match step {
                Step::Sign(signing) => {
                    let keys = &self.institution.keys;
                    let signatures = signing.inputs().iter().map(|input| keys.sign(input));
                    match signatures.collect() {
                        Ok(signatures) => signing.signed(signatures, system_now()),
                        Err(error) => signing.not_signed(error, system_now()),
                    }
                }
                Step::Send(sending) => {
                    let deadline = sending.deadline();
                    match sending.start(system_now()) {
                        Ok((request, awaiting)) => self.send(request, awaiting, deadline).await,
                        Err(late) => late,
                    }
                }
                Step::Store(storing) => {
                    let result = self.store.database.borrow_mut().perform(storing.action());
                    storing.answered(result, system_now())
                }
                Step::Wait(waiting) => {
                    let pause = waiting.until().since(system_now());
                    if self.says_waits && pause > SHORT {
                        message(&format!("Waiting for {} seconds", pause.as_secs()));
                    }
                    sleep(pause).await;
                    waiting.resumed(system_now())
                }
                Step::Done(output) => return output,
            }
        }
    }

    /// Sends a request, and closes its connection at the deadline.
    async fn send<T>(
        &self,
        request: Request,
        awaiting: Awaiting<T>,
        deadline: Option<UnixTime>,
    ) -> Step<T> {
        let sent = self.institution.transport.send(request);
        let sent = match deadline.map(|deadline| deadline.since(system_now())) {
            Some(left) => timeout(left, sent).await,
            None => Ok(sent.await),
        };
        match sent {
            Ok(Ok(response)) => awaiting.received(response.map(Zeroizing::new), system_now()),
            Ok(Err(error)) if error.may_have_arrived() => {
                awaiting.no_response(&error.to_string(), system_now())
            }
            Ok(Err(error)) => awaiting.not_sent(&error.to_string(), system_now()),
            Err(_) => awaiting.no_response(TOO_LATE, system_now()),
        }
    }
}
