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
    /// Whether `openid` brings an ID token, and of which `typ`.
    pub(crate) id_token: IdTokens,
    /// Whom a refresh token is for.
    pub(crate) refresh_token: RefreshTokens,
    /// How long it is good.
    pub(crate) refresh_token_lifetime: Duration,
}

/// Whether something can be used again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reuse {
    /// It is good once.
    Never,
    /// It is good until it expires.
    UntilItExpires,
}

/// Whether there are ID tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum IdTokens {
    /// None.
    Never,
    /// Where `openid` was asked for, of this `typ`.
    WithOpenid(Option<&'static str>),
}

/// Whom a refresh token is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RefreshTokens {
    /// Everybody.
    Always,
    /// Whoever asked for `offline_access`.
    WithOfflineAccess,
}

const DAY: u64 = 24 * 60 * 60;

const FDX: Manners = Manners {
    request_uri: "urn:ietf:params:oauth:request_uri:",
    request_uri_lifetime: Duration::from_secs(60),
    request_uri_reuse: Reuse::Never,
    id_token: IdTokens::WithOpenid(None),
    refresh_token: RefreshTokens::WithOfflineAccess,
    // As long as a consent can last.
    refresh_token_lifetime: Duration::from_secs(365 * DAY),
};

const MASTERCARD: Manners = Manners {
    request_uri: "urn:ietf:params:oauth2:",
    request_uri_lifetime: Duration::from_secs(90),
    request_uri_reuse: Reuse::UntilItExpires,
    id_token: IdTokens::WithOpenid(Some("at+jwt")),
    ..FDX
};

const UAE: Manners = Manners {
    request_uri: "urn:ietf:params:oauth:request-uri:",
    request_uri_lifetime: Duration::from_secs(90),
    refresh_token: RefreshTokens::Always,
    ..FDX
};

const MX: Manners = Manners {
    id_token: IdTokens::Never,
    refresh_token: RefreshTokens::Always,
    refresh_token_lifetime: Duration::from_secs(30 * DAY),
    ..FDX
};

const AUTIONAL: Manners = Manners {
    request_uri: "urn:example:request_uri:",
    request_uri_lifetime: Duration::from_secs(90),
    refresh_token: RefreshTokens::Always,
    ..FDX
};

impl Provider {
    pub(crate) const fn manners(self) -> Manners {
        match self {
            Self::Fdx => FDX,
            Self::Mastercard => MASTERCARD,
            Self::Uae => UAE,
            Self::Mx => MX,
            Self::Autional => AUTIONAL,
        }
    }
}
