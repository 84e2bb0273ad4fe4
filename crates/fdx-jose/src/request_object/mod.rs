//! Request objects (RFC 9101): the authorization request as a signed JWT, as FAPI 2.0 Message
//! Signing 5.3.2 asks a client to push it.

mod error;
mod parameters;

use core::time::Duration;

use fdx_wire::{UnixTime, base64url};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::signing::to_json;
use crate::{Audience, PublicKey, Role, SigningInput};

pub use error::RequestObjectError;
pub use parameters::RequestObjectParameters;

/// The longest life of a request object, in seconds.
// FAPI 2.0 Message Signing 5.3.2: exp not longer than 60 minutes after nbf.
const MAX_LIFETIME: Duration = Duration::from_secs(3600);
const MAX_BACKDATED: Duration = Duration::from_secs(60);

/// The key that signs a client's request objects: its public half and the fixed header, encoded
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
    header: String,
    backdated: Duration,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'static str,
}

/// The object's own claims, then the parameters.
struct Claims<'a> {
    client_id: &'a str,
    audience: Audience<'a>,
    jti: &'a str,
    now: UnixTime,
    nbf: UnixTime,
    exp: UnixTime,
    parameters: &'a RequestObjectParameters,
}

impl RequestObjectKey {
    /// Takes the public half; the private one may be anywhere.
    #[must_use]
    pub fn new(public: PublicKey) -> Self {
        let header = to_json(&Header {
            alg: public.alg(),
            kid: public.kid(),
            // RFC 9101 10.8: an explicit type, so that it never passes for another JWT.
            typ: "oauth-authz-req+jwt",
        });
        Self {
            header: base64url::encode(header.expose().as_bytes()),
            public,
            backdated: Duration::ZERO,
        }
    }

    /// Lets `nbf` lie this much before `iat`, at most a minute, for servers whose clock is behind
    /// and that allow no difference.
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

    /// One request object: `iss` and `client_id` are the client, `aud` is the audience, `nbf` and
    /// `iat` are now, and all `parameters` stand beside them. Each HTTP attempt needs a `jti` of its
    /// own. It lives for `lifetime`, but at most 60 minutes.
    ///
    /// # Errors
    /// [`RequestObjectError`] where a parameter can't be inside.
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
        let audience = audience.into();
        let claims = to_json(&Claims { client_id, audience, jti, now, nbf, exp, parameters });
        Ok(SigningInput::new(
            Role::RequestObject,
            &self.public,
            &self.header,
            claims.expose().as_bytes(),
        ))
    }
}

impl Serialize for Claims<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // RFC 9101 10.8: no sub, or it could pass for a client assertion.
        map.serialize_entry("iss", self.client_id)?;
        // FAPI 2.0 Message Signing 5.3.2: aud is the issuer identifier.
        map.serialize_entry("aud", self.audience.as_str())?;
        map.serialize_entry("client_id", self.client_id)?;
        map.serialize_entry("jti", self.jti)?;
        map.serialize_entry("iat", &self.now)?;
        map.serialize_entry("nbf", &self.nbf)?;
        map.serialize_entry("exp", &self.exp)?;
        for (name, value) in self.parameters.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
