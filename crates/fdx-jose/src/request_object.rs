//! Request objects (RFC 9101): the authorization request as a signed JWT, which a client pushes
//! (FAPI 2.0 Message Signing 5.3.2).

use core::fmt;
use core::time::Duration;

use fdx_wire::UnixTime;
use fdx_wire::json::{ObjectWriter, RawJson};
use zeroize::Zeroizing;

use crate::signing::header;
use crate::{Audience, PublicKey, Role, SigningInput};

/// The longest lifetime of a request object.
// FAPI 2.0 Message Signing 5.3.2: exp not longer than 60 minutes after nbf.
const MAX_LIFETIME: Duration = Duration::from_secs(3600);
const MAX_BACKDATED: Duration = Duration::from_secs(60);

/// The key that signs a client's request objects: its public half and the constant header, encoded
/// once.
///
/// ```
/// use core::time::Duration;
/// use fdx_jose::{PublicKey, RequestObjectKey, RequestObjectParameters};
/// use fdx_wire::{Issuer, UnixTime};
///
/// # let jwk = br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// let key = RequestObjectKey::new(PublicKey::from_jwk(jwk)?);
/// let issuer = Issuer::parse("https://bank.example")?;
/// let now = UnixTime::from_seconds(1_767_607_200);
/// let parameters =
///     RequestObjectParameters::new().text("response_type", "code").number("max_age", 300);
/// let lifetime = Duration::from_secs(300);
/// let input = key.request_object("app", &issuer, "jti", now, lifetime, &parameters)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestObjectKey {
    public: PublicKey,
    typ: RequestObjectType,
    header: String,
    backdated: Duration,
}

/// The `typ` of a request object's header.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RequestObjectType {
    /// `oauth-authz-req+jwt` (RFC 9101 section 10.8).
    #[default]
    OauthAuthzReqJwt,
    /// No `typ`, for servers that refuse an unknown one.
    Unstated,
}

impl RequestObjectKey {
    /// Creates the key from its public half. The private half may be in a service.
    #[must_use]
    pub fn new(public: PublicKey) -> Self {
        Self::of_type(public, RequestObjectType::default())
    }

    fn of_type(public: PublicKey, typ: RequestObjectType) -> Self {
        let name = match typ {
            // RFC 9101 10.8: an explicit type, so that no other JWT is confused with it.
            RequestObjectType::OauthAuthzReqJwt => Some("oauth-authz-req+jwt"),
            RequestObjectType::Unstated => None,
        };
        let header = header(&public, name);
        Self { header, public, typ, backdated: Duration::ZERO }
    }

    /// Sets the `typ` of the header.
    #[must_use]
    pub fn with_type(self, typ: RequestObjectType) -> Self {
        Self::of_type(self.public, typ).backdated(self.backdated)
    }

    /// Uses the listed name of the algorithm: see [`PublicKey::with_listed_alg`].
    #[must_use]
    pub fn with_listed_alg(self, listed: &[String]) -> Self {
        Self::of_type(self.public.with_listed_alg(listed), self.typ).backdated(self.backdated)
    }

    /// Sets how far `nbf` is backdated, at most a minute, for servers whose clock is behind and
    /// that allow no difference.
    #[must_use]
    pub fn backdated(mut self, by: Duration) -> Self {
        self.backdated = by.min(MAX_BACKDATED);
        self
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Writes one request object: `iss` and `client_id` are the client, `aud` is the audience,
    /// `nbf` and `iat` are now, followed by all `parameters`. Each HTTP attempt needs its own
    /// `jti`. The object expires after `lifetime`, or after 60 minutes if that is sooner.
    ///
    /// # Errors
    /// [`RequestObjectError`] if a parameter must not be in a request object.
    pub fn request_object<'a>(
        &self,
        client_id: &str,
        audience: impl Into<Audience<'a>>,
        jti: &str,
        now: UnixTime,
        lifetime: Duration,
        parameters: &RequestObjectParameters,
    ) -> Result<SigningInput, RequestObjectError> {
        parameters.check()?;
        // FAPI 2.0 Message Signing 5.3.2: the 60 minutes count from nbf.
        let exp = now + lifetime.min(MAX_LIFETIME - self.backdated);
        let nbf = now - self.backdated;
        // RFC 9101 10.8: with sub it could be used as a client assertion.
        let mut claims = ObjectWriter::with_capacity(4096);
        claims
            .text("iss", client_id)
            // FAPI 2.0 Message Signing 5.3.2: aud is the issuer identifier.
            .text("aud", audience.into().as_str())
            .text("client_id", client_id)
            .text("jti", jti)
            .number("iat", now.as_seconds())
            .number("nbf", nbf.as_seconds())
            .number("exp", exp.as_seconds());
        for (name, value) in parameters.iter() {
            match value {
                Parameter::Json(json) => claims.json(name, json),
                Parameter::Number(number) => claims.number(name, *number),
                Parameter::Text(text) => claims.text(name, text),
                Parameter::Texts(texts) => claims.texts(name, texts.iter().map(|text| &***text)),
            };
        }
        let claims = Zeroizing::new(claims.into_bytes());
        Ok(SigningInput::new(Role::RequestObject, &self.public, &self.header, &claims))
    }
}

