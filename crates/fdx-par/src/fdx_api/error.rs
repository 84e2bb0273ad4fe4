use http::StatusCode;
use serde::Deserialize;
use serde::de::Deserializer;

use crate::Error;
use crate::error::{Excerpt, RefusalKind, Said, ServerRule};
use crate::exchange::answer::Answer;

/// FDX's Error entity, as it is specified (`code`, `message`, `debugMessage`) and as it is met.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FdxError {
    #[serde(alias = "errorCode", alias = "err", default, deserialize_with = "text_or_integer")]
    code: Option<String>,
    #[serde(alias = "errorMessage", alias = "errorDescription")]
    message: Option<String>,
    error: Option<String>,
}

/// FDX writes codes as text, some servers as integers.
fn text_or_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Code {
        Integer(i64),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Option::<Code>::deserialize(deserializer)? {
        Some(Code::Integer(code)) => Some(code.to_string()),
        Some(Code::Text(code)) => Some(code),
        Some(Code::Other(_)) | None => None,
    })
}

/// What a status other than a success means at a resource server: for a 401 its challenge, else an
/// FDX error, a challenge, or HTTP's status alone.
pub(super) fn not_a_success(answer: &Answer<'_>) -> Error {
    if let Err(error) = answer.check_size().and_then(|()| answer.check_not_redirected()) {
        return error;
    }
    if !answer.status.is_client_error() && !answer.status.is_server_error() {
        return answer.fault(ServerRule::Status);
    }
    let (challenge, fdx) = (challenge(answer), fdx_error(answer));
    let unauthorized = answer.status == StatusCode::UNAUTHORIZED;
    match (challenge, fdx) {
        (Some(said), None) => answer.refuse(RefusalKind::Challenge, said),
        (Some(said), Some(_)) if unauthorized => answer.refuse(RefusalKind::Challenge, said),
        (_, Some(said)) => answer.refuse(RefusalKind::Fdx, said),
        (None, None) if unauthorized => answer.refuse(RefusalKind::Challenge, answer.said()),
        (None, None) => answer.refuse(RefusalKind::Http, answer.said()),
    }
}

/// RFC 6750 section 3, RFC 9449 section 7.1: the challenge that says what is wrong.
fn challenge(answer: &Answer<'_>) -> Option<Said> {
    let challenge = answer.challenges().into_iter().find(|challenge| {
        challenge.parameter("error").is_some() && (challenge.is("DPoP") || challenge.is("Bearer"))
    })?;
    Some(Said {
        error: challenge.parameter("error").map(Excerpt::of),
        error_description: challenge.parameter("error_description").map(Excerpt::of),
        error_uri: challenge.parameter("error_uri").map(Excerpt::of),
        ..answer.said()
    })
}

fn fdx_error(answer: &Answer<'_>) -> Option<Said> {
    let body: FdxError = answer.error_body()?;
    let code = body.code.or(body.error)?;
    Some(Said {
        error: Some(Excerpt::of(&code)),
        error_description: body.message.as_deref().map(Excerpt::of),
        ..answer.said()
    })
}
