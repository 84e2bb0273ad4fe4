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

/// What a status other than a success means at a resource server: a challenge where there is one,
/// else an FDX error, else HTTP's status alone.
pub(super) fn not_a_success(answer: &Answer<'_>) -> Error {
    if let Err(error) = answer.check_size().and_then(|()| answer.check_not_redirected()) {
        return error;
    }
    if !answer.status.is_client_error() && !answer.status.is_server_error() {
        return answer.fault(ServerRule::Status);
    }
    let body = answer.error_body::<FdxError>();
    let challenged = answer.challenges().into_iter().find(|challenge| {
        challenge.parameter("error").is_some() && (challenge.is("DPoP") || challenge.is("Bearer"))
    });
    if let Some(challenge) = challenged {
        let said = Said {
            error: challenge.parameter("error").map(Excerpt::of),
            error_description: challenge.parameter("error_description").map(Excerpt::of),
            error_uri: challenge.parameter("error_uri").map(Excerpt::of),
            ..answer.said()
        };
        return answer.refuse(RefusalKind::Challenge, said);
    }
    let told = body.filter(|body| body.code.is_some() || body.error.is_some());
    match told {
        Some(body) => {
            let said = Said {
                error: body.code.or(body.error).as_deref().map(Excerpt::of),
                error_description: body.message.as_deref().map(Excerpt::of),
                ..answer.said()
            };
            answer.refuse(RefusalKind::Fdx, said)
        }
        None if answer.status == StatusCode::UNAUTHORIZED => {
            answer.refuse(RefusalKind::Challenge, answer.said())
        }
        None => answer.refuse(RefusalKind::Http, answer.said()),
    }
}
