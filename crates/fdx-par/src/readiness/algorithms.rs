//! Rules for client authentication, sender constraints and signing algorithms.

use fdx_jose::Algorithm;

use crate::client::config::{
    ClientAuthentication, ClientConfig, RequestObjects, ResponseMode, SenderConstraint,
};
use crate::discovery::endpoint::Endpoint;
use crate::error::deviation::Deviation;
use crate::readiness::reading::{Reading, Value};
use crate::readiness::rule::{Judgement, Rule};

const METHODS: &str =
    "private_key_jwt, tls_client_auth or self_signed_tls_client_auth, and no others";
const ALGORITHMS: &str = "PS256, ES256 or EdDSA; never none or one with a shared key";
const OPTIONAL: &str = "PS256, ES256 or EdDSA, or absent if nothing of the kind is signed";

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "token_endpoint_auth_methods_supported",
        "FAPI 2.0 Security Profile 5.3.2.1-6",
        METHODS,
        token_methods,
    ),
    Rule::new(
        "token_endpoint_auth_signing_alg_values_supported",
        "RFC 8414 section 2; FAPI 2.0 Security Profile 5.4.1",
        ALGORITHMS,
        assertions,
    ),
    Rule::new(
        "introspection_endpoint_auth_methods_supported",
        "RFC 8414 section 2",
        METHODS,
        introspection_methods,
    ),
    Rule::new(
        "revocation_endpoint_auth_methods_supported",
        "RFC 8414 section 2",
        METHODS,
        revocation_methods,
    ),
    Rule::new(
        "dpop_signing_alg_values_supported",
        "RFC 9449 section 5.1; FAPI 2.0 Security Profile 5.3.2.1-5",
        ALGORITHMS,
        proofs,
    ),
    Rule::new(
        "tls_client_certificate_bound_access_tokens",
        "RFC 8705 section 3.3; FAPI 2.0 Security Profile 5.3.2.1-5",
        "true, unless tokens are bound by DPoP",
        certificate_bound,
    ),
    Rule::new(
        "id_token_signing_alg_values_supported",
        "OpenID Connect Discovery 3; FAPI 2.0 Security Profile 5.4.1",
        OPTIONAL,
        |reading, member| signed(reading, member, |client| client.id_token_signed_response_alg),
    ),
    Rule::new(
        "request_object_signing_alg_values_supported",
        "OpenID Connect Discovery 3; FAPI 2.0 Message Signing 5.3",
        OPTIONAL,
        |reading, member| signed(reading, member, request_object_alg),
    ),
    Rule::new(
        "authorization_signing_alg_values_supported",
        "JARM 4; FAPI 2.0 Message Signing 5.4",
        OPTIONAL,
        |reading, member| {
            signed(reading, member, |client| match client.response_mode {
                ResponseMode::Jwt => client.authorization_signed_response_alg,
                ResponseMode::Query => None,
            })
        },
    ),
    Rule::new(
        "introspection_signing_alg_values_supported",
        "RFC 9701 section 7; FAPI 2.0 Message Signing 5.5",
        OPTIONAL,
        |reading, member| {
            signed(reading, member, |client| client.introspection_signed_response_alg)
        },
    ),
];

const ALLOWED_METHODS: [&str; 3] =
    ["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"];

fn token_methods(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match reading.names(member) {
        // RFC 8414: then it is client_secret_basic.
        Value::Absent => Judgement::Fapi,
        Value::Mistyped => Judgement::Fapi,
        Value::Is(methods) => judge_methods(reading, &methods),
    }
}

fn introspection_methods(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match reading.names(member) {
        // RFC 8414: then the methods are not reported.
        Value::Absent => Judgement::Fine,
        Value::Mistyped => Judgement::Fapi,
        Value::Is(methods) => unneeded(judge_methods(reading, &methods)),
    }
}

fn revocation_methods(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let no_endpoint = reading.is_empty(Endpoint::Revocation.member());
    match reading.names(member) {
        Value::Absent if no_endpoint => Judgement::Fine,
        // RFC 8414: then it is client_secret_basic. Certified servers omit it, and mean the methods
        // of the token endpoint.
        Value::Absent => Judgement::Advice,
        Value::Mistyped => Judgement::Fapi,
        Value::Is(methods) => unneeded(judge_methods(reading, &methods)),
    }
}

/// The judgement about an endpoint that no consent needs.
fn unneeded(judgement: Judgement) -> Judgement {
    match judgement {
        Judgement::Client => Judgement::Advice,
        other => other,
    }
}

