//! Ways to break a response.

use fdx_testkit::{Answer, answer};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, LOCATION};

use super::endpoint::At;

pub(crate) fn body(mut answer: Answer, text: &str) -> Answer {
    *answer.body_mut() = text.into();
    answer
}

pub(crate) fn cut(mut answer: Answer, parts: usize) -> Answer {
    let length = answer.body().len();
    let keep = if parts == 1 { length - 1 } else { length / parts };
    answer.body_mut().truncate(keep);
    answer
}

pub(crate) fn append(mut answer: Answer, text: &str) -> Answer {
    answer.body_mut().extend_from_slice(text.as_bytes());
    answer
}

/// Spaces at the end: still the same JSON.
pub(crate) fn pad(mut answer: Answer, length: usize) -> Answer {
    answer.body_mut().resize(length, b' ');
    answer
}

/// Members put first.
pub(crate) fn open(mut answer: Answer, members: &str) -> Answer {
    assert_eq!(answer.body()[0], b'{');
    answer.body_mut().splice(1..1, members.bytes());
    answer
}

pub(crate) fn deep(at: At, answer: Answer, left: &str, right: &str) -> Answer {
    let nested = format!("\"x\":{}1{},", left.repeat(10_000), right.repeat(10_000));
    let mut answer = open(answer, &nested);
    // A body below the size limit must still respect the depth limit.
    answer.body_mut().truncate(at.cap());
    answer
}

pub(crate) fn not_utf8(answer: Answer) -> Answer {
    let mut answer = open(answer, r#""x":"?","#);
    answer.body_mut()[6] = 0xff;
    answer
}

pub(crate) fn with(mut answer: Answer, name: http::HeaderName, value: &'static str) -> Answer {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
    answer
}

pub(crate) fn typed(answer: Answer, content_type: &'static str) -> Answer {
    with(answer, CONTENT_TYPE, content_type)
}

pub(crate) fn untyped(mut answer: Answer) -> Answer {
    answer.headers_mut().remove(CONTENT_TYPE);
    answer
}

pub(crate) fn status(mut answer: Answer, status: u16) -> Answer {
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
    answer
}

/// The right response with a redirect status.
pub(crate) fn redirect(answer: Answer, code: u16) -> Answer {
    with(status(answer, code), LOCATION, "https://evil.example/collect")
}

pub(crate) fn html(status: u16) -> Answer {
    answer(status, "text/html", "<html><h1>Bad Gateway</h1></html>")
}
