use fdx_jose::{IdToken, IdTokenExpectation, Jwks, JwtExpectation, Thumbprint, backend};
use fdx_rar::DataCluster;
use fdx_wire::{Issuer, Secret};
use http::StatusCode;
use serde_json::json;

use super::Bench;
use super::bench::{CERTIFICATE, INTERACTION, ISSUER, MTLS, body};
use crate::NoncePolicy;
use crate::customer::Decision;

fn partly() -> Decision {
    Decision::allow()
        .account("acc-1", [DataCluster::AccountBasic, DataCluster::Transactions])
        .account("acc-3", [DataCluster::AccountBasic])
}

#[test]
fn metadata_contains_the_issuer_and_both_authorities() {
    let mut bench = Bench::dpop();
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let response = bench.load(&format!("{ISSUER}{path}"));
        assert_eq!(response.status(), StatusCode::OK);
        let metadata = body(&response);
        assert_eq!(metadata["issuer"], ISSUER);
        assert_eq!(metadata["token_endpoint"], format!("{ISSUER}/token"));
        let aliases = &metadata["mtls_endpoint_aliases"];
        assert_eq!(aliases["token_endpoint"], format!("{MTLS}/token"));
        assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    }
}

#[test]
fn whole_consent_succeeds_with_both_bindings() {
    for mut bench in [Bench::dpop(), Bench::mutual_tls()] {
        let tokens = bench.tokens(&partly());
        let access_token = tokens["access_token"].as_str().unwrap();
        assert_eq!(
            tokens["scope"],
            "openid offline_access fdx:accountbasic:read fdx:transactions:read"
        );
        assert_eq!(tokens["expires_in"], 300);
        assert!(tokens["refresh_token"].is_string());

        let consent_id = tokens["grant_id"].as_str().unwrap();
        let response = bench.get(&format!("/consents/{consent_id}"), access_token);
        assert_eq!(response.status(), StatusCode::OK, "{}", bench.failed());
        assert_eq!(response.headers()["x-fapi-interaction-id"], INTERACTION);
        let grant = body(&response);
        assert_eq!(grant["id"], consent_id);
        assert_eq!(grant["status"], "ACTIVE");
        assert_eq!(
            grant["resources"],
            json!([
                { "resourceType": "ACCOUNT", "resourceId": "acc-1",
                  "dataClusters": ["ACCOUNT_BASIC", "TRANSACTIONS"] },
                { "resourceType": "ACCOUNT", "resourceId": "acc-3",
                  "dataClusters": ["ACCOUNT_BASIC"] },
            ])
        );

        let response = bench.get("/accounts", access_token);
        let accounts = body(&response)["accounts"].as_array().unwrap().clone();
        let ids: Vec<_> = accounts.iter().map(|account| &account["accountId"]).collect();
        assert_eq!(ids, ["acc-1", "acc-3"]);
        // BALANCES and ACCOUNT_DETAILED were not requested.
        assert!(accounts[0].get("currentBalance").is_none());

        let response = bench.get("/accounts/acc-1/transactions", access_token);
        let transactions = body(&response)["transactions"].as_array().unwrap().len();
        // lookbackPeriod is 60 days: the transaction of 95 days ago is not returned.
        assert_eq!(transactions, 3);

        for (path, status, code) in [
            ("/accounts/acc-2", 403, "602"),
            ("/accounts/acc-3/transactions", 403, "602"),
            ("/customers/current", 403, "602"),
            ("/accounts/acc-9", 404, "701"),
            ("/consents/another", 404, "404"),
        ] {
            let response = bench.get(path, access_token);
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(body(&response)["code"], code, "{path}");
        }
    }
}

#[test]
fn id_token_is_valid() {
    let mut bench = Bench::dpop();
    let jwks = bench.load(&format!("{ISSUER}/jwks"));
    let tokens = bench.tokens(&Decision::everything());
    let access_token = Secret::new(tokens["access_token"].as_str().unwrap().to_owned());
    let id_token = IdToken::verify(
        tokens["id_token"].as_str().unwrap(),
        &IdTokenExpectation::new(
            JwtExpectation::new(&Issuer::parse(ISSUER).unwrap(), "app", bench.now)
                .with_algorithm(Some(fdx_jose::Algorithm::EdDsa)),
        )
        .with_nonce(Some("the nonce"))
        .with_access_token(&access_token)
        .with_max_age(Some(0)),
        backend::ring(),
        &Jwks::parse(jwks.body()).unwrap(),
    );
    assert_eq!(id_token.unwrap().subject(), "cust-1");
}

#[test]
fn introspection_reports_the_binding() {
    for mut bench in [Bench::dpop(), Bench::mutual_tls()] {
        let tokens = bench.tokens(&Decision::everything());
        let mut attempt = bench.post("/introspect");
        attempt.set("token", tokens["access_token"].as_str().unwrap());
        attempt.proof = None;
        let response = bench.send(&attempt);
        let introspection = body(&response);
        assert_eq!(introspection["active"], true);
        assert_eq!(introspection["fdxConsentId"], tokens["grant_id"]);
        let (kind, cnf) = match bench.binding {
            crate::Binding::Dpop => {
                ("DPoP", json!({ "jkt": bench.proof_key.public().thumbprint() }))
            }
            _ => {
                let hash = Thumbprint::of_certificate(CERTIFICATE);
                ("Bearer", json!({ "x5t#S256": hash }))
            }
        };
        assert_eq!((&introspection["token_type"], &introspection["cnf"]), (&json!(kind), &cnf));
        assert_eq!(tokens["token_type"], kind);

        bench.later(301);
        let mut attempt = bench.post("/introspect");
        attempt.set("token", tokens["access_token"].as_str().unwrap());
        attempt.proof = None;
        let response = bench.send(&attempt);
        assert_eq!(body(&response), json!({ "active": false }));
    }
}

#[test]
fn silent_nonce_policy_requests_no_nonce() {
    let mut bench = Bench::new(crate::Binding::Dpop, |config| {
        config.nonce_policy = NoncePolicy::Silent;
    });
    let tokens = bench.tokens(&partly());
    let attempt = bench.read("/accounts", tokens["access_token"].as_str().unwrap());
    assert_eq!(bench.send(&attempt).status(), StatusCode::OK);
    assert_eq!(bench.nonces, [None, None]);
}

#[test]
fn same_entropy_and_requests_yield_the_same_tokens() {
    let run = || Bench::dpop().tokens(&partly())["access_token"].clone();
    assert_eq!(run(), run());
}

#[test]
fn token_response_contains_granted_authorization_details() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&partly());
    assert_eq!(
        tokens["authorization_details"],
        json!([{ "type": "fdx_v1.0", "consentRequest": {
            "durationType": "TIME_BOUND", "durationPeriod": 90, "lookbackPeriod": 60,
            "resources": [{
                "resourceType": "ACCOUNT", "dataClusters": ["ACCOUNT_BASIC", "TRANSACTIONS"],
            }],
        } }])
    );
}
