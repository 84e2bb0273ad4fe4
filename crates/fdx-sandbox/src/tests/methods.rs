use fdx_wire::Secret;
use http::{Method, StatusCode};

use super::Bench;
use super::bench::{ISSUER, MTLS};
use crate::{Binding, RegistrationPolicy};

/// Every endpoint and its methods.
const ENDPOINTS: &[(&str, &str)] = &[
    ("/par", "POST"),
    ("/token", "POST"),
    ("/introspect", "POST"),
    ("/revoke", "POST"),
    ("/register", "POST"),
    ("/register/client", "DELETE, GET, PUT"),
    ("/authorize", "GET"),
    ("/authorize/decision", "POST"),
    ("/jwks", "GET"),
    ("/.well-known/oauth-authorization-server", "GET"),
    ("/.well-known/openid-configuration", "GET"),
    ("/fdx/v6/accounts", "GET"),
    ("/fdx/v6/customers/current", "GET"),
    ("/fdx/v6/consents/one", "GET"),
    ("/fdx/v6/consents/one/revocation", "GET, PUT"),
];

#[test]
fn endpoints_reject_other_methods() {
    let mut bench = Bench::new(Binding::Dpop, |config| {
        let token = Secret::new("initial".to_owned());
        config.registration = RegistrationPolicy::InitialAccessTokens(vec![token]);
    });
    for (path, allowed) in ENDPOINTS {
        for base in [ISSUER, MTLS] {
            for method in ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"] {
                let mut attempt = bench.post(path);
                attempt.url = format!("{base}{path}");
                attempt.method = method.parse().unwrap();
                let response = bench.send(&attempt);
                let refused = response.status() == StatusCode::METHOD_NOT_ALLOWED;
                let takes = allowed.split(", ").any(|allowed| allowed == method);
                assert_eq!(refused, !takes, "{method} {base}{path}");
                // RFC 9110 15.5.6: Allow lists the methods.
                let named = response.headers().get("allow");
                assert_eq!(named.is_some(), refused, "{method} {base}{path}");
                assert!(named.is_none_or(|named| named == allowed), "{method} {base}{path}");
            }
        }
    }
}

#[test]
fn request_with_a_wrong_method_is_not_used_up() {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let mut attempt = bench.push();
    attempt.method = Method::PUT;
    assert_eq!(bench.send(&attempt).status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(bench.institution.last_verdicts().is_empty());
    attempt.method = Method::POST;
    assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED, "{}", bench.failed());
}
