use crate::dialect::definition::{Dialect, Line, Need, line};
use crate::dialect::member::{Member, UrlParameter};

const DOCUMENT: &str = "Autional API reference, POST /oauth/pushed-authorization";

/// Autional, with `private_key_jwt`. With its client secret it is not FAPI:
/// [`not_fapi::AUTIONAL_CLIENT_SECRET`](crate::not_fapi::AUTIONAL_CLIENT_SECRET).
pub const AUTIONAL: Dialect = Dialect::new("autional", "Autional")
    .with_needs(&[Need::PrivateKeyJwt])
    .with_members(MEMBERS)
    .with_notes(NOTES);

pub(crate) const MEMBERS: &[Line] = &[URL_PARAMETERS, AS_JSON, RESOURCES];

pub(crate) const URL_PARAMETERS: Line = line(
    Member::AuthorizationUrlParameters(&[UrlParameter::Fixed("response_type", "code")]),
    "Autional API reference, GET /oauth/authorize",
);
pub(crate) const AS_JSON: Line = line(Member::PushAsJson, DOCUMENT);
pub(crate) const RESOURCES: Line = line(Member::ResourcesPlural, DOCUMENT);

pub(crate) const NOTES: &[&str] = &[
    "a detail has actions, constraints, data_types, locations and one identifier",
    "errors have error_uri and state; the error of a used request_uri is 400 invalid_request_uri",
    "no FDX: no consent id, and no grant to read",
    "GET /oauth/dpop/nonce gives a DPoP nonce; the first challenge does as well",
    "POST /oauth/refresh is a second way to refresh, with JSON; the token endpoint is used",
];
