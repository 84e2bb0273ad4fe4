//! The first inputs of the corpora: real messages. `BLESS=1 cargo test` writes them.

use std::path::Path;
use std::{env, fs};

use fdx_jose::Algorithm;
use fdx_rar::AuthorizationDetails;
use fdx_simulation::{Settings, World};

use crate::scene::{
    self, ISSUER, METADATA, REDIRECT_URI, STORED, consent_request, jwks, sealed, signed, vector,
};

const JSON: &str = "content-type: application/json\n\n";
const GRANT: &str = r#"{"id":"c-1","status":"ACTIVE","parties":[{"name":"App","type":"DATA_RECIPIENT"}],"createdTime":"2026-01-05T10:00:00Z","durationType":"TIME_BOUND","durationPeriod":90,"lookbackPeriod":"60","resources":[{"resourceType":"ACCOUNT","resourceId":"a-1","dataClusters":["ACCOUNT_BASIC","TRANSACTIONS"]}],"links":[{"href":"https://bank.example/c","rel":"self"}]}"#;
const PART: &str = r#"{"id":"c-1","status":"ACTIVE","resources":[{"resourceType":"ACCOUNT","resourceId":"a-1","dataClusters":["ACCOUNT_BASIC","STATEMENTS"]},{"resourceType":"CUSTOMER","resourceId":"a-1","dataClusters":["CUSTOMER_CONTACT"]},{"resourceType":"ACCOUNT","resourceId":"a-2","dataClusters":[]}]}"#;
const REVOCATION: &str = r#"{"status":"REVOKED","reason":"USER_ACTION","initiator":"INDIVIDUAL","updatedTime":"2026-01-06T10:00:00Z"}"#;
const TOKENS: &str = r#"{"access_token":"at-0123456789abcdef","token_type":"DPoP","expires_in":3600,"refresh_token":"rt-0123456789abcdef","scope":"fdx:accountbasic:read offline_access","grant_id":"c-1"}"#;
const NONCE: &str =
    "400\ndpop-nonce: n-1\ncontent-type: application/json\n\n{\"error\":\"use_dpop_nonce\"}";
const CHALLENGE: &str =
    "DPoP error=\"use_dpop_nonce\", error_description=\"a nonce\", algs=\"ES256\"";

/// The chain of one consent: granted, revoked, erased.
const EXPORT: &str = concat!(
    r#"{"header":{"contents":"entries","exportedAt":"2026-01-05T11:00:00Z","format":"fdx-consent-receipts","version":1}}"#,
    "\n",
    r#"{"head":{"consent":"flow-1","digest":"Tipl7rqEaTh4p1uQlkiaqE1r4BIaQeCuEv3LnyAo8qs","sequence":3,"tenant":"default"}}"#,
    "\n",
    r#"{"at":"2026-01-05T10:00:00Z","cause":"flow-1","consent":"flow-1","disclosure":{"sha256":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","shownAt":"2026-01-05T10:00:00Z","version":"2026-01 en"},"event":{"granted":{"receipt":{"clientId":"app-1","consentId":"c-1","evidence":{"interactionIds":[],"keyThumbprints":[],"pushedRequestSha256":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"},"expirationBasis":"durationPeriod","expirationDate":"2026-04-05T10:00:00Z","expirationSources":["REQUEST"],"granted":[{"dataClusters":["ACCOUNT_BASIC"],"resourceId":"a","resourceType":"ACCOUNT"}],"grantedScopes":["openid"],"grantedSources":["CONSENT_API"],"issuedAt":"2026-01-05T10:00:00Z","issuer":"https://bank.example","requested":{"durationPeriod":90,"durationType":"TIME_BOUND","resources":[{"dataClusters":["ACCOUNT_BASIC","TRANSACTIONS"],"resourceType":"ACCOUNT"}]},"version":2,"withheld":[{"dataCluster":"TRANSACTIONS","resourceType":"ACCOUNT"},{"dataCluster":"TRANSACTIONS","resourceId":"a","resourceType":"ACCOUNT"}]}}},"sequence":1,"tenant":"default","version":1}"#,
    "\n",
    r#"{"at":"2026-01-05T10:01:00Z","cause":"r-1","consent":"flow-1","event":{"revoked":{"accessToken":"absent","by":"customer","consentApi":"revoked","reason":"USER_ACTION","refreshToken":"noResponse"}},"previous":"_tMLvO4z8sbQp26j6Cjt3Rrwoy_ywtRwJNSd-OMs_3E","sequence":2,"tenant":"default","version":1}"#,
    "\n",
    r#"{"at":"2026-01-05T10:02:00Z","cause":"e-1","consent":"flow-1","event":{"erased":{}},"previous":"YjyG5ZEOUJmQb0jdm37Vxc0-xEGKR2vidlK8qEBsmNA","sequence":3,"tenant":"default","version":1}"#,
    "\n",
    r#"{"end":{"chains":1,"entries":3,"heads":"92cb0mOBl-AnriRLwmT9mQevewv74z_-KXZXOpaJedk"}}"#,
    "\n",
);

