//! What an authorization request may be, and what comes back.

use fdx_rar::FDX_V1_0;

use crate::client::config::{RequestObjects, ResponseMode};
use crate::error::deviation::Deviation;
use crate::readiness::reading::{Reading, Value};
use crate::readiness::rule::{Rule, Verdict};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "require_pushed_authorization_requests",
        "RFC 9126 section 5; FAPI 2.0 Security Profile 5.3.2.2-3",
        "true, unless it is registered so for this client alone (RFC 9126 section 6)",
        pushed_alone,
    ),
    Rule::new(
        "code_challenge_methods_supported",
        "FAPI 2.0 Security Profile 5.3.2.2-5",
        "S256 alone",
        challenge_methods,
    ),
    Rule::new(
        "authorization_response_iss_parameter_supported",
        "RFC 9207 section 3; FAPI 2.0 Security Profile 5.3.2.2-7",
        "true",
        iss,
    ),
    Rule::new(
        "response_types_supported",
        "RFC 8414 section 2; FAPI 2.0 Security Profile 5.3.2.2-1",
        "code alone",
        response_types,
    ),
    Rule::new(
        "grant_types_supported",
        "RFC 8414 section 2; FAPI 2.0 Security Profile 5.3.2.1-2",
        "authorization_code and refresh_token; never password",
        grant_types,
    ),
    Rule::new(
        "response_modes_supported",
        "FAPI 2.0 Message Signing 5.4",
        "query or none; with jwt where callbacks are signed",
        response_modes,
    ),
    Rule::new(
        "authorization_details_types_supported",
        "RFC 9396 section 10",
        "fdx_v1.0 among them",
        details_types,
    ),
    Rule::new("scopes_supported", "RFC 8414 section 2", "a list of texts, or none", scopes),
    Rule::new(
        "request_parameter_supported",
        "OpenID Connect Discovery 3; RFC 9101 section 10.5",
        "true where requests are signed",
        request_parameter,
    ),
    Rule::new(
        "require_signed_request_object",
        "RFC 9101 section 10.5; FAPI 2.0 Message Signing 5.3",
        "true only where this client signs its requests",
        signed_alone,
    ),
];

fn pushed_alone(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match reading.value(member) {
        Value::Is(true) => Verdict::Fine,
        Value::Is(false) | Value::Absent => Verdict::Advice,
        Value::Wrong => Verdict::Fapi,
    }
}

fn challenge_methods(reading: &Reading<'_>, member: &'static str) -> Verdict {
    let methods = reading.list(member);
    if !methods.iter().any(|method| method == fdx_pkce::CODE_CHALLENGE_METHOD) {
        return Verdict::Every;
    }
    if methods.iter().all(|method| method == fdx_pkce::CODE_CHALLENGE_METHOD) {
        Verdict::Fine
    } else {
        Verdict::Advice
    }
}

/// A client that wants `iss` refuses every callback without it: said before, not after.
fn iss(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match reading.value(member) {
        Value::Is(true) => Verdict::Fine,
        // The `iss` of a signed callback is a claim (JARM), and needs no such promise.
        _ if signs_callbacks(reading) => Verdict::Fapi,
        _ => Verdict::Unless(Deviation::CallbackWithoutIss),
    }
}

fn response_types(reading: &Reading<'_>, member: &'static str) -> Verdict {
    let types = reading.list(member);
    match (types.iter().any(|name| name == "code"), types.len()) {
        (true, 1) => Verdict::Fine,
        (true, _) => Verdict::Advice,
        (false, _) => Verdict::Fapi,
    }
}

fn grant_types(reading: &Reading<'_>, member: &'static str) -> Verdict {
    let types: Vec<String> = match reading.value(member) {
        // RFC 8414: then it is authorization_code and implicit.
        Value::Absent => return Verdict::Advice,
        Value::Wrong => return Verdict::Fapi,
        Value::Is(types) => types,
    };
    let has = |name: &str| types.iter().any(|listed| listed == name);
    if !has("authorization_code") || has("password") {
        Verdict::Fapi
    } else if !has("refresh_token") || has("implicit") {
        Verdict::Advice
    } else {
        Verdict::Fine
    }
}

fn response_modes(reading: &Reading<'_>, member: &'static str) -> Verdict {
    let modes: Vec<String> = match reading.value(member) {
        // RFC 8414: then it is query and fragment.
        Value::Absent if signs_callbacks(reading) => return Verdict::Client,
        Value::Absent => return Verdict::Fine,
        Value::Wrong => return Verdict::Fapi,
        Value::Is(modes) => modes,
    };
    let has = |name: &str| modes.iter().any(|listed| listed == name);
    match (signs_callbacks(reading), reading.client.is_some()) {
        (true, _) if !has("jwt") => Verdict::Client,
        (false, true) if !has("query") => Verdict::Client,
        (false, false) if !has("query") && !has("jwt") => Verdict::Fapi,
        _ => Verdict::Fine,
    }
}

fn details_types(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match reading.value::<Vec<String>>(member) {
        // RFC 9396 10: a server that says nothing may still take them.
        Value::Absent => Verdict::Advice,
        Value::Wrong => Verdict::Every,
        Value::Is(types) if types.iter().any(|name| name == FDX_V1_0) => Verdict::Fine,
        Value::Is(_) if reading.client.is_some() => Verdict::Client,
        Value::Is(_) => Verdict::Advice,
    }
}

fn scopes(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match reading.value::<Vec<String>>(member) {
        Value::Wrong => Verdict::Every,
        _ => Verdict::Fine,
    }
}

fn request_parameter(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match reading.value(member) {
        Value::Wrong => Verdict::Fapi,
        Value::Is(false) if signs_requests(reading) => Verdict::Client,
        _ => Verdict::Fine,
    }
}

fn signed_alone(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match reading.value(member) {
        Value::Wrong => Verdict::Fapi,
        Value::Is(true) if reading.client.is_some() && !signs_requests(reading) => Verdict::Client,
        _ => Verdict::Fine,
    }
}

fn signs_callbacks(reading: &Reading<'_>) -> bool {
    reading.client.is_some_and(|client| client.response_mode == ResponseMode::Jwt)
}

fn signs_requests(reading: &Reading<'_>) -> bool {
    let signed = |client: &crate::client::config::ClientConfig| {
        matches!(client.request_objects, RequestObjects::Signed(_))
    };
    reading.client.is_some_and(signed)
}
