//! Rules for the issuer and the endpoints.

use std::collections::BTreeMap;

use fdx_wire::HttpsUrl;
use fdx_wire::json::RawJson;

use crate::client::config::{ClientConfig, ResponseMode};
use crate::client::endpoints::uses_alias;
use crate::dialect::profile::Profile;
use crate::discovery::endpoint::Endpoint;
use crate::discovery::reserved::{is_reserved, names_any};
use crate::error::deviation::Deviation;
use crate::readiness::reading::{ALIASES, Reading, Value};
use crate::readiness::rule::{Judgement, Rule};

const TLS: &str = "FAPI 2.0 Security Profile 5.2.1-1";
const METADATA: &str = "RFC 8414 section 2";
const ALIAS: &str = "RFC 8705 section 5";
const NEEDED: &str = "an https URL, on the issuer's own host or below it (CVE-2025-27370)";
const AUTHORIZATION: &str = "an https URL, on the issuer's own host or below it (CVE-2025-27370), whose \
     query has no parameter of a request (RFC 6749 section 3.1)";
const KEYS: &str = "an https URL, on the issuer's own host or below it, if the server signs ID tokens, \
     callbacks or introspections";
const OPTIONAL: &str = "an https URL, on the issuer's own host or below it, or absent";
const OF_A_CERTIFICATE: &str = "an https URL that accepts certificates, or absent";

const RULES: &[Rule] = &[
    Rule::new(
        "issuer",
        "RFC 8414 section 3.3",
        "the expected https URL, character by character, without query and fragment",
        issuer,
    ),
    Rule::new("authorization_endpoint", METADATA, AUTHORIZATION, authorization),
    Rule::new(Endpoint::Token.member(), METADATA, NEEDED, token),
    Rule::new(Endpoint::PushedAuthorizationRequest.member(), "RFC 9126 section 5", NEEDED, push),
    Rule::new("jwks_uri", METADATA, KEYS, keys),
    Rule::new(Endpoint::Introspection.member(), METADATA, OPTIONAL, optional),
    Rule::new(
        Endpoint::Revocation.member(),
        METADATA,
        "an https URL, on the issuer's own host",
        revocation,
    ),
    Rule::new("userinfo_endpoint", TLS, OPTIONAL, optional),
    Rule::new(Endpoint::Registration.member(), "RFC 7591 section 3", OPTIONAL, optional),
    Rule::new(ALIASES, ALIAS, "an object of endpoints, or absent", aliases),
];

/// The rules, with one for each endpoint's alias.
pub(super) fn rules() -> impl Iterator<Item = Rule> {
    let alias =
        |endpoint: &Endpoint| Rule::new(endpoint.alias_path(), ALIAS, OF_A_CERTIFICATE, alias);
    RULES.iter().copied().chain(Endpoint::ALL.iter().map(alias))
}

fn issuer(reading: &Reading<'_>, _: &'static str) -> Judgement {
    let Some(issuer) = &reading.issuer else { return Judgement::Every };
    let expected = [reading.expected, reading.client.map(|client| &client.issuer)];
    let is_expected = expected.into_iter().flatten().all(|expected| expected == issuer);
    match is_expected {
        true if issuer.is_loopback_http() => Judgement::Unless(Deviation::LoopbackHttp),
        true => Judgement::Fine,
        false => Judgement::Every,
    }
}

fn needed(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match reading.value::<String>(member) {
        Value::Absent => Judgement::Every,
        _ => usable(reading, member),
    }
}

fn push(reading: &Reading<'_>, member: &'static str) -> Judgement {
    endpoint(reading, member, Endpoint::PushedAuthorizationRequest)
}

/// Judges an endpoint that every flow needs, unless this client calls its alias or another path.
fn endpoint(reading: &Reading<'_>, member: &'static str, endpoint: Endpoint) -> Judgement {
    let calls_another = |client: &ClientConfig| {
        let mut replaced = Profile::of(&client.dialect).endpoint_paths.into_iter();
        replaced.any(|(it, _)| it == endpoint)
            || (uses_alias(client, endpoint) && !reading.is_empty(endpoint.alias_path()))
    };
    match needed(reading, member) {
        Judgement::Every if reading.client.is_some_and(calls_another) => Judgement::Fapi,
        judgement => judgement,
    }
}

