use core::time::Duration;

use crate::dialect::definition::{Dialect, Line, Need, line};
use crate::dialect::member::Member;
use crate::dialect::not_fapi::departure::{Departure, DocumentedEndpoints};
use crate::dialect::refresh_tokens::{RefreshTokens, Replay, Rotation};

const DOCUMENT: &str = "MX Data Access, Data Recipient Reference, OAuth";

/// MX Data Access (`/oauth2/v4/*`): FDX 4.6 over OAuth 2.0 and PKCE.
pub const MX: Dialect = Dialect::new("mx", "MX Data Access")
    .with_needs(&[Need::ClientSecret, Need::UnboundTokens])
    .with_members(MEMBERS)
    .with_refresh_token_lifetime(Duration::from_secs(30 * 24 * 60 * 60))
    // The document does not say whether a replaced token is accepted again.
    .with_refresh_tokens(RefreshTokens::new(Rotation::NewSuccessor, Replay::Refused, DOCUMENT))
    .with_notes(&[
        "FDX 4.6: no authorization details and no consent id, only scopes",
        "openid is mandatory; what each other scope opens is in MX_SCOPES",
        "all tokens are opaque; a refresh token is rotated when it is used",
        "either token can be revoked",
        "code_verifier is not among the documented parameters of the token endpoint; PKCE is required",
        "429 has the body {\"error\":\"too many requests\"}, which is no OAuth error code",
        "401 at the authorization endpoint: the address is not listed, or the client is disabled",
    ]);

/// The scopes of MX, and the paths that each opens.
pub const MX_SCOPES: &[(&str, &[&str])] = &[
    ("openid", &[]),
    ("customers", &["/customers/current"]),
    ("accounts", &["/accounts", "/accounts/{accountId}"]),
    ("transactions", &["/accounts/{accountId}/transactions"]),
    ("statements", &[]),
];

const MEMBERS: &[Line] = &[
    line(Member::CallbackWithoutIss, DOCUMENT),
    line(Member::NotFapi(Departure::ClientSecretBasic), DOCUMENT),
    line(
        Member::NotFapi(Departure::DocumentedEndpoints(DocumentedEndpoints {
            authorization: "/oauth2/v4/authorize",
            token: "/oauth2/v4/token",
            revocation: "/oauth2/v4/revoke",
        })),
        DOCUMENT,
    ),
    line(Member::NotFapi(Departure::NotPushed), DOCUMENT),
    line(Member::NotFapi(Departure::OpenidWithoutIdToken), DOCUMENT),
    line(Member::NotFapi(Departure::UnboundTokens), DOCUMENT),
];