fn judge_methods(reading: &Reading<'_>, methods: &[String]) -> Judgement {
    let own = reading.client.and_then(|client| match client.authentication {
        ClientAuthentication::PrivateKeyJwt(_) => Some("private_key_jwt"),
        ClientAuthentication::SelfSignedTlsClientAuth(_) => Some("self_signed_tls_client_auth"),
        ClientAuthentication::TlsClientAuth(_) => Some("tls_client_auth"),
        ClientAuthentication::NotFapi(_) => None,
    });
    let allowed = |method: &String| ALLOWED_METHODS.contains(&method.as_str());
    match own {
        Some(own) if !methods.iter().any(|method| method == own) => Judgement::Client,
        _ if !methods.iter().any(allowed) => Judgement::Fapi,
        // The other methods may serve clients that are not FAPI.
        _ if !methods.iter().all(allowed) => Judgement::Advice,
        _ => Judgement::Fine,
    }
}

fn assertions(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let own = reading.client.and_then(|client| match &client.authentication {
        ClientAuthentication::PrivateKeyJwt(key) => Some(key.public().algorithm()),
        _ => None,
    });
    let methods = reading.list("token_endpoint_auth_methods_supported");
    match reading.names(member) {
        // RFC 8414: required next to private_key_jwt; clients work without it.
        Value::Absent if methods.iter().any(|method| method == "private_key_jwt") => {
            Judgement::Advice
        }
        Value::Absent => Judgement::Fine,
        Value::Mistyped => Judgement::Fapi,
        Value::Is(names) => judge_names(&names, own),
    }
}

fn proofs(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let own = reading.client.and_then(|client| match &client.sender_constraint {
        SenderConstraint::Dpop(key) => Some(key.public().algorithm()),
        _ => None,
    });
    match reading.names(member) {
        // RFC 9449 5.1: a server that supports DPoP has a list. Clients work without it.
        Value::Absent if is_certificate_bound(reading) && own.is_some() => Judgement::Advice,
        Value::Absent if is_certificate_bound(reading) => Judgement::Fine,
        Value::Absent => Judgement::FapiUnless(Deviation::UnboundTokens),
        Value::Mistyped => Judgement::Fapi,
        // RFC 9449 5.1: only asymmetric algorithms.
        Value::Is(names) => match judge_names(&names, own) {
            Judgement::Advice => Judgement::Fapi,
            judgement => judgement,
        },
    }
}

fn certificate_bound(reading: &Reading<'_>, member: &'static str) -> Judgement {
    const DPOP: &str = "dpop_signing_alg_values_supported";
    let by_certificate =
        |client: &ClientConfig| matches!(client.sender_constraint, SenderConstraint::Mtls(_));
    let by_key =
        |client: &ClientConfig| matches!(client.sender_constraint, SenderConstraint::Dpop(_));
    let unbound = Judgement::FapiUnless(Deviation::UnboundTokens);
    match reading.value(member) {
        Value::Is(true) => Judgement::Fine,
        Value::Mistyped => Judgement::Fapi,
        _ if reading.client.is_some_and(by_certificate) => unbound,
        _ if reading.client.is_some_and(by_key) => Judgement::Fine,
        _ if matches!(reading.names(DPOP), Value::Is(_)) => Judgement::Fine,
        _ => unbound,
    }
}

fn is_certificate_bound(reading: &Reading<'_>) -> bool {
    matches!(reading.value("tls_client_certificate_bound_access_tokens"), Value::Is(true))
}

/// Applies the rule of a list of algorithms that the server signs with, or accepts from clients.
fn signed(
    reading: &Reading<'_>,
    member: &'static str,
    own: fn(&ClientConfig) -> Option<Algorithm>,
) -> Judgement {
    match reading.names(member) {
        Value::Absent => Judgement::Fine,
        Value::Mistyped => Judgement::Fapi,
        Value::Is(names) => judge_names(&names, reading.client.and_then(own)),
    }
}

fn request_object_alg(client: &ClientConfig) -> Option<Algorithm> {
    match &client.request_objects {
        RequestObjects::Signed(key) => Some(key.public().algorithm()),
        RequestObjects::Unsigned => None,
    }
}

fn judge_names(names: &[String], own: Option<Algorithm>) -> Judgement {
    let read = |name: &String| Algorithm::from_name(name);
    let none = |name: &String| name.eq_ignore_ascii_case("none");
    match own {
        Some(own) if !names.iter().any(|name| read(name) == Some(own)) => Judgement::Client,
        _ if !names.iter().any(|name| read(name).is_some()) => Judgement::Fapi,
        // FAPI 2.0 Security Profile 5.4.1-1.3.
        _ if names.iter().any(none) => Judgement::Fapi,
        // Algorithms with a shared secret may serve clients that are not FAPI.
        _ if names.iter().any(|name| name.starts_with("HS")) => Judgement::Advice,
        _ => Judgement::Fine,
    }
}
