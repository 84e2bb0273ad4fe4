use http::StatusCode;
use serde_json::{Value, json};

use super::Bench;
use super::bench::{ISSUER, MTLS, body};
use crate::customer::Decision;

const HINTS: [Option<&str>; 4] =
    [None, Some("access_token"), Some("refresh_token"), Some("pbkdf2_token")];

fn text(tokens: &Value, name: &str) -> String {
    tokens[name].as_str().unwrap().to_owned()
}

fn revoke(bench: &mut Bench, token: &str, hint: Option<&'static str>) {
    let mut attempt = bench.about("/revoke", token);
    if let Some(hint) = hint {
        attempt.set("token_type_hint", hint);
    }
    let response = bench.send(&attempt);
    assert_eq!(response.status(), StatusCode::OK, "{}", bench.failed());
    assert!(response.body().is_empty());
}

#[test]
fn revoking_a_refresh_token_revokes_its_access_tokens() {
    for hint in HINTS {
        let mut bench = Bench::dpop();
        let tokens = bench.tokens(&Decision::everything());
        let refresh_token = text(&tokens, "refresh_token");
        let second = text(&bench.refreshed(&refresh_token), "access_token");
        let another = bench.tokens(&Decision::everything());
        revoke(&mut bench, &refresh_token, hint);
        for ended in [&text(&tokens, "access_token"), &second] {
            assert_eq!(bench.get("/accounts", ended).status(), StatusCode::UNAUTHORIZED);
            assert!(!bench.is_active(ended));
        }
        assert!(!bench.is_active(&refresh_token));
        let attempt = bench.refresh(&refresh_token);
        bench.refuses(&attempt, "invalid_grant", "RFC 9700 4.14.2");
        // Tokens of another consent stay valid.
        assert!(bench.is_active(&text(&another, "access_token")));
    }
}

#[test]
fn revoking_an_access_token_revokes_only_it() {
    for hint in HINTS {
        let mut bench = Bench::mutual_tls();
        let tokens = bench.tokens(&Decision::everything());
        let access_token = text(&tokens, "access_token");
        revoke(&mut bench, &access_token, hint);
        assert_eq!(bench.get("/accounts", &access_token).status(), StatusCode::UNAUTHORIZED);
        let again = bench.refreshed(&text(&tokens, "refresh_token"));
        assert_eq!(bench.get("/accounts", &text(&again, "access_token")).status(), 200);
    }
}

#[test]
fn accepts_revocation_of_unknown_and_revoked_tokens() {
    let mut bench = Bench::dpop();
    revoke(&mut bench, "unknown", None);
    let tokens = bench.tokens(&Decision::everything());
    for _ in 0..2 {
        revoke(&mut bench, &text(&tokens, "refresh_token"), None);
        revoke(&mut bench, &text(&tokens, "access_token"), None);
    }
}

#[test]
fn rejects_revocations_that_violate_a_rule() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::everything());
    let attempt = bench.post("/revoke");
    bench.refuses(&attempt, "invalid_request", "RFC 7009 2.1");
    for name in ["access_token", "refresh_token"] {
        let mut attempt = bench.about("/revoke", &text(&tokens, name));
        attempt.assertion = None;
        bench.refuses(&attempt, "invalid_client", "FAPI 2.0 SP 5.3.2.1-6");
        let mut attempt = bench.about("/revoke", &text(&tokens, name));
        attempt.claim("iss", json!("other"));
        attempt.claim("sub", json!("other"));
        bench.refuses(&attempt, "invalid_request", "RFC 7009 2.1");
        assert!(bench.is_active(&text(&tokens, name)));
    }
}

#[test]
fn metadata_contains_the_revocation_endpoint_and_its_alias() {
    let mut bench = Bench::dpop();
    let metadata = body(&bench.load(&format!("{ISSUER}/.well-known/oauth-authorization-server")));
    assert_eq!(metadata["revocation_endpoint"], format!("{ISSUER}/revoke"));
    let alias = &metadata["mtls_endpoint_aliases"]["revocation_endpoint"];
    assert_eq!(alias, &json!(format!("{MTLS}/revoke")));
    let grants = json!(["authorization_code", "client_credentials", "refresh_token"]);
    assert_eq!(metadata["grant_types_supported"], grants);
}
