use std::time::Duration;

use super::Provider;

/// What differs inside, where no face can turn it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    /// What a `request_uri` begins with.
    pub(crate) request_uri: &'static str,
    /// How long it is good.
    pub(crate) request_uri_lifetime: Duration,
    /// Whether it is good once more after the customer decided.
    pub(crate) request_uri_reuse: Reuse,
    /// The `typ` of an ID token.
    pub(crate) id_token_typ: Option<&'static str>,
}

/// Whether something can be used again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reuse {
    /// It is good once.
    Never,
    /// It is good until it expires.
    UntilItExpires,
}

const FDX: Manners = Manners {
    request_uri: "urn:ietf:params:oauth:request_uri:",
    request_uri_lifetime: Duration::from_secs(60),
    request_uri_reuse: Reuse::Never,
    id_token_typ: None,
};

impl Provider {
    pub(crate) const fn manners(self) -> Manners {
        match self {
            Self::Fdx => FDX,
            Self::Mastercard => Manners {
                request_uri: "urn:ietf:params:oauth2:",
                request_uri_lifetime: Duration::from_secs(90),
                request_uri_reuse: Reuse::UntilItExpires,
                id_token_typ: Some("at+jwt"),
            },
        }
    }
}
