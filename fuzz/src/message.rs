//! Answers as bytes: a status, headers, an empty line, the body.

use std::time::Duration;

use fdx_par::{Draft, Error, NextStep, Output, ServerRule, Step};
use http::header::{HeaderName, HeaderValue};
use http::{Response, StatusCode};

use crate::scene::{NOW, key};

/// Every input is an answer: what can't be read as a status is a 200, what can't be read as a
/// header is left out.
pub(crate) fn response(bytes: &[u8]) -> Response<Vec<u8>> {
    let end = bytes.windows(2).position(|two| two == b"\n\n");
    let (head, body) = end.map_or((bytes, &b""[..]), |end| (&bytes[..end], &bytes[end + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut response = Response::new(body.to_vec());
    let status = lines.next().and_then(|line| StatusCode::from_bytes(line).ok());
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value)
            && response.headers().len() < 100
        {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// What comes of a draft when this is the answer, and, where it asks for a nonce, the answer again.
pub(crate) fn answered<T: Output>(draft: Draft<T>, answer: &Response<Vec<u8>>) -> Option<T> {
    match received(draft, answer) {
        Ok(Step::Done(output)) => Some(output),
        Ok(Step::Again(fresh)) => {
            // RFC 9449 8: one fresh nonce is an answer; a second is a loop.
            match received(fresh, answer) {
                Err(Error::Server(fault)) => assert_eq!(fault.rule, ServerRule::NonceAgain),
                _ => panic!("a nonce was asked for twice"),
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

/// An error can be logged: bounded, without control characters, with a code and a clause; and what
/// it advises lies within a day.
pub(crate) fn judge(error: &Error) {
    let text = error.to_string();
    assert!(text.len() <= 2048, "{} bytes of error", text.len());
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(!error.code().is_empty() && !error.clause().is_empty());
    if let NextStep::Retry { after: Some(after) } = error.next_step() {
        assert!(after <= Duration::from_secs(24 * 60 * 60));
    }
    if let Some(said) = error.said() {
        let texts = [&said.error, &said.error_description, &said.error_uri, &said.state];
        for text in texts.into_iter().chain([&said.interaction_id]).flatten() {
            assert!(text.as_str().len() <= 256 && text.as_str().is_ascii());
        }
    }
}
