use fdx_wire::members::Excerpt;
use http::StatusCode;

use crate::error::error::Error;
use crate::error::next_step::RefusalKind;
use crate::error::said::Said;
use crate::error::server::ServerRule;
use crate::exchange::answer::Answer;

/// Returns the error of a resource server's response without a success status. It is the challenge
/// of a 401; for other statuses an FDX error, a challenge, or the HTTP status alone.
pub(crate) fn not_a_success(answer: &Answer<'_>) -> Error {
    if let Err(error) = answer.check_size().and_then(|()| answer.check_not_redirected()) {
        return error;
    }
    if !answer.status.is_client_error() && !answer.status.is_server_error() {
        return answer.fault(ServerRule::Status);
    }
    let (challenge, fdx) = (challenge(answer), fdx_error(answer));
    let said = || answer.described().unwrap_or_else(|| answer.said());
    let unauthorized = answer.status == StatusCode::UNAUTHORIZED;
    match (challenge, fdx) {
        (Some(said), None) => answer.refuse(RefusalKind::Challenge, said),
        (Some(said), Some(_)) if unauthorized => answer.refuse(RefusalKind::Challenge, said),
        (_, Some(said)) => answer.refuse(RefusalKind::Fdx, said),
        (None, None) if unauthorized => answer.refuse(RefusalKind::Challenge, said()),
        (None, None) => answer.refuse(RefusalKind::Http, said()),
    }
}

/// Returns the server's error texts in a response whose status is an outcome.
pub(super) fn said(answer: &Answer<'_>) -> Said {
    fdx_error(answer).unwrap_or_else(|| answer.said())
}

/// Returns the texts of the challenge that has an `error` (RFC 6750 section 3, RFC 9449 section
/// 7.1).
fn challenge(answer: &Answer<'_>) -> Option<Said> {
    let challenge = answer.challenges().into_iter().find(|challenge| {
        challenge.parameter("error").is_some() && (challenge.is("DPoP") || challenge.is("Bearer"))
    })?;
    Some(Said {
        error: challenge.parameter("error").map(Excerpt::of),
        error_description: challenge.parameter("error_description").map(Excerpt::of),
        error_uri: challenge.parameter("error_uri").map(Excerpt::of),
        acr_values: challenge.parameter("acr_values").map(Excerpt::of),
        max_age: challenge.parameter("max_age").and_then(|seconds| seconds.parse().ok()),
        ..answer.said()
    })
}

/// Returns the texts of an error body with a code, in any known form.
fn fdx_error(answer: &Answer<'_>) -> Option<Said> {
    answer.described().filter(|said| said.error.is_some())
}
