/// A way in which a provider is not FAPI 2.0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Departure {
    /// `client_secret_basic` (RFC 6749 section 2.3.1), with `client_id` in the body too.
    ClientSecretBasic,
    /// `client_secret` in the body (RFC 6749 section 2.3.1).
    ClientSecretPost,
    /// No metadata: the endpoints are the documented paths on the issuer's origin.
    DocumentedEndpoints(DocumentedEndpoints),
    /// The authorization request travels through the browser.
    NotPushed,
    /// `openid` is asked for, and no ID token comes.
    OpenidWithoutIdToken,
    /// Access tokens are bound to nothing: plain Bearer (RFC 6750).
    UnboundTokens,
}

/// Paths on the issuer's origin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DocumentedEndpoints {
    /// `authorization_endpoint`.
    pub authorization: &'static str,
    /// `token_endpoint`.
    pub token: &'static str,
    /// `revocation_endpoint`.
    pub revocation: &'static str,
}

impl Departure {
    /// A name that is stable, such as `not-fapi.client-secret-basic`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "not-fapi.client-secret-basic",
            Self::ClientSecretPost => "not-fapi.client-secret-post",
            Self::DocumentedEndpoints(_) => "not-fapi.documented-endpoints",
            Self::NotPushed => "not-fapi.not-pushed",
            Self::OpenidWithoutIdToken => "not-fapi.openid-without-id-token",
            Self::UnboundTokens => "not-fapi.unbound-tokens",
        }
    }

    /// The clause that it departs from.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        match self {
            Self::ClientSecretBasic | Self::ClientSecretPost => {
                "FAPI 2.0 Security Profile 5.3.3.1-2"
            }
            Self::DocumentedEndpoints(_) => "FAPI 2.0 Security Profile 5.3.3.1-9",
            Self::NotPushed => "FAPI 2.0 Security Profile 5.3.3.2-2",
            Self::OpenidWithoutIdToken => "OpenID Connect Core 3.1.3.3",
            Self::UnboundTokens => "FAPI 2.0 Security Profile 5.3.3.1-1",
        }
    }
}
