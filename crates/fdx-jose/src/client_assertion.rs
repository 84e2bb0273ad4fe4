use core::time::Duration;

use fdx_wire::{UnixTime, base64url};
use serde::Serialize;

use crate::signing::to_json;
use crate::{Audience, PublicKey, Role, SigningInput};

/// The longest life of an assertion, in seconds.
const MAX_LIFETIME: Duration = Duration::from_secs(300);

/// The key that authenticates a client by `private_key_jwt`: its public half and the assertion's
/// fixed header, encoded once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AssertionKey {
    public: PublicKey,
    header: String,
}

/// The `typ` of the assertion's header.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum AssertionType {
    /// `client-authentication+jwt`, as the revision of RFC 7523 recommends.
    #[default]
    ClientAuthenticationJwt,
    /// No `typ`, for servers that refuse one they don't know.
    Unstated,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'static str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: &'a str,
    iat: UnixTime,
    exp: UnixTime,
}

impl AssertionKey {
    /// Takes the public half; the private one may be anywhere.
    #[must_use]
    pub fn new(public: PublicKey, typ: AssertionType) -> Self {
        let header = to_json(&Header {
            alg: public.alg(),
            kid: public.kid(),
            typ: match typ {
                AssertionType::ClientAuthenticationJwt => Some("client-authentication+jwt"),
                AssertionType::Unstated => None,
            },
        });
        Self { header: base64url::encode(header.expose().as_bytes()), public }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// One client assertion (RFC 7523 section 3), for the issuer. Each HTTP attempt needs a `jti` of
    /// its own. It lives for `lifetime`, but at most 300 seconds.
    #[must_use]
    pub fn client_assertion<'a>(
        &self,
        client_id: &str,
        audience: impl Into<Audience<'a>>,
        jti: &str,
        now: UnixTime,
        lifetime: Duration,
    ) -> SigningInput {
        let claims = to_json(&Claims {
            iss: client_id,
            sub: client_id,
            // FAPI 2.0 Security Profile 5.3.3.1: the issuer identifier, as a string.
            aud: audience.into().as_str(),
            jti,
            iat: now,
            exp: now + lifetime.min(MAX_LIFETIME),
        });
        SigningInput::new(
            Role::ClientAssertion,
            &self.public,
            &self.header,
            claims.expose().as_bytes(),
        )
    }
}
