use core::time::Duration;

use fdx_wire::json::ObjectWriter;
use fdx_wire::{HttpsUrl, Issuer, UnixTime};

use crate::signing::header;
use crate::{PublicKey, Role, SigningInput};

/// The longest lifetime of an assertion.
const MAX_LIFETIME: Duration = Duration::from_secs(300);

/// The key of a client that authenticates by `private_key_jwt`: its public half and the assertion's
/// constant header, encoded once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AssertionKey {
    public: PublicKey,
    typ: AssertionType,
    header: String,
}

/// The `typ` of the assertion's header.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum AssertionType {
    /// `client-authentication+jwt`, as RFC 10070 requires.
    #[default]
    ClientAuthenticationJwt,
    /// No `typ`, for servers that refuse an unknown one.
    Unstated,
}

impl AssertionKey {
    /// Creates the key from its public half. The private half may be in a service.
    #[must_use]
    pub fn new(public: PublicKey, typ: AssertionType) -> Self {
        let name = match typ {
            AssertionType::ClientAuthenticationJwt => Some("client-authentication+jwt"),
            AssertionType::Unstated => None,
        };
        let header = header(&public, name);
        Self { header, public, typ }
    }

    /// Sets the `typ` of the header.
    #[must_use]
    pub fn with_type(self, typ: AssertionType) -> Self {
        Self::new(self.public, typ)
    }

    /// Uses the listed name of the algorithm: see [`PublicKey::with_listed_alg`].
    #[must_use]
    pub fn with_listed_alg(self, listed: &[String]) -> Self {
        Self::new(self.public.with_listed_alg(listed), self.typ)
    }

    /// The `typ` of the header.
    #[must_use]
    pub fn typ(&self) -> AssertionType {
        self.typ
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Writes one client assertion (RFC 7523 section 3). Each HTTP attempt needs its own `jti`. The
    /// assertion expires after `lifetime`, or after 300 seconds if that is sooner.
    #[must_use]
    pub fn client_assertion<'a>(
        &self,
        client_id: &str,
        audience: impl Into<Audience<'a>>,
        jti: &str,
        now: UnixTime,
        lifetime: Duration,
    ) -> SigningInput {
        let mut claims = ObjectWriter::with_capacity(512);
        claims
            .text("iss", client_id)
            .text("sub", client_id)
            // FAPI 2.0 Security Profile 5.3.3.1: the issuer identifier, as a string.
            .text("aud", audience.into().as_str())
            .text("jti", jti)
            .number("iat", now.as_seconds())
            .number("exp", (now + lifetime.min(MAX_LIFETIME)).as_seconds());
        let claims = claims.into_bytes();
        SigningInput::new(Role::ClientAssertion, &self.public, &self.header, &claims)
    }
}

/// The `aud` of client assertions and request objects: one string, never an array.
///
/// FAPI 2.0 (Security Profile 5.3.3.1-5, Message Signing 5.3.2) allows only the issuer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Audience<'a> {
    /// The issuer identifier.
    Issuer(&'a Issuer),
    /// Not FAPI 2.0: the token endpoint, for servers that accept no other audience.
    TokenEndpoint(&'a HttpsUrl),
}

impl<'a> Audience<'a> {
    /// The value of `aud`, as it was configured or received.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Issuer(issuer) => issuer.as_str(),
            Self::TokenEndpoint(url) => url.as_str(),
        }
    }
}

impl<'a> From<&'a Issuer> for Audience<'a> {
    fn from(issuer: &'a Issuer) -> Self {
        Self::Issuer(issuer)
    }
}
