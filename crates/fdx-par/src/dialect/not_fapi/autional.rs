use crate::dialect::autional;
use crate::dialect::definition::{Dialect, Line, Need, line};
use crate::dialect::member::Member;
use crate::dialect::not_fapi::departure::Departure;

/// Autional with the `client_secret` that its document shows.
pub const AUTIONAL_CLIENT_SECRET: Dialect =
    Dialect::new("autional-client-secret", "Autional, with a client secret")
        .with_needs(&[Need::ClientSecret])
        .with_members(MEMBERS)
        .with_notes(autional::NOTES);

const MEMBERS: &[Line] = &[
    autional::URL_PARAMETERS,
    autional::AS_JSON,
    autional::RESOURCES,
    line(
        Member::NotFapi(Departure::ClientSecretPost),
        "Autional API reference, POST /oauth/pushed-authorization",
    ),
];
