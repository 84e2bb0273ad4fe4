use fdx_wire::members::NotUnderstood;

/// Something that a server did otherwise than it should, and that changes nothing for this flow.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Notice {
    /// A `client_secret` came with a registration, and was kept nowhere: FAPI 2.0 has no use for it.
    ClientSecretDropped,
    /// `grant_id` or `fdxConsentId` of a token response is empty, and counts as absent.
    ConsentIdEmpty,
    /// The consent grant has no `id`. Its URL names the consent.
    ConsentIdMissing,
    /// `dataClusters` of the consent grant has names of scopes. They are read as the clusters that
    /// these scopes read.
    ClustersNamedByScope,
    /// An informative member of this name has a value that can't be understood. It does not count as
    /// absent: no default replaces it.
    NotUnderstood(&'static str),
    /// `expires_in` of a push was 600 or more and was used as 599 (FAPI 2.0 Security Profile
    /// 5.3.2.2-12).
    ExpiresInCapped,
    /// `max_age` or `acr_values` were asked for without `openid`: no ID token will say whether they
    /// were heeded.
    LoginUnchecked,
    /// `openid` was wanted, and the server does not list it: it was not asked for.
    OpenidNotListed,
    /// `offline_access` was wanted, and the server does not list it: it was not asked for.
    OfflineAccessNotListed,
    /// An ID token came although `openid` was not asked for. It was not looked at.
    IdTokenUnasked,
    /// The answer has no `x-fapi-interaction-id`.
    InteractionIdMissing,
    /// The answer's `x-fapi-interaction-id` is not the request's.
    InteractionIdOther,
    /// The refresh token is empty or has characters that none may have (RFC 6749 appendix A.17). It
    /// counts for none: one that is known already stays.
    RefreshTokenText,
    /// A revocation that was taken is answered with 204, and this one was with 200.
    RevocationStatus,
    /// The server registered something that only describes the client otherwise, or not at all:
    /// [`Registrar::otherwise`](crate::Registrar::otherwise) names it.
    RegistrationMemberOther,
    /// Other scopes are registered than were asked for.
    RegistrationScopeOther,
    /// The server gave nothing to manage the registration with.
    RegistrationUnmanaged,
    /// `registration_client_uri` moved to another origin; the one before is kept.
    RegistrationUriElsewhere,
    /// The consent grant names no status.
    ConsentStatusMissing,
    /// The consent grant names recipients, and none of them is registered as we are. It was taken
    /// all the same: tokens are bound to their client, and FDX does not say by which of its names
    /// an institution has to call a recipient.
    RecipientOther,
}

impl Notice {
    pub(crate) fn of(not_understood: &NotUnderstood) -> Self {
        Self::NotUnderstood(not_understood.member())
    }
}
