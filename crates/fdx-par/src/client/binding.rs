use fdx_jose::Thumbprint;

/// How a token is bound to its owner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum BoundBy {
    /// A proof by a key (RFC 9449).
    Dpop,
    /// The connection's certificate (RFC 8705).
    Mtls,
    /// Nothing, which is not FAPI: any holder can use the token (RFC 6750).
    Nothing,
}

impl BoundBy {
    /// `DPoP` or `Bearer`: the `token_type`, and the scheme of `Authorization`.
    #[must_use]
    pub fn token_type(self) -> &'static str {
        match self {
            Self::Dpop => "DPoP",
            Self::Mtls | Self::Nothing => "Bearer",
        }
    }
}

/// What a code or a token is bound to: a key or a certificate by its thumbprint, or nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bound {
    pub(crate) by: BoundBy,
    pub(crate) to: Option<Thumbprint>,
}

impl Bound {
    /// Tokens without a sender constraint.
    pub(crate) const NOTHING: Self = Self { by: BoundBy::Nothing, to: None };
}
