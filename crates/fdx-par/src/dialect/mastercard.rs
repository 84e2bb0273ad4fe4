use crate::dialect::definition::{Dialect, Line, Need, line};
use crate::dialect::member::Member;
use crate::dialect::not_fapi::departure::Departure;
use crate::discovery::endpoint::Endpoint;

const DOCUMENT: &str = "Mastercard Developer Hub for FDX, Authorization API 1.0.0 (OpenAPI)";
const SERVER: &str = "Mastercard/Fdx-Mock-Auth-Server, the provider's own server";

/// Mastercard Developer Hub for FDX, from its document and its published server.
pub const MASTERCARD: Dialect = Dialect::new("mastercard", "Mastercard Developer Hub for FDX")
    .with_needs(NEEDS)
    .with_members(MEMBERS)
    .with_notes(NOTES);

/// The same on a developer's own machine: plain `http`, only to `127.0.0.1` or `[::1]`.
pub const MASTERCARD_MOCK: Dialect =
    Dialect::new("mastercard-mock", "Mastercard's mock server for FDX, on loopback")
        .with_needs(NEEDS)
        .with_members(MOCK_MEMBERS)
        .with_notes(NOTES);

const NEEDS: &[Need] =
    &[Need::PrivateKeyJwt, Need::RequestObject, Need::Ps256, Need::UnboundTokens];

const MEMBERS: &[Line] =
    &[NEXT_TO_REQUEST_OBJECT, NO_ISS, RAW_TOKEN, TOKEN, TYP, UNBOUND, PUSH_OK, REGISTERED_OK];

const MOCK_MEMBERS: &[Line] = &[
    NEXT_TO_REQUEST_OBJECT,
    NO_ISS,
    RAW_TOKEN,
    TOKEN,
    TYP,
    UNBOUND,
    PUSH_OK,
    REGISTERED_OK,
    line(Member::LoopbackHttp, "the document's servers: http://localhost:8080"),
];

const NEXT_TO_REQUEST_OBJECT: Line = line(Member::AuthorizationDetailsBesideRequestObject, SERVER);
const NO_ISS: Line = line(Member::CallbackWithoutIss, SERVER);
const RAW_TOKEN: Line = line(Member::ConsentTokenWithoutScheme, SERVER);
/// The metadata has `/oauth2/v1/token`, which does not respond.
const TOKEN: Line = line(Member::EndpointPath(Endpoint::Token, "/oauth2/token"), DOCUMENT);
const TYP: Line = line(Member::IdTokenTyp("at+jwt"), SERVER);
const UNBOUND: Line = line(Member::NotFapi(Departure::UnboundTokens), DOCUMENT);
const PUSH_OK: Line = line(Member::PushStatusOk, DOCUMENT);

const REGISTERED_OK: Line = line(Member::RegistrationStatusOk, DOCUMENT);

const NOTES: &[&str] = &[
    "the server reads authorization_details next to the request object, not inside it",
    "state is required; every push of this crate has one",
    "the server answers a push and a registration with 201, the document says 200",
    "error codes are in capitals, such as INVALID_PAR_REQUEST; they are compared without case",
    "request_uri is urn:ietf:params:oauth2:<uuid>, valid for 90 seconds and more than one use",
    "the document shows application/json for the token endpoint; the server takes a form",
    "a refresh keeps the refresh token, and repeats grant_id",
    "the consent grant has no resources and no duration, and its status is Active",
    "revoking a consent again is answered with 404; the body of the revocation is not read",
    "the registration response may have RS256 although PS256 was requested: rejected by name",
    "client.create and client.read are the scopes of registration, by client credentials",
];
