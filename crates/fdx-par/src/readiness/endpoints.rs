//! Where everything is.

use std::collections::BTreeMap;

use fdx_wire::json::RawJson;

use crate::discovery::endpoint::Endpoint;
use crate::discovery::reserved::{is_reserved, names_any};
use crate::error::deviation::Deviation;
use crate::readiness::reading::{ALIASES, Reading, Value};
use crate::readiness::rule::{Rule, Verdict};

const TLS: &str = "FAPI 2.0 Security Profile 5.2.1-1";
const METADATA: &str = "RFC 8414 section 2";
const ALIAS: &str = "RFC 8705 section 5";
const NEEDED: &str = "an https URL, on the issuer's own host or below it (CVE-2025-27370)";
const AUTHORIZATION: &str = "an https URL, on the issuer's own host or below it (CVE-2025-27370), whose \
     query has no parameter of a request (RFC 6749 section 3.1)";
const OPTIONAL: &str = "an https URL, on the issuer's own host or below it, or none";
const OF_A_CERTIFICATE: &str = "an https URL where certificates are taken, or none";

const RULES: &[Rule] = &[
    Rule::new(
        "issuer",
        "RFC 8414 section 3.3",
        "the https URL that was asked, character by character, without query and fragment",
        issuer,
    ),
    Rule::new("authorization_endpoint", METADATA, AUTHORIZATION, authorization),
    Rule::new(Endpoint::Token.member(), METADATA, NEEDED, needed),
    Rule::new(Endpoint::PushedAuthorizationRequest.member(), "RFC 9126 section 5", NEEDED, needed),
    Rule::new("jwks_uri", METADATA, NEEDED, needed),
    Rule::new(Endpoint::Introspection.member(), METADATA, OPTIONAL, optional),
    Rule::new(
        Endpoint::Revocation.member(),
        METADATA,
        "an https URL, on the issuer's own host",
        revocation,
    ),
    Rule::new("userinfo_endpoint", TLS, OPTIONAL, unused),
    Rule::new(Endpoint::Registration.member(), "RFC 7591 section 3", OPTIONAL, optional),
    Rule::new(ALIASES, ALIAS, "an object of endpoints, or none", aliases),
];

/// The rules, with one for each endpoint's alias.
pub(super) fn rules() -> impl Iterator<Item = Rule> {
    let alias =
        |endpoint: &Endpoint| Rule::new(endpoint.alias_path(), ALIAS, OF_A_CERTIFICATE, optional);
    RULES.iter().copied().chain(Endpoint::ALL.iter().map(alias))
}

fn issuer(reading: &Reading<'_>, _: &'static str) -> Verdict {
    let Some(issuer) = &reading.issuer else { return Verdict::Every };
    let others = [reading.asked, reading.client.map(|client| &client.issuer)];
    let same = others.into_iter().flatten().all(|expected| expected == issuer);
    match same {
        true if issuer.is_loopback_http() => Verdict::Unless(Deviation::LoopbackHttp),
        true => Verdict::Fine,
        false => Verdict::Every,
    }
}

fn needed(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match reading.value::<String>(member) {
        Value::Absent => Verdict::Every,
        _ => optional(reading, member),
    }
}

fn authorization(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match reading.value::<String>(member) {
        Value::Is(text) if reading.url(&text).is_some_and(|url| names_any(&url, is_reserved)) => {
            Verdict::Every
        }
        _ => needed(reading, member),
    }
}

fn optional(reading: &Reading<'_>, member: &'static str) -> Verdict {
    let text: String = match reading.value(member) {
        Value::Absent => return Verdict::Fine,
        Value::Wrong => return Verdict::Every,
        Value::Is(text) => text,
    };
    match reading.url(&text) {
        None => Verdict::Every,
        Some(url) if url.is_loopback_http() => Verdict::Unless(Deviation::LoopbackHttp),
        // CVE-2025-27370: metadata that sends a client's assertions elsewhere. Another host may
        // well be the institution's; a person can tell.
        Some(url) if is_at_home(reading, url.host()) => Verdict::Fine,
        Some(_) => Verdict::Advice,
    }
}

/// Not asked for by FAPI; yet a consent that ends should take its tokens with it.
fn revocation(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match reading.value::<String>(member) {
        Value::Absent => Verdict::Advice,
        _ => optional(reading, member),
    }
}

/// An endpoint that no client of ours reads.
fn unused(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match optional(reading, member) {
        Verdict::Every => Verdict::Fapi,
        verdict => verdict,
    }
}

fn aliases(reading: &Reading<'_>, member: &'static str) -> Verdict {
    match reading.value::<BTreeMap<String, RawJson>>(member) {
        Value::Absent if reading.text(member) == "null" => Verdict::Every,
        Value::Wrong => Verdict::Every,
        _ => Verdict::Fine,
    }
}

fn is_at_home(reading: &Reading<'_>, host: &str) -> bool {
    let Some(issuer) = reading.expected().or(reading.issuer.as_ref()) else { return true };
    let (host, home) = (host.to_ascii_lowercase(), issuer.url().host().to_ascii_lowercase());
    host == home || host.strip_suffix(&home).is_some_and(|below| below.ends_with('.'))
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