/// The authorization parameters of a request object, in the order in which they are added.
///
/// Numbers (`max_age`) and structures (`authorization_details`, `claims`) keep their JSON type,
/// whereas in a form they are strings. [`RequestObjectKey::request_object`] adds `client_id`.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct RequestObjectParameters(Vec<(String, Parameter)>);

#[derive(Clone, Eq, PartialEq)]
enum Parameter {
    Json(RawJson),
    Number(u64),
    Text(Zeroizing<String>),
    Texts(Vec<Zeroizing<String>>),
}

const RESERVED: [&str; 15] = [
    // The claims of the request object itself.
    "aud",
    "client_id",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    // RFC 9101 4: request and request_uri MUST NOT be included in Request Objects.
    "request",
    "request_uri",
    // RFC 9101 10.8: with sub it could be used as a client assertion.
    "sub",
    // RFC 9126 3: client authentication stays outside.
    "client_assertion",
    "client_assertion_type",
    "client_secret",
    // Secrets of the token request, which an authorization request must not include.
    "code",
    "code_verifier",
];

impl RequestObjectParameters {
    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a string, such as `scope`.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.with(name, Parameter::Text(Zeroizing::new(value.to_owned())))
    }

    /// Adds an array of strings, such as a repeated `resource` (RFC 8707 section 2).
    #[must_use]
    pub fn texts<'a>(self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let values = values.into_iter().map(|value| Zeroizing::new(value.to_owned()));
        self.with(name, Parameter::Texts(values.collect()))
    }

    /// Adds a number, such as `max_age` in seconds.
    #[must_use]
    pub fn number(self, name: &str, value: u64) -> Self {
        self.with(name, Parameter::Number(value))
    }

    /// Adds JSON, such as the array of `authorization_details`.
    #[must_use]
    pub fn json(self, name: &str, value: RawJson) -> Self {
        self.with(name, Parameter::Json(value))
    }

    fn with(mut self, name: &str, value: Parameter) -> Self {
        self.0.push((name.to_owned(), value));
        self
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &Parameter)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn check(&self) -> Result<(), RequestObjectError> {
        for (index, (name, value)) in self.iter().enumerate() {
            if let Some(name) = RESERVED.into_iter().find(|reserved| *reserved == name) {
                return Err(RequestObjectError::Reserved { name });
            }
            if self.iter().take(index).any(|(before, _)| before == name) {
                return Err(RequestObjectError::Repeated { name: excerpt(name) });
            }
            if matches!(value, Parameter::Json(json) if json.as_str() == "null") {
                return Err(RequestObjectError::Null { name: excerpt(name) });
            }
        }
        Ok(())
    }
}

fn excerpt(name: &str) -> String {
    name.chars().take(32).flat_map(char::escape_default).collect()
}

impl fmt::Debug for RequestObjectParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names only: state and nonce are among the values.
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// The rule that a parameter of a request object broke. Names have at most 32 characters, escaped.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestObjectError {
    /// A parameter is JSON `null`.
    #[error("the parameter {name} is null: omit it")]
    Null {
        /// The parameter's name.
        name: String,
    },
    /// A parameter is repeated.
    #[error("the parameter {name} is repeated (RFC 6749 section 3.1)")]
    Repeated {
        /// The parameter's name.
        name: String,
    },
    /// A claim that the request object sets itself, that RFC 9101 forbids, or that authenticates
    /// the client.
    #[error("the parameter {name} must not be in a request object (RFC 9101 section 4)")]
    Reserved {
        /// The parameter's name.
        name: &'static str,
    },
}

impl RequestObjectError {
    /// The stable code of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Null { .. } => "rfc9101.parameter.null",
            Self::Repeated { .. } => "rfc9101.parameter.repeated",
            Self::Reserved { .. } => "rfc9101.parameter.reserved",
        }
    }
}
