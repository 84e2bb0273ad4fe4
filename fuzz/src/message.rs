//! Responses as bytes, and the drafts that receive them.

use fdx_par::{Draft, Error, Output, ServerRule, Step};
use http::Response;

pub(crate) use fdx_simulation::message as response;

use crate::scene::{NOW, key};

/// Returns the output of a draft whose request receives this response. A second request, for a
/// nonce, receives it again.
pub(crate) fn answered<T: Output>(draft: Draft<T>, answer: &Response<Vec<u8>>) -> Option<T> {
    match received(draft, answer) {
        Ok(Step::Done(output)) => Some(output),
        Ok(Step::Again(fresh)) => {
            // RFC 9449 8: a server may require a nonce once. A second time is a loop.
            match received(fresh, answer) {
                Err(Error::Server(fault)) => assert_eq!(fault.rule, ServerRule::NonceAgain),
                _ => panic!("the second demand for a nonce is an error"),
            }
            None
        }
        Err(error) => {
            judge(&error);
            None
        }
    }
}

fn received<T: Output>(draft: Draft<T>, answer: &Response<Vec<u8>>) -> Result<Step<T>, Error> {
    let signatures = draft.sign(key()).unwrap();
    let (_, sent) = draft.attach(signatures).unwrap();
    sent.receive(answer.clone(), NOW)
}

/// Checks that an error can be logged.
pub(crate) fn judge(error: &Error) {
    assert!(fdx_simulation::is_well_formed(error), "{error:?}");
}