/// Target, name and bytes.
fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds: Vec<(&str, &str, String)> = vec![
        ("metadata", "usual", METADATA.to_owned()),
        ("metadata", "redirect", "302\nlocation: https://other.example/\n\n".to_owned()),
        ("readiness", "usual", METADATA.split_once("\n\n").unwrap().1.to_owned()),
        ("jwe", "rfc7516_a1", text(vector("/rfc7516_a1/jwe"))),
        (
            "jwe",
            "rsa_oaep_256",
            jwe(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","cty":"JWT","kid":"k"}"#),
        ),
        ("jwe", "dir", jwe(r#"{"alg":"dir","enc":"A256GCM"}"#)),
        ("jwe", "zip", jwe(r#"{"alg":"RSA-OAEP","enc":"A256GCM","zip":"DEF"}"#)),
        ("jwks", "usual", jwks().to_json()),
        ("jwks", "mixed", format!(r#"{{"keys":[{},{{"kty":"oct"}}]}}"#, vector("/rfc9449/jwk"))),
        ("jws", "rfc7515_a3", text(vector("/rfc7515_a3/jws"))),
        ("jws", "rfc7515_a5", text(vector("/rfc7515_a5/jws"))),
        ("jws", "rfc9449_proof", text(vector("/rfc9449/token_request_proof_fig2"))),
        ("jws", "claims", r#"{"a":1}"#.to_owned()),
        ("id_token", "claims", id_token_claims()),
        ("id_token", "signed", signed("JWT", id_token_claims().as_bytes()).unwrap()),
        ("jarm", "code", jarm_claims(r#""code":"c","state":"s""#)),
        ("jarm", "error", jarm_claims(r#""error":"access_denied","error_description":"no""#)),
        ("introspection_jwt", "claims", introspection_claims()),
        ("token_response", "usual", format!("200\n{JSON}{TOKENS}")),
        ("token_response", "nonce", NONCE.to_owned()),
        ("par_response", "usual", pushed()),
        ("par_response", "nonce", NONCE.to_owned()),
        ("registration_response", "usual", registered("201", "Ed25519")),
        ("registration_response", "weakened", registered("201", "RS256")),
        ("registration_response", "read", registered("200", "EdDSA")),
        ("revocations", "fdx6", format!("200\n{JSON}{{\"revocations\":[{REVOCATION}]}}")),
        ("revocations", "fdx5", format!("200\n{JSON}[{REVOCATION},{{}}]")),
        ("revocations", "none", format!("404\n{JSON}{{\"code\":\"404\"}}")),
        ("error_response", "oauth", oauth_error()),
        ("error_response", "fdx", fdx_error()),
        ("error_response", "nonce", NONCE.to_owned()),
        (
            "error_response",
            "rs_nonce",
            format!("401\ndpop-nonce: n\nwww-authenticate: {CHALLENGE}"),
        ),
        ("www_authenticate", "nonce", CHALLENGE.to_owned()),
        ("www_authenticate", "several", "Basic realm=\"a, b\", Bearer abc==\nDPoP".to_owned()),
        ("consent_grant", "usual", GRANT.to_owned()),
        ("consent_grant", "part", PART.to_owned()),
        ("consent_grant", "bare", r#"{"id":"c-1","status":"Active","parties":null}"#.to_owned()),
        (
            "consent_grant",
            "not_understood",
            r#"{"links":7,"resources":[{"resourceId":"a-1","dataClusters":["TRANSACTIONS"]},7]}"#
                .to_owned(),
        ),
        ("notification", "usual", notification(r#""c-1""#, "CONSENT")),
        ("notification", "number", notification("136804", "CONSENT")),
        ("notification", "account", notification(r#""a-1""#, "ACCOUNT")),
        ("callback", "code", callback("code=c&state=$state")),
        ("callback", "error", callback("error=access_denied&error_description=no&state=$state")),
        ("callback", "both", callback("code=c&error=access_denied&state=$state")),
        ("callback", "empty_code", callback("code=&error=access_denied&state=$state")),
        ("callback", "jarm", format!("{REDIRECT_URI}?response=$response")),
        ("callback", "jarm_other", format!("{REDIRECT_URI}?response={}", jarm_token())),
        ("sealed_pending", "sealed", sealed().1.clone()),
        ("sealed_pending", "inside", inside()),
        ("stored_grant", "usual", STORED.to_owned()),
        ("urls", "https", "https://bank.example:8443/fdx/v6?a=%20b".to_owned()),
        ("urls", "loopback", "http://[::1]:8765/callback".to_owned()),
        ("keys", "rfc8037_a", vector("/rfc8037_a/private_jwk").to_string()),
        ("keys", "rfc7515_a3", vector("/rfc7515_a3/private_jwk").to_string()),
        ("keys", "rfc9449_public", vector("/rfc9449/jwk").to_string()),
    ];
    let details = AuthorizationDetails::of_consent(consent_request()).to_json();
    let other =
        r#"[{"type":"payment","actions":["read"],"locations":["https://a.example"],"x":1}]"#;
    seeds.push(("authorization_details", "consent", details));
    seeds.push(("authorization_details", "other", other.to_owned()));
    seeds.push(("consent_receipt", "usual", receipt()));
    seeds.push(("receipts_export", "usual", EXPORT.to_owned()));
    let texts = seeds.into_iter().map(|(target, name, text)| (target, name, text.into_bytes()));
    let mut seeds: Vec<_> =
        texts.map(|(target, name, bytes)| (target, name.to_owned(), bytes)).collect();
    seeds.push(("flow", "no_fault".to_owned(), vec![0]));
    let flows = flows().into_iter().enumerate();
    seeds.extend(flows.map(|(number, bytes)| ("flow", format!("changed_{number}"), bytes)));
    seeds
}

fn text(value: serde_json::Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The example of RFC 7516 with another header, so that it does not open.
fn jwe(header: &str) -> String {
    let example = text(vector("/rfc7516_a1/jwe"));
    let (_, rest) = example.split_once('.').unwrap();
    format!("{}.{rest}", fdx_wire::base64url::encode(header.as_bytes()))
}

fn id_token_claims() -> String {
    let access_token = fdx_wire::Secret::new("at".to_owned());
    let at_hash = fdx_jose::at_hash(Algorithm::EdDsa, &access_token);
    format!(
        r#"{{"iss":"{ISSUER}","sub":"customer","aud":"app","iat":1767607200,"exp":1767607500,"nonce":"n-0S6_WzA2Mj","auth_time":1767607100,"acr":"urn:a","at_hash":"{at_hash}"}}"#
    )
}

fn jarm_claims(outcome: &str) -> String {
    format!(r#"{{"iss":"{ISSUER}","aud":"app","exp":1767607500,{outcome}}}"#)
}

fn jarm_token() -> String {
    signed("JWT", jarm_claims(r#""code":"c","state":"s""#).as_bytes()).unwrap()
}

fn introspection_claims() -> String {
    format!(
        r#"{{"iss":"{ISSUER}","aud":"app","iat":1767607200,"token_introspection":{{"active":true,"grant_id":"c-1","cnf":{{"jkt":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}}}}}}"#
    )
}

fn pushed() -> String {
    format!("201\n{JSON}{{\"request_uri\":\"urn:example:bwc4JK\",\"expires_in\":60}}")
}

fn registered(status: &str, alg: &str) -> String {
    let jwks = jwks().to_json();
    format!(
        r#"{status}
{JSON}{{"client_id":"c-1","client_id_issued_at":1767607200,"client_name":"App","redirect_uris":["{REDIRECT_URI}"],"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"{alg}","dpop_bound_access_tokens":true,"jwks":{jwks},"status":"Approved","client_secret":"s","registration_client_uri":"https://bank.example/register/c-1","registration_access_token":"rat-0123456789abcdef"}}"#
    )
}

fn oauth_error() -> String {
    let head =
        "400\nretry-after: 120\ndate: Mon, 05 Jan 2026 10:00:09 GMT\nx-fapi-interaction-id: i";
    let body = r#"{"error":"invalid_request","error_description":"no","error_uri":"https://e","state":"s"}"#;
    format!("{head}\n{JSON}{body}")
}

fn fdx_error() -> String {
    format!("500\n{JSON}{{\"code\":500,\"message\":\"Internal\",\"debugMessage\":\"x\"}}")
}

fn callback(query: &str) -> String {
    format!("{REDIRECT_URI}?{query}&iss={ISSUER}")
}

/// The content of a sealed value in the first format.
fn inside() -> String {
    let key = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    let (state, asked) = (&sealed().0, serde_json::to_string(&consent_request()).unwrap());
    format!(
        r#"{{"v":1,"s":"{state}","n":"n","c":"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk","k":"{key}","q":{asked},"x":"openid","d":"{key}","t":1767609000}}"#
    )
}

fn notification(id: &str, id_type: &str) -> String {
    format!(
        r#"{{"notificationId":"n-1","type":"CONSENT_REVOKED","sentOn":"2026-01-05T10:00:00Z","category":"CONSENT","publisher":{{"name":"Bank","type":"DATA_PROVIDER"}},"notificationPayload":{{"id":{id},"idType":"{id_type}","customFields":[{{"name":"INITIATOR","value":"INDIVIDUAL"}}]}}}}"#
    )
}

fn receipt() -> String {
    let evidence = fdx_rar::Evidence::of_pushed_request([3; 32]);
    let grant = serde_json::from_str(GRANT).unwrap();
    fdx_rar::ConsentReceipt::builder(
        scene::issuer(),
        scene::CLIENT_ID,
        consent_request(),
        scene::NOW,
        evidence,
    )
    .grant(&grant)
    .build()
    .canonical_json()
}

/// Flows in which one response is replaced by another one, or by a variant of itself.
fn flows() -> Vec<Vec<u8>> {
    let tokens = r#"{"access_token":"$access_token","token_type":"DPoP","expires_in":3600,"refresh_token":"$refresh_token","id_token":"$id_token","grant_id":"$grant_id"}"#;
    let written = [
        METADATA.to_owned(),
        NONCE.to_owned(),
        pushed(),
        callback("code=$code&state=$state"),
        NONCE.to_owned(),
        format!("200\n{JSON}{tokens}"),
        format!("200\ncontent-type: application/jwk-set+json\n\n{}", jwks().to_json()),
        format!("401\ndpop-nonce: n-2\nwww-authenticate: {CHALLENGE}"),
        format!("200\n{JSON}{GRANT}"),
        format!("200\n{JSON}{{\"accounts\":[]}}"),
    ];
    let settings = Settings::SMALL;
    let places = World::places_of_faults(&[], settings).into_iter();
    let flow = |(at, text): (usize, &String)| {
        // The last alternative of a choice between faults is a written response.
        let bytes = [&vec![0; at], &[0xff][..], text.as_bytes()].concat();
        let tally = World::from_bytes(&bytes, settings).run();
        tally.network().keys().any(|name| name.ends_with("changed")).then_some(bytes)
    };
    places.zip(written.iter().cycle()).filter_map(flow).collect()
}

#[test]
fn the_corpora_hold_the_seeds() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, name, bytes) in seeds() {
        let file = corpora.join(target).join(format!("seed_{name}"));
        if env::var_os("BLESS").is_some() {
            fs::create_dir_all(corpora.join(target)).unwrap();
            fs::write(&file, &bytes).unwrap();
        }
        assert!(fs::read(&file).unwrap() == bytes, "BLESS=1 writes {}", file.display());
    }
}

#[test]
fn a_seed_of_the_flow_changes_each_response() {
    assert!(flows().len() > 8, "{}", flows().len());
}