fn authorization(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let profile = reading.client.map(|client| Profile::of(&client.dialect));
    let added = profile.map(|profile| profile.authorization_url_parameters).unwrap_or_default();
    let adds = |name: &str| is_reserved(name) || added.iter().any(|added| added.name() == name);
    match reading.value::<String>(member) {
        Value::Is(text) if reading.url(&text).is_some_and(|url| names_any(&url, adds)) => {
            Judgement::Every
        }
        _ => needed(reading, member),
    }
}

/// A dialect may make the token endpoint the audience of what the client signs, at the issuer's own
/// origin only.
fn token(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let judged = endpoint(reading, member, Endpoint::Token);
    let Some(client) = reading.client else { return judged };
    let profile = Profile::of(&client.dialect);
    let is_replaced = profile.endpoint_paths.iter().any(|(it, _)| *it == Endpoint::Token);
    let is_own =
        |url: Option<HttpsUrl>| url.is_some_and(|url| url.origin() == client.issuer.url().origin());
    match reading.value::<String>(member) {
        Value::Is(text) if is_own(reading.url(&text)) => judged,
        _ if profile.audience_is_token_endpoint && !is_replaced => Judgement::Client,
        _ => judged,
    }
}

/// Judges an alias. It breaks a client that has to push or to exchange the code there. Discovery
/// reads an empty one as absent.
fn alias(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let needs = |endpoint: Endpoint| {
        let is_needed = matches!(endpoint, Endpoint::PushedAuthorizationRequest | Endpoint::Token);
        is_needed && reading.client.is_none_or(|client| uses_alias(client, endpoint))
    };
    let mut endpoints = Endpoint::ALL.iter().filter(|endpoint| endpoint.alias_path() == member);
    let is_needed = endpoints.any(|endpoint| needs(*endpoint)) && !reading.is_empty(member);
    match usable(reading, member) {
        Judgement::Every if !is_needed => Judgement::Fapi,
        judgement => judgement,
    }
}

/// RFC 8414 2: optional. Only the verification of a signature needs it.
fn keys(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let signed_callbacks = |client: &ClientConfig| client.response_mode == ResponseMode::Jwt;
    let openid = reading.list("scopes_supported").iter().any(|scope| scope == "openid");
    match reading.client.is_some_and(signed_callbacks) {
        true => needed(reading, member),
        // OpenID Connect Discovery 3 requires it of a server that issues ID tokens.
        false if reading.is_empty(member) && openid => Judgement::Advice,
        false => optional(reading, member),
    }
}

/// Judges an endpoint that no consent needs: it is checked when it is used.
fn optional(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match usable(reading, member) {
        Judgement::Every => Judgement::Fapi,
        judgement => judgement,
    }
}

fn usable(reading: &Reading<'_>, member: &'static str) -> Judgement {
    let text: String = match reading.value(member) {
        Value::Absent => return Judgement::Fine,
        Value::Mistyped => return Judgement::Every,
        Value::Is(text) => text,
    };
    match reading.url(&text) {
        None => Judgement::Every,
        Some(url) if url.is_loopback_http() => Judgement::Unless(Deviation::LoopbackHttp),
        // CVE-2025-27370: metadata may send a client's assertions to another server. Another host
        // may be the institution's own; a person has to decide.
        Some(url) if is_on_issuer_host(reading, url.host()) => Judgement::Fine,
        Some(_) => Judgement::Advice,
    }
}

/// FAPI does not require it. Without it, the tokens of an ended consent stay valid.
fn revocation(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match reading.value::<String>(member) {
        Value::Absent => Judgement::Advice,
        _ => optional(reading, member),
    }
}

fn aliases(reading: &Reading<'_>, member: &'static str) -> Judgement {
    match reading.value::<BTreeMap<String, RawJson>>(member) {
        Value::Mistyped => Judgement::Fapi,
        _ => Judgement::Fine,
    }
}

fn is_on_issuer_host(reading: &Reading<'_>, host: &str) -> bool {
    let Some(issuer) = reading.expected_issuer().or(reading.issuer.as_ref()) else { return true };
    let (host, issuer) = (host.to_ascii_lowercase(), issuer.url().host().to_ascii_lowercase());
    host == issuer || host.strip_suffix(&issuer).is_some_and(|below| below.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_and_each_alias_has_one_rule() {
        let members: Vec<_> = rules().map(|rule| rule.member).collect();
        for endpoint in Endpoint::ALL {
            for member in [endpoint.member(), endpoint.alias_path()] {
                assert_eq!(members.iter().filter(|other| **other == member).count(), 1, "{member}");
            }
        }
    }
}
