use fdx_wire::json::RawJson;
use serde::Deserialize;

use crate::error::said::Excerpt;

/// The members of an error response: OAuth's (RFC 6749 section 5.2) and FDX's Error entity, which is
/// specified as `code`, `message` and `debugMessage` and has other spellings in use. Each response
/// is read once, before it is known which of the two it is.
#[derive(Deserialize)]
pub(crate) struct ErrorBody {
    error: Option<RawJson>,
    error_description: Option<RawJson>,
    error_uri: Option<RawJson>,
    state: Option<RawJson>,
    code: Option<RawJson>,
    #[serde(rename = "errorCode")]
    error_code: Option<RawJson>,
    err: Option<RawJson>,
    message: Option<RawJson>,
    #[serde(rename = "errorMessage")]
    error_message: Option<RawJson>,
    #[serde(rename = "errorDescription")]
    fdx_error_description: Option<RawJson>,
}

/// A code and its description. Descriptions that are not strings are ignored.
pub(crate) struct Described {
    pub(crate) error: Excerpt,
    pub(crate) error_description: Option<Excerpt>,
}

impl ErrorBody {
    /// OAuth's error code, if it is a string.
    pub(super) fn oauth_code(&self) -> Option<String> {
        self.error.as_ref()?.read().ok()
    }

    /// OAuth's error.
    pub(super) fn oauth(&self) -> Option<Described> {
        let error = Excerpt::of(&self.oauth_code()?);
        Some(Described { error, error_description: excerpt(self.error_description.as_ref()) })
    }

    pub(super) fn error_uri(&self) -> Option<Excerpt> {
        excerpt(self.error_uri.as_ref())
    }

    pub(super) fn state(&self) -> Option<Excerpt> {
        excerpt(self.state.as_ref())
    }

    /// FDX's error.
    pub(crate) fn fdx(&self) -> Option<Described> {
        let codes = [&self.code, &self.error_code, &self.err];
        let code = codes.into_iter().find_map(|member| code(member.as_ref()));
        let descriptions = [&self.message, &self.error_message, &self.fdx_error_description];
        Some(Described {
            error: code.or_else(|| excerpt(self.error.as_ref()))?,
            error_description: descriptions.into_iter().find_map(|member| excerpt(member.as_ref())),
        })
    }
}

/// FDX specifies codes as strings; some servers send integers.
fn code(raw: Option<&RawJson>) -> Option<Excerpt> {
    let raw = raw?;
    let integer = raw.read::<i64>().ok().map(|code| code.to_string());
    integer.or_else(|| raw.read().ok()).map(|code| Excerpt::of(&code))
}

/// The text of a string.
fn excerpt(raw: Option<&RawJson>) -> Option<Excerpt> {
    raw?.read::<String>().ok().map(|text| Excerpt::of(&text))
}
