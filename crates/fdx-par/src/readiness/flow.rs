//! Rules for authorization requests and their responses.

use fdx_rar::FDX_V1_0;

use crate::client::config::{ClientConfig, RequestObjects, ResponseMode};
use crate::dialect::profile::Profile;
use crate::error::deviation::Deviation;
use crate::readiness::reading::{Reading, Value};
use crate::readiness::rule::{Judgement, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "require_pushed_authorization_requests",
        "RFC 9126 section 5; FAPI 2.0 Security Profile 5.3.2.2-3",
        "true, unless it is registered for this client alone (RFC 9126 section 6)",
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
        "query or absent; with jwt if callbacks are signed",
        response_modes,
    ),
    Rule::new(
        "authorization_details_types_supported",
        "RFC 9396 section 10",
        "fdx_v1.0 among them",
        details_types,
    ),
    Rule::new("scopes_supported", "RFC 8414 section 2", "a list of texts, or absent", scopes),
    Rule::new(
        "request_parameter_supported",
        "OpenID Connect Discovery 3; RFC 9101 section 10.5",
        "true if requests are signed",
        request_parameter,
    ),
    Rule::new(
        "require_signed_request_object",
        "RFC 9101 section 10.5; FAPI 2.0 Message Signing 5.3",
        "true only if this client signs its requests",
        signed_alone,
    ),
];

fn pushed_alone(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match reading.value(member) {
        Value::Is(true) => Judgement::Fine,
        Value::Is(false) | Value::Absent => Judgement::Advice,
        Value::Mistyped => Judgement::Fapi,
    }
}

fn challenge_methods(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let methods = reading.list(member);
    if !methods.iter().any(|method| method == fdx_pkce::CODE_CHALLENGE_METHOD) {
        return Judgement::Every;
    }
    if methods.iter().all(|method| method == fdx_pkce::CODE_CHALLENGE_METHOD) {
        Judgement::Fine
    } else {
        Judgement::Advice
    }
}

/// A client that requires `iss` rejects every callback without it, and `false` announces none.
fn iss(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match reading.value(member) {
        Value::Is(true) => Judgement::Fine,
        Value::Mistyped => Judgement::Every,
        // The `iss` of a signed callback is a claim (JARM), so this member does not matter.
        _ if signs_callbacks(reading) => Judgement::Fapi,
        // A server may send `iss` without announcing it.
        Value::Absent => Judgement::FapiUnless(Deviation::CallbackWithoutIss),
        Value::Is(false) => Judgement::Unless(Deviation::CallbackWithoutIss),
    }
}

fn response_types(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let types = reading.list(member);
    match (types.iter().any(|name| name == "code"), types.len()) {
        (true, 1) => Judgement::Fine,
        (true, _) => Judgement::Advice,
        (false, _) => Judgement::Fapi,
    }
}

fn grant_types(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let types = match reading.names(member) {
        // RFC 8414: then it is authorization_code and implicit.
        Value::Absent => return Judgement::Advice,
        Value::Mistyped => return Judgement::Fapi,
        Value::Is(types) => types,
    };
    let has = |name: &str| types.iter().any(|listed| listed == name);
    if !has("authorization_code") || has("password") {
        Judgement::Fapi
    } else if !has("refresh_token") || has("implicit") {
        Judgement::Advice
    } else {
        Judgement::Fine
    }
}

fn response_modes(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let modes = match reading.names(member) {
        // RFC 8414: then it is query and fragment. A server may sign callbacks all the same.
        Value::Absent if signs_callbacks(reading) => return Judgement::Fapi,
        Value::Absent => return Judgement::Fine,
        Value::Mistyped => return Judgement::Fapi,
        Value::Is(modes) => modes,
    };
    let has = |name: &str| modes.iter().any(|listed| listed == name);
    match (signs_callbacks(reading), reading.client.is_some()) {
        (true, _) if !has("jwt") => Judgement::Client,
        (false, true) if !has("query") => Judgement::Client,
        (false, false) if !has("query") && !has("jwt") => Judgement::Fapi,
        _ => Judgement::Fine,
    }
}

fn details_types(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let own_type =
        |client: &ClientConfig| Profile::of(&client.dialect).consent_id_in_details.is_some();
    match reading.names(member) {
        // RFC 9396 10: a server without the list may still accept the type.
        Value::Absent => Judgement::Advice,
        Value::Mistyped => Judgement::Fapi,
        Value::Is(types) if types.iter().any(|name| name == FDX_V1_0) => Judgement::Fine,
        // The provider has details of its own type.
        Value::Is(_) if reading.client.is_some_and(own_type) => Judgement::Advice,
        Value::Is(_) if reading.client.is_some() => Judgement::Client,
        Value::Is(_) => Judgement::Advice,
    }
}

fn scopes(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match reading.names(member) {
        Value::Mistyped => Judgement::Fapi,
        _ => Judgement::Fine,
    }
}

fn request_parameter(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match reading.value(member) {
        Value::Mistyped => Judgement::Fapi,
        Value::Is(false) if signs_requests(reading) => Judgement::Client,
        _ => Judgement::Fine,
    }
}

fn signed_alone(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match reading.value(member) {
        Value::Mistyped => Judgement::Fapi,
        Value::Is(true) if reading.client.is_some() && !signs_requests(reading) => {
            Judgement::Client
        }
        _ => Judgement::Fine,
    }
}

fn signs_callbacks(reading: &Reading<'_>) -> bool {
    reading.client.is_some_and(|client| client.response_mode == ResponseMode::Jwt)
}

fn signs_requests(reading: &Reading<'_>) -> bool {
    let signed =
        |client: &ClientConfig| matches!(client.request_objects, RequestObjects::Signed(_));
    reading.client.is_some_and(signed)
}
