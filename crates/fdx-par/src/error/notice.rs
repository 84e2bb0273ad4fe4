use core::fmt;

use fdx_wire::members::NotUnderstood;

/// A harmless difference between a response and its specification. The flow continues.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Notice {
    /// A registration response has a `client_secret`. It is dropped, because FAPI 2.0 has no use for
    /// it.
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
    /// `max_age` or `acr_values` were requested without `openid`. No ID token will prove that the
    /// server applied them.
    LoginUnchecked,
    /// `openid` is not requested, because the server does not list it.
    OpenidNotListed,
    /// `offline_access` is not requested, because the server does not list it.
    OfflineAccessNotListed,
    /// The token response has an ID token although `openid` was not requested. It is ignored.
    IdTokenNotRequested,
    /// The first introspection after the exchange called the token inactive. RFC 7662 section 2.2: so
    /// does a server that does not let this client introspect the token. Nothing is known about the
    /// token, and consent and tokens are kept.
    IntrospectionInactive,
    /// The server refused to introspect the token, or has no introspection endpoint. The consent id,
    /// if it is known, is from another source.
    IntrospectionRefused,
    /// The response has no `x-fapi-interaction-id`.
    InteractionIdMissing,
    /// The response's `x-fapi-interaction-id` differs from the request's.
    InteractionIdOther,
    /// `offline_access` was requested, and the token response has no refresh token.
    RefreshTokenMissing,
    /// The refresh token is empty or has characters that are not allowed (RFC 6749 appendix A.17).
    /// It counts as absent, and an earlier refresh token is kept.
    RefreshTokenText,
    /// The token response's `scope` lacks a requested scope (RFC 6749 section 5.1).
    ScopeDropped,
    /// Two sources of what was granted contradict each other. What both grant counts, until the
    /// earlier end.
    GrantedSourcesDiffer,
    /// The granted details, or the consent grant, have a type that was not requested, another type of
    /// duration, a longer period, a later end, or another value for a requested member that
    /// [`Coverage`](fdx_rar::Coverage) does not compare, such as the amount of a payment or
    /// `lookbackPeriod` (RFC 9396 section 7).
    GrantedTermsOther,
    /// By the earliest end of all sources, the granted consent ended before its tokens were issued.
    GrantEnded,
    /// The response to a consent revocation has status 200. FDX requires 204.
    RevocationStatus,
    /// The server registered another value, or none, for a member that only describes the client, or
    /// it encrypts responses although that was not requested.
    /// [`Registrar::otherwise`](crate::Registrar::otherwise) lists these members.
    RegistrationMemberOther,
    /// The registration has another status than `Approved`, such as `Pending` or `Denied`. The
    /// institution may refuse the client.
    RegistrationNotApproved,
    /// The registered scopes differ from the requested ones.
    RegistrationScopeOther,
    /// The server issued no URL and token to manage the registration with.
    RegistrationUnmanaged,
    /// `registration_client_uri` moved to another origin. The earlier one is kept.
    RegistrationUriElsewhere,
    /// The consent grant has no status.
    ConsentStatusMissing,
    /// The consent grant lists recipients, and none has the name of this client. The grant is
    /// accepted: tokens are bound to their client, and FDX does not specify which of its names an
    /// institution uses for a recipient.
    RecipientOther,
}

impl Notice {
    pub(crate) fn of(not_understood: &NotUnderstood) -> Self {
        Self::NotUnderstood(not_understood.member())
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUnderstood(member) => {
                return write!(f, "the value of {member} can't be understood, and is not used");
            }
            Self::ClientSecretDropped => "the registration has a client secret, which is dropped",
            Self::ConsentIdEmpty => "the token response has an empty consent id",
            Self::ConsentIdMissing => "the grant has no id: its URL names the consent",
            Self::ClustersNamedByScope => "the grant names data clusters by their scopes",
            Self::ExpiresInCapped => {
                "expires_in of the push exceeds 599 seconds, and counts as 599"
            }
            Self::LoginUnchecked => {
                "max_age or acr_values without openid: no ID token proves that they were applied"
            }
            Self::OpenidNotListed => "the institution does not list openid: it was not requested",
            Self::OfflineAccessNotListed => {
                "the institution does not list offline_access: it was not requested"
            }
            Self::IdTokenNotRequested => "ignored an ID token that was not requested",
            Self::IntrospectionInactive => {
                "introspection calls the new token inactive: the institution may not let this \
                 client introspect it"
            }
            Self::IntrospectionRefused => {
                "the institution did not introspect the token: no introspection gave a consent id"
            }
            Self::InteractionIdMissing => "a response has no x-fapi-interaction-id",
            Self::InteractionIdOther => "a response has another x-fapi-interaction-id",
            Self::RefreshTokenMissing => {
                "offline_access was requested, and no refresh token was issued"
            }
            Self::RefreshTokenText => "the refresh token is not valid, and an earlier one is kept",
            Self::ScopeDropped => "the institution did not grant every requested scope",
            Self::GrantedSourcesDiffer => {
                "the sources of what was granted contradict each other: only what all of them \
                 grant counts"
            }
            Self::GrantedTermsOther => "what was granted has other terms than requested",
            Self::GrantEnded => "the granted consent ended before its tokens were issued",
            Self::RevocationStatus => "the revocation was answered with 200, not with 204",
            Self::RegistrationMemberOther => {
                "the institution registered another value for a member that describes the client"
            }
            Self::RegistrationNotApproved => {
                "the institution has not approved the registration: see its status"
            }
            Self::RegistrationScopeOther => "the registered scopes differ from the requested ones",
            Self::RegistrationUnmanaged => {
                "the registration has no URL and token to manage it with"
            }
            Self::RegistrationUriElsewhere => {
                "registration_client_uri moved to another origin: the earlier one is kept"
            }
            Self::ConsentStatusMissing => "the grant has no status",
            Self::RecipientOther => "the grant names another recipient",
        })
    }
}
