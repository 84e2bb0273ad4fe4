use fdx_wire::Secret;

/// Who may register itself (RFC 7591 section 3).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum RegistrationPolicy {
    /// Nobody: there is no registration endpoint.
    #[default]
    Closed,
    /// Everybody.
    Open,
    /// Whoever has one of these initial access tokens.
    InitialAccessTokens(Vec<Secret>),
    /// Whoever has a token of a client's own, by client credentials, with this scope.
    ClientTokens(String),
}

impl RegistrationPolicy {
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    pub(super) fn admits(&self, token: Option<&str>) -> bool {
        match self {
            Self::Closed => false,
            Self::Open => true,
            Self::InitialAccessTokens(known) => {
                token.is_some_and(|token| known.iter().any(|known| *known == *token))
            }
            // Tokens are the institution's to know.
            Self::ClientTokens(_) => false,
        }
    }
}
