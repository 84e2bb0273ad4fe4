use fdx_wire::json::Limits;
use fdx_wire::members::{Excerpt, Object, Value};

fdx_wire::members! {
    /// The members of an error response in use: OAuth's (RFC 6749 section 5.2), FDX's Error entity,
    /// which is specified as `code`, `message` and `debugMessage`, and problem details (RFC 9457).
    pub(crate) mod members = "error response" {
        Informative ERROR = "error", "a code, or an object with one", "RFC 6749 section 5.2";
        Informative ERROR_DESCRIPTION = "error_description", "a text", "RFC 6749 section 5.2";
        Informative ERROR_URI = "error_uri", "a text", "RFC 6749 section 5.2";
        Informative STATE = "state", "a text", "RFC 6749 section 4.1.2.1";
        Informative ERRORS = "errors", "a list of errors", "FDX API, Error";
        Informative CODE = "code", "a text or a whole number", "FDX API, Error";
        Informative ERROR_CODE = "errorCode", "a text or a whole number", "FDX API, Error";
        Informative ERR = "err", "a text or a whole number", "FDX API, Error";
        Informative MESSAGE = "message", "a text", "FDX API, Error";
        Informative ERROR_MESSAGE = "errorMessage", "a text", "FDX API, Error";
        Informative FDX_ERROR_DESCRIPTION = "errorDescription", "a text", "FDX API, Error";
        Informative TITLE = "title", "a text", "RFC 9457 section 3.1.3";
        Informative DETAIL = "detail", "a text", "RFC 9457 section 3.1.4";
    }
}

/// An error response. Each is read once, before it is known whose error it is.
#[derive(Default)]
pub(crate) struct ErrorBody {
    oauth_code: Option<String>,
    error_description: Option<Excerpt>,
    error_uri: Option<Excerpt>,
    state: Option<Excerpt>,
    described: Option<Described>,
}

/// A code and its description. Descriptions that are not strings are ignored.
#[derive(Clone)]
pub(crate) struct Described {
    pub(crate) error: Excerpt,
    pub(crate) error_description: Option<Excerpt>,
}

const MAX_BYTES: usize = 16 * 1024;
const LIMITS: Limits = Limits::bytes(MAX_BYTES);

/// Whether a body that may be an error contains this text, in any case.
pub(super) fn mentions(body: &[u8], text: &str) -> bool {
    let is_it = |window: &[u8]| window.eq_ignore_ascii_case(text.as_bytes());
    body.len() <= MAX_BYTES && body.windows(text.len()).any(is_it)
}

impl ErrorBody {
    /// Reads an object, or a list of objects.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let value = Value::parse(json, &LIMITS).ok()?;
        let Some(object) = value.to_object() else {
            let described = first(value).as_ref().and_then(describe);
            return described.map(|it| Self { described: Some(it), ..Self::default() });
        };
        // One level down, some servers put the code into `error` or into the first of `errors`.
        let error = object.received(&members::ERROR);
        let nested = error.and_then(Value::to_object);
        let listed = object.received(&members::ERRORS).and_then(first);
        let code_of = |nested: &Object<'_>| nested.received(&members::CODE)?.to_text();
        let text = |member| object.received(member).and_then(Value::to_text);
        Some(Self {
            oauth_code: error.and_then(Value::to_text).or_else(|| code_of(nested.as_ref()?)),
            error_description: text(&members::ERROR_DESCRIPTION)
                .or_else(|| description(nested.as_ref()?))
                .map(|text| Excerpt::of(&text)),
            error_uri: text(&members::ERROR_URI).map(|text| Excerpt::of(&text)),
            state: text(&members::STATE).map(|text| Excerpt::of(&text)),
            described: describe(&object)
                .or_else(|| describe(nested.as_ref()?))
                .or_else(|| describe(listed.as_ref()?)),
        })
    }

    /// OAuth's error code, if it is a string.
    pub(super) fn oauth_code(&self) -> Option<&str> {
        self.oauth_code.as_deref()
    }

    /// OAuth's error.
    pub(super) fn oauth(&self) -> Option<Described> {
        let error = Excerpt::of(self.oauth_code()?);
        Some(Described { error, error_description: self.error_description.clone() })
    }

    pub(super) fn error_uri(&self) -> Option<Excerpt> {
        self.error_uri.clone()
    }

    pub(super) fn state(&self) -> Option<Excerpt> {
        self.state.clone()
    }

    /// An error in FDX's words, or in those of problem details.
    pub(crate) fn described(&self) -> Option<Described> {
        self.described.clone()
    }
}

/// The first object of a list.
fn first(value: Value<'_>) -> Option<Object<'_>> {
    value.to_elements()?.into_iter().find_map(Value::to_object)
}

/// FDX specifies codes as strings; some servers send integers.
fn describe(object: &Object<'_>) -> Option<Described> {
    let codes = [&members::CODE, &members::ERROR_CODE, &members::ERR, &members::ERROR];
    let mut codes = codes.into_iter().filter_map(|member| object.received(member));
    let code = codes.find_map(Value::to_identifier).map(String::from);
    let title = || object.received(&members::TITLE).and_then(Value::to_text);
    Some(Described {
        error: Excerpt::of(&code.or_else(title)?),
        error_description: description(object).map(|text| Excerpt::of(&text)),
    })
}

fn description(object: &Object<'_>) -> Option<String> {
    let members = [
        &members::MESSAGE,
        &members::ERROR_MESSAGE,
        &members::FDX_ERROR_DESCRIPTION,
        &members::DETAIL,
    ];
    let mut texts = members.into_iter().filter_map(|member| object.received(member));
    texts.find_map(Value::to_text)
}
