use crate::dialect::definition::{Dialect, Evidence, Line, Need, line};
use crate::dialect::member::{Member, UrlParameter};
use crate::dialect::not_fapi::departure::Departure;
use crate::dialect::refresh_tokens::{RefreshTokens, Replay, Rotation};
use crate::discovery::discover::WellKnown;
use crate::discovery::endpoint::Endpoint;

const DOCUMENT: &str = "Mastercard Developer Hub for FDX, Authorization API 1.0.0 (OpenAPI)";
const SERVER: &str = "Mastercard/Fdx-Mock-Auth-Server d07daa7, run";

/// Mastercard Developer Hub for FDX, as its published server behaves.
pub const MASTERCARD: Dialect = Dialect::new("mastercard", "Mastercard Developer Hub for FDX")
    .with_needs(NEEDS)
    .with_members(MEMBERS)
    .with_evidence(RUN)
    .with_well_known(WellKnown::OpenidConfiguration)
    .with_refresh_tokens(REFRESH_TOKENS)
    .with_notes(NOTES);

/// The same on a developer's own machine: plain `http`, only to `127.0.0.1` or `[::1]`.
pub const MASTERCARD_MOCK: Dialect =
    Dialect::new("mastercard-mock", "Mastercard's mock server for FDX, on loopback")
        .with_needs(NEEDS)
        .with_members(MOCK_MEMBERS)
        .with_evidence(RUN)
        .with_well_known(WellKnown::OpenidConfiguration)
        .with_refresh_tokens(REFRESH_TOKENS)
        .with_notes(NOTES);

const REFRESH_TOKENS: RefreshTokens =
    RefreshTokens::new(Rotation::None, Replay::Unspecified, SERVER);

const RUN: Evidence = Evidence::Run {
    program: "Mastercard/Fdx-Mock-Auth-Server d07daa7 with Fdx-Mock-Resource-Server f2d5b60",
    date: "2026-11-29",
};

const NEEDS: &[Need] =
    &[Need::PrivateKeyJwt, Need::RequestObject, Need::Ps256, Need::UnboundTokens, Need::JwksUri];

/// The mock server's without the last, which is about this machine.
const MEMBERS: &[Line] = match MOCK_MEMBERS.split_last() {
    Some((_, members)) => members,
    None => &[],
};

const MOCK_MEMBERS: &[Line] = &[
    ASSERTION,
    NEXT_TO_REQUEST_OBJECT,
    URL,
    NO_ISS,
    RAW_TOKEN,
    REVOKE,
    TOKEN,
    TYP,
    UNBOUND,
    PUSH_OK,
    MISREPORTS,
    REGISTERED_OK,
    REQUEST_OBJECT,
    line(Member::LoopbackHttp, "the document's servers: http://localhost:8080"),
];

const ASSERTION: Line = line(Member::AssertionWithoutTyp, SERVER);
const MISREPORTS: Line =
    line(Member::RegistrationMisreports(&["id_token_signed_response_alg"]), SERVER);
const NEXT_TO_REQUEST_OBJECT: Line = line(Member::AuthorizationDetailsBesideRequestObject, SERVER);
const NO_ISS: Line = line(Member::CallbackWithoutIss, SERVER);
const RAW_TOKEN: Line = line(Member::ConsentTokenWithoutScheme, SERVER);
const REQUEST_OBJECT: Line = line(Member::RequestObjectWithoutTyp, SERVER);
/// The metadata has `/revoke`, which fails.
const REVOKE: Line = line(Member::EndpointPath(Endpoint::Revocation, "/oauth2/revoke"), SERVER);
/// The metadata has `/oauth2/v1/token`, which does not respond.
const TOKEN: Line = line(Member::EndpointPath(Endpoint::Token, "/oauth2/token"), DOCUMENT);
const TYP: Line = line(Member::IdTokenTyp("at+jwt"), SERVER);
const UNBOUND: Line = line(Member::NotFapi(Departure::UnboundTokens), DOCUMENT);
const PUSH_OK: Line = line(Member::PushStatusOk, DOCUMENT);
const REGISTERED_OK: Line = line(Member::RegistrationStatusOk, DOCUMENT);
/// The server takes the names of parameters from the query and their values from the request object,
/// except for `nonce`, which it takes from the query alone.
const URL: Line = line(
    Member::AuthorizationUrlParameters(&[
        UrlParameter::Pushed("response_type"),
        UrlParameter::Pushed("scope"),
        UrlParameter::Pushed("code_challenge"),
        UrlParameter::Pushed("code_challenge_method"),
        UrlParameter::Pushed("redirect_uri"),
        UrlParameter::Pushed("state"),
        UrlParameter::Pushed("nonce"),
    ]),
    SERVER,
);

const NOTES: &[&str] = &[
    "the server reads authorization_details next to the request object, not inside it",
    "the server answers a push and a registration with 201, the document says 200",
    "error codes are in capitals, such as INVALID_PAR_REQUEST; they are compared without case",
    "request_uri is urn:ietf:params:oauth2:<uuid>, valid for 90 seconds and more than one use",
    "the document shows application/json for the token endpoint; the server takes a form",
    "a refresh keeps the refresh token, and repeats grant_id",
    "the consent grant has no resources and no duration, and its status is ACTIVE",
    "revoking a consent again is answered with 404; the body of the revocation is not read",
    "the registration response has RS256 whatever was requested; ID tokens are signed with PS256",
    "data is served by another host than consents",
    "client.create and client.read are the scopes of registration, by client credentials",
];
