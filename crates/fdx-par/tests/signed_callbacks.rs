//! The callback as a signed JWT (JARM): the right one is accepted, and similar wrong ones are
//! rejected.

use core::time::Duration;

use fdx_jose::{Algorithm, AuthorizationResponseError, JwtError, PrivateKey};
use fdx_par::{
    Accepted, CallFault, Callback, CallbackFault, Client, Error, FlowId, NextStep, Pending,
    ResponseMode, ServerKeys, SignedCallback, StoredStateFault, Verification,
};
use fdx_sandbox::customer::Decision;
use fdx_sandbox::{NoncePolicy, OldKeys};
use fdx_testkit::{
    Requests, Setup, World, claims, entropy, fresh_key, keys, set, signed, usual_request,
    with_header,
};
use fdx_wire::json::RawJson;
use fdx_wire::{base64url, percent_encode};
use proptest::prelude::*;
use serde_json::{Value, json};

const PLACE: &str = "https://app.example/callback";
const SETUP: Setup = Setup {
    algorithm: Algorithm::EdDsa,
    binding: fdx_testkit::Binding::Dpop,
    carrier: fdx_sandbox::ConsentIdCarrier::GrantId,
    nonces: NoncePolicy::Silent,
    authentication: fdx_testkit::Authentication::PrivateKeyJwt,
    requests: Requests::Plain,
    response_mode: ResponseMode::Jwt,
    refresh: fdx_sandbox::RefreshPolicy::Keep,
    fdx: fdx_sandbox::Presence::Required,
};

/// The right response, with the client and keys that verify it.
struct Right {
    world: World,
    client: Client,
    keys: ServerKeys,
    /// The institution's key.
    key: PrivateKey,
    jwt: String,
    claims: Value,
}

fn url(jwt: &str) -> String {
    format!("{PLACE}?response={jwt}")
}

fn right() -> (Right, Pending) {
    let mut world = World::new(SETUP);
    let client = world.client().unwrap();
    let (pending, back) = world.pending(&client);
    let jwt = back.strip_prefix("https://app.example/callback?response=").unwrap().to_owned();
    let draft = client.fetch_keys(world.now).unwrap();
    let keys = world.run(draft).unwrap();
    let claims = claims(&jwt);
    let key = fdx_testkit::keys(Algorithm::EdDsa);
    (Right { world, client, keys, key, jwt, claims }, pending)
}

impl Right {
    /// Returns the right claims with `patch`, signed by the institution's key.
    fn patched(&self, patch: &Value) -> String {
        signed(&self.key, None, &self.claims_but(patch))
    }

    fn claims_but(&self, patch: &Value) -> Value {
        let mut claims = self.claims.clone();
        set(&mut claims, patch);
        claims
    }

    fn verify(
        &self,
        pending: Pending,
        jwt: &str,
        keys: Option<&ServerKeys>,
    ) -> Result<Verification<SignedCallback>, Box<(Error, Pending)>> {
        let now = self.world.now;
        let signed = self.client.signed_callback(pending, &url(jwt), now);
        let signed = signed.unwrap_or_else(|refused| panic!("{jwt}: {refused}"));
        let verified = self.client.verify(signed, keys, now);
        verified.map_err(|refused| Box::new((refused.error, refused.unspent.into_pending())))
    }

    /// Returns the error of `jwt` and the returned pending value.
    fn refused(&self, pending: Pending, jwt: &str) -> (Error, Pending) {
        match self.verify(pending, jwt, Some(&self.keys)) {
            Err(refused) => *refused,
            Ok(outcome) => panic!("{jwt} was taken: {outcome:?}"),
        }
    }

    fn accepted(&self, pending: Pending, jwt: &str) -> Accepted {
        match self.verify(pending, jwt, Some(&self.keys)) {
            Ok(Verification::Done(Callback::Code(accepted))) => accepted,
            other => panic!("{jwt}: {other:?}"),
        }
    }

    /// Asserts that the right response still leads to tokens.
    fn finish(mut self, pending: Pending) {
        let accepted = self.accepted(pending, &self.jwt);
        let draft = self.client.exchange(accepted, entropy(2), self.world.now).unwrap();
        let exchanged = self.world.run(draft).unwrap();
        let _ = self.world.verify(&self.client, exchanged).unwrap();
    }

    fn state(&self) -> &str {
        self.claims["state"].as_str().unwrap()
    }

    fn seconds(&self, from_now: i64) -> u64 {
        self.world.now.as_seconds().checked_add_signed(from_now).unwrap()
    }
}

/// A response, and the rule that it breaks.
type Row = (&'static str, fn(&Right) -> String, &'static str);

const CLAIMS: &[Row] = &[
    ("no iss", |r| r.patched(&json!({ "iss": null })), "jarm.iss"),
    ("iss of another", |r| r.patched(&json!({ "iss": "https://bank.example1" })), "jarm.iss"),
    ("iss with a slash", |r| r.patched(&json!({ "iss": "https://bank.example/" })), "jarm.iss"),
    ("iss in an array", |r| r.patched(&json!({ "iss": ["https://bank.example"] })), "jarm.iss"),
    ("no aud", |r| r.patched(&json!({ "aud": null })), "jarm.aud"),
    ("aud of client B", |r| r.patched(&json!({ "aud": "app-2" })), "jarm.aud"),
    ("aud of two", |r| r.patched(&json!({ "aud": ["app-1", "app-2"] })), "jarm.aud"),
    ("aud of the same twice", |r| r.patched(&json!({ "aud": ["app-1", "app-1"] })), "jarm.aud"),
    ("aud of none", |r| r.patched(&json!({ "aud": [] })), "jarm.aud"),
    ("aud a number", |r| r.patched(&json!({ "aud": 1 })), "jarm.aud"),
    ("no exp", |r| r.patched(&json!({ "exp": null })), "jarm.exp"),
    ("exp a text", |r| r.patched(&json!({ "exp": "1767607500" })), "jarm.exp"),
    ("exp negative", |r| r.patched(&json!({ "exp": -1 })), "jarm.exp"),
    ("exp after the year 9999", |r| r.patched(&json!({ "exp": u64::MAX })), "jarm.exp"),
    ("six minutes old", |r| r.patched(&json!({ "exp": r.seconds(-360) })), "jarm.exp.past"),
    ("as old as tolerated", |r| r.patched(&json!({ "exp": r.seconds(-10) })), "jarm.exp.past"),
    ("nbf to come", |r| r.patched(&json!({ "nbf": r.seconds(11) })), "jarm.nbf"),
    ("no state", |r| r.patched(&json!({ "state": null })), "rfc6749.state.missing"),
    ("state of another", |r| r.patched(&json!({ "state": "x" })), "rfc6749.state.mismatch"),
    (
        "state longer",
        |r| {
            let state = format!("{}1", r.claims["state"].as_str().unwrap());
            r.patched(&json!({ "state": state }))
        },
        "rfc6749.state.mismatch",
    ),
    ("state a number", |r| r.patched(&json!({ "state": 1 })), "jarm.state"),
    ("code and error", |r| r.patched(&json!({ "error": "access_denied" })), "jarm.code.error"),
    ("neither", |r| r.patched(&json!({ "code": null })), "jarm.code.missing"),
    ("code empty", |r| r.patched(&json!({ "code": "" })), "jarm.code.missing"),
    ("code of two lines", |r| r.patched(&json!({ "code": "a\nb" })), "jarm.code"),
    ("an access token", |r| r.patched(&json!({ "access_token": "x" })), "jarm.token"),
    ("an ID token", |r| r.patched(&json!({ "id_token": "x" })), "jarm.token"),
    ("another response", |r| r.patched(&json!({ "response": "x" })), "jarm.token"),
    ("code an array", |r| r.patched(&json!({ "code": ["a"] })), "jarm.code"),
    ("error empty", |r| r.patched(&json!({ "code": null, "error": "" })), "jarm.code.missing"),
    ("code twice", |r| twice(r, r#""code":"a""#), "jarm.claims"),
    ("code twice, and the state of another", |r| twice_of_another(r), "jarm.claims"),
    ("iss twice", |r| twice(r, r#""iss":"https://bank.example""#), "jarm.iss.repeated"),
    ("twice within", |r| twice(r, r#""x":{"y":[{"z":1,"z":1}]}"#), "jarm.claims"),
];

const SIGNATURES: &[Row] = &[
    (
        "another signature",
        |r| r.jwt.rsplit_once('.').unwrap().0.to_owned() + "." + &zeros(),
        "jarm.signature",
    ),
    ("one bit of it", |r| flipped(&r.jwt, 2), "jarm.signature"),
    (
        "another payload",
        |r| {
            let other = r.patched(&json!({ "code": "another" }));
            let parts = |jwt: &str| jwt.split('.').map(str::to_owned).collect::<Vec<_>>();
            let (right, other) = (parts(&r.jwt), parts(&other));
            format!("{}.{}.{}", right[0], other[1], right[2])
        },
        "jarm.signature",
    ),
    ("no signature", |r| r.jwt.rsplit_once('.').unwrap().0.to_owned() + ".", "jarm.signature"),
    (
        "another key of the same kid",
        |r| {
            let other = fresh_key(Algorithm::EdDsa, r.key.public().kid());
            signed(&other, None, &r.claims)
        },
        "jarm.signature",
    ),
    ("alg none", |r| unsigned(r, "none"), "jarm.jws"),
    ("alg None", |r| unsigned(r, "None"), "jarm.jws"),
    ("alg none, signed", |r| with_header(&r.jwt, &json!({ "alg": "none" })), "jarm.jws"),
    ("alg empty", |r| unsigned(r, ""), "jarm.jws"),
    ("no alg", |r| with_header(&r.jwt, &json!({ "alg": null })), "jarm.jws"),
    ("alg HS256", |r| with_header(&r.jwt, &json!({ "alg": "HS256" })), "jarm.jws"),
    ("alg RS256", |r| with_header(&r.jwt, &json!({ "alg": "RS256" })), "jarm.jws"),
    ("its own key", |r| with_header(&r.jwt, &json!({ "jwk": {} })), "jarm.jws"),
    (
        "a key elsewhere",
        |r| with_header(&r.jwt, &json!({ "jku": "https://a.example" })),
        "jarm.signature",
    ),
    ("a certificate", |r| with_header(&r.jwt, &json!({ "x5c": [] })), "jarm.signature"),
    ("crit", |r| with_header(&r.jwt, &json!({ "crit": ["exp"] })), "jarm.jws"),
    ("nothing", |_| String::new(), "jarm.jws"),
    ("two parts", |_| "e30.e30".to_owned(), "jarm.jws"),
];

/// The right claims with one member more, as text.
fn twice(right: &Right, member: &str) -> String {
    let text = right.claims.to_string();
    let text = format!("{},{member}}}", text.strip_suffix('}').unwrap());
    let claims: RawJson = serde_json::from_str(&text).unwrap();
    signed(&right.key, None, &claims)
}

fn twice_of_another(right: &Right) -> String {
    let mut other = right.claims_but(&json!({ "state": "x" })).to_string();
    other.insert_str(1, r#""code":"a","#);
    let claims: RawJson = serde_json::from_str(&other).unwrap();
    signed(&right.key, None, &claims)
}

fn unsigned(right: &Right, alg: &str) -> String {
    let header = json!({ "alg": alg }).to_string();
    let parts = [header, right.claims.to_string()].map(|part| base64url::encode(part.as_bytes()));
    format!("{}.{}.", parts[0], parts[1])
}

fn zeros() -> String {
    base64url::encode(&[0; 64])
}

/// Flips one bit in the first byte of a part.
fn flipped(jwt: &str, part: usize) -> String {
    let mut parts: Vec<_> = jwt.split('.').map(str::to_owned).collect();
    let mut bytes = base64url::decode(&parts[part]).unwrap();
    bytes[0] ^= 1;
    parts[part] = base64url::encode(&bytes);
    parts.join(".")
}

fn each_is_refused(rows: &[Row], next_step: NextStep) {
    let (right, mut pending) = right();
    let sent = right.world.sent.len();
    for (name, jwt, code) in rows {
        let (error, unspent) = right.refused(pending, &jwt(&right));
        assert_eq!(error.code(), *code, "{name}: {error}");
        // The institution's own answer to this request is not followed by another.
        let is_ours = next_step == NextStep::AskTheInstitution && !name.contains("state");
        let expected = if is_ours { next_step } else { NextStep::KeepWaiting };
        assert_eq!(error.next_step(), expected, "{name}");
        pending = unspent;
    }
    assert_eq!(right.world.sent.len(), sent, "something was sent");
    right.finish(pending);
}

#[test]
fn rejects_wrong_claims_and_keeps_the_flow() {
    each_is_refused(CLAIMS, NextStep::AskTheInstitution);
}

/// Without keys, a wrong answer with the right state waits for them; any other keeps waiting.
#[test]
fn keys_decide_whose_wrong_answer_it_is() {
    let (right, mut pending) = right();
    for (patch, code) in [
        (json!({ "aud": "app-2" }), None),
        (json!({ "code": null }), None),
        (json!({ "exp": 1 }), None),
        (json!({ "aud": "app-2", "state": "x" }), Some("jarm.aud")),
        (json!({ "iss": "https://evil.example" }), Some("jarm.iss")),
    ] {
        let jwt = right.patched(&patch);
        pending = match (right.verify(pending, &jwt, None), code) {
            (Ok(Verification::FetchKeys(signed)), None) => signed.into_pending(),
            (Err(refused), Some(code)) => {
                assert_eq!(
                    (refused.0.code(), refused.0.next_step()),
                    (code, NextStep::KeepWaiting)
                );
                refused.1
            }
            (other, _) => panic!("{patch}: {other:?}"),
        };
    }
    right.finish(pending);
}

#[test]
fn rejects_wrong_signatures_and_keeps_the_flow() {
    each_is_refused(SIGNATURES, NextStep::KeepWaiting);
}

#[test]
fn rejects_typ_of_another_kind_of_token() {
    let (right, mut pending) = right();
    for typ in [
        "at+jwt",
        "application/at+jwt",
        "client-authentication+jwt",
        "dpop+jwt",
        "logout+jwt",
        "oauth-authz-req+jwt",
        "token-introspection+jwt",
        "",
    ] {
        let (error, unspent) =
            right.refused(pending, &signed(&right.key, Some(typ), &right.claims));
        let kind = AuthorizationResponseError::from(JwtError::Type);
        let expected = Error::AuthorizationResponse { error: kind, of_this_flow: true };
        assert_eq!(error, expected, "{typ}");
        pending = unspent;
    }
    right.finish(pending);
}

#[test]
fn rejects_genuine_tokens_of_other_kinds() {
    // The same key signs for client and institution here: the signature alone would pass.
    let mut world = World::new(Setup { requests: Requests::Signed, ..SETUP });
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let draft = client.introspect_signed(verified.tokens().access_token(), entropy(9), world.now);
    let _ = world.run(draft.unwrap()).unwrap();
    let pushed = world.asked("/par").pop().unwrap().clone();
    let body = |answer: &fdx_testkit::Answer| String::from_utf8(answer.body().clone()).unwrap();
    let answers: Vec<_> = world.sent.iter().map(|request| request.http.uri().path()).collect();
    let at = |path: &str| body(&world.answers[answers.iter().rposition(|p| *p == path).unwrap()]);
    let token: Value = serde_json::from_str(&at("/token")).unwrap();
    let (right, mut pending) = right();
    for (name, jwt, code) in [
        ("ID token", token["id_token"].as_str().unwrap().to_owned(), "jarm.code.missing"),
        ("introspection", at("/introspect"), "jarm.typ"),
        ("request object", pushed.form()["request"].clone(), "jarm.typ"),
        ("client assertion", pushed.form()["client_assertion"].clone(), "jarm.typ"),
        ("proof", pushed.header("dpop"), "jarm.jws"),
    ] {
        let (error, unspent) = right.refused(pending, &jwt);
        assert_eq!(error.code(), code, "{name}: {error}");
        pending = unspent;
    }
    right.finish(pending);
}

#[test]
fn accepts_optional_claims_and_headers() {
    for (name, patch, typ) in [
        ("aud an array of one", json!({ "aud": ["app-1"] }), None),
        ("far exp", json!({ "exp": 4_102_444_800_u64 }), None),
        ("nbf within the tolerance", json!({ "nbf": 1_767_607_210 }), None),
        ("more claims", json!({ "iat": 1, "jti": "x", "session_state": {} }), None),
        ("typ JWT", json!({}), Some("JWT")),
    ] {
        let (right, pending) = right();
        let jwt = signed(&right.key, typ, &right.claims_but(&patch));
        let accepted = right.accepted(pending, &jwt);
        assert_eq!(accepted.flow_id().as_str(), &jwt_state(&right)[..24], "{name}");
    }
}

fn jwt_state(right: &Right) -> String {
    right.claims["state"].as_str().unwrap().to_owned()
}

#[test]
fn late_exp_does_not_extend_the_callback_deadline() {
    let (right, pending) = right();
    let jwt = right.patched(&json!({ "exp": 4_102_444_800_u64 }));
    let late = pending.callback_by() + Duration::from_secs(1);
    let refused = right.client.signed_callback(pending, &url(&jwt), late).unwrap_err();
    assert_eq!(refused.error, CallbackFault::Expired.into());
    assert_eq!(refused.error.next_step(), NextStep::StartOver);
    right.finish(*refused.unspent);
}

#[test]
fn rejects_response_parameters_outside_the_jwt() {
    let (right, mut pending) = right();
    let [code, state] = ["code", "state"].map(|name| right.claims[name].as_str().unwrap());
    let iss = percent_encode("https://bank.example");
    let bare = format!("code={code}&state={state}&iss={iss}");
    let response = format!("response={}", right.jwt);
    let with_pair = |pair: &str| [format!("{response}&{pair}"), format!("{pair}&{response}")];
    let mut wrong = vec![bare.clone(), String::new(), "session_state=x".to_owned()];
    wrong.extend(with_pair(&bare));
    wrong.extend(with_pair(&format!("code={code}")));
    wrong.extend(with_pair(&format!("state={state}")));
    wrong.extend(with_pair(&format!("iss={iss}")));
    for name in ["error", "access_token", "id_token", "code", "%63ode"] {
        wrong.extend(with_pair(&format!("{name}=x")));
    }
    for query in wrong {
        let received = format!("{PLACE}?{query}");
        let refused =
            right.client.signed_callback(pending, &received, right.world.now).unwrap_err();
        assert_eq!(refused.error, CallbackFault::NotSigned.into(), "{query}");
        assert_eq!(refused.error.next_step(), NextStep::KeepWaiting, "{query}");
        pending = *refused.unspent;
    }
    let received = format!("{PLACE}?{response}&{response}");
    let refused = right.client.signed_callback(pending, &received, right.world.now).unwrap_err();
    assert_eq!(refused.error, CallbackFault::Duplicate.into());
    right.finish(*refused.unspent);
}

#[test]
fn reads_callback_in_the_requested_mode() {
    let (right, pending) = right();
    let mode = Error::from(CallFault::ResponseMode);
    let now = right.world.now;
    let refused = right.client.callback(pending, &url(&right.jwt), now).unwrap_err();
    assert_eq!(refused.error, mode);
    assert_eq!(refused.error.next_step(), NextStep::Correct);
    right.finish(*refused.unspent);

    let mut world = World::new(Setup { response_mode: ResponseMode::Query, ..SETUP });
    let client = world.client().unwrap();
    let (pending, back) = world.pending(&client);
    let refused = client.signed_callback(pending, &back, world.now).unwrap_err();
    assert_eq!(refused.error, mode);
    let _ = world.exchange(&client, *refused.unspent, &back).unwrap();
}

#[test]
fn rejects_response_parameter_in_query_mode() {
    let mut world = World::new(Setup { response_mode: ResponseMode::Query, ..SETUP });
    let client = world.client().unwrap();
    let (pending, back) = world.pending(&client);
    let refused = client.callback(pending, &format!("{back}&response=x"), world.now).unwrap_err();
    assert_eq!(refused.error, CallbackFault::FrontChannelToken.into());
}

#[test]
fn unknown_key_requests_a_key_fetch_and_keeps_the_value() {
    for held in [false, true] {
        let (mut right, pending) = right();
        let new = fresh_key(Algorithm::EdDsa, Some("2026-02"));
        let jwt = signed(&new, None, &right.claims);
        right.world.bank.rotate_keys(vec![new], OldKeys::Published);
        let now = right.world.now;
        let held = held.then_some(&right.keys);
        let signed = right.client.signed_callback(pending, &url(&jwt), now).unwrap();
        let verification = right.client.verify(signed, held, now).unwrap();
        let Verification::FetchKeys(signed) = verification else { panic!("{verification:?}") };
        let draft = right.client.fetch_keys(now).unwrap();
        let fresh = right.world.run(draft).unwrap();
        let done = right.client.verify(signed, Some(&fresh), now).unwrap();
        assert!(matches!(done, Verification::Done(Callback::Code(_))), "{done:?}");
    }
}

#[test]
fn untrusted_response_causes_no_fetch_of_keys() {
    // JARM 2.4: iss is checked before any key is looked for, as is everything that needs no key.
    let (right, mut pending) = right();
    let stranger = fresh_key(Algorithm::EdDsa, None);
    for (patch, code) in [
        (json!({ "iss": "https://other.example" }), "jarm.iss"),
        (json!({ "aud": "app-2" }), "jarm.aud"),
        (json!({ "exp": right.seconds(-360) }), "jarm.exp.past"),
    ] {
        for key in [&right.key, &stranger] {
            for (keys, state) in [(None, "x"), (Some(&right.keys), right.state())] {
                let mut claims = right.claims_but(&patch);
                claims["state"] = state.into();
                let jwt = signed(key, None, &claims);
                let Err(refused) = right.verify(pending, &jwt, keys) else {
                    panic!("{patch} was not refused");
                };
                assert_eq!(refused.0.code(), code);
                pending = refused.1;
            }
        }
    }
    right.finish(pending);
}

#[test]
fn rejects_algorithm_other_than_registered() {
    let mut world = World::new(SETUP);
    world
        .bank
        .rotate_keys([Algorithm::EdDsa, Algorithm::Es256].map(keys).into(), OldKeys::Withdrawn);
    let mut config = SETUP.config();
    config.authorization_signed_response_alg = Some(Algorithm::EdDsa);
    let metadata = world.client().unwrap().metadata().clone();
    let client = Client::new(config, metadata).unwrap();
    let (pending, back) = world.pending(&client);
    let right = claims(back.split_once("response=").unwrap().1);
    let draft = client.fetch_keys(world.now).unwrap();
    let fetched = world.run(draft).unwrap();
    let jwt = signed(&keys(Algorithm::Es256), None, &right);
    let signed = client.signed_callback(pending, &url(&jwt), world.now).unwrap();
    let refused = client.verify(signed, Some(&fetched), world.now).unwrap_err();
    assert_eq!(refused.error.code(), "jarm.alg");
}

#[test]
fn signed_denial_ends_the_flow() {
    let mut world = World::new(SETUP);
    let client = world.client().unwrap();
    let (url, pending) = world.push(&client, &usual_request()).unwrap();
    let back = world.customer(&url, &Decision::refuse());
    assert_eq!(FlowId::claimed_by(&back).as_ref(), Some(pending.flow_id()));
    let denied = world.callback(&client, pending, &back).unwrap();
    let Callback::Denied(refusal) = denied else { panic!("{denied:?}") };
    assert!(refusal.is("access_denied"), "{refusal}");
    assert_eq!(refusal.next_step, NextStep::RespectTheCustomer);
}

#[test]
fn an_errors_description_comes_from_the_jwt() {
    let (right, pending) = right();
    let jwt = right.patched(&json!({
        "code": null, "error": "login_required", "error_description": "who?",
        "error_uri": "https://bank.example/why",
    }));
    let outcome = right.verify(pending, &jwt, Some(&right.keys)).unwrap();
    let Verification::Done(Callback::Denied(refusal)) = outcome else {
        panic!("{outcome:?}");
    };
    let said = [&refusal.said.error, &refusal.said.error_description, &refusal.said.error_uri]
        .map(|said| said.as_ref().unwrap().as_str().to_owned());
    assert_eq!(said, ["login_required", "who?", "https://bank.example/why"]);
}

#[test]
fn flow_id_is_read_from_the_signed_response() {
    let (right, pending) = right();
    let claimed = |jwt: &str| FlowId::claimed_by(&url(jwt));
    assert_eq!(claimed(&right.jwt).as_ref(), Some(pending.flow_id()));
    // The flow id is only claimed: the signature is not verified.
    let stranger = signed(&fresh_key(Algorithm::Es256, None), None, &right.claims);
    assert_eq!(claimed(&stranger).as_ref(), Some(pending.flow_id()));
    assert_eq!(claimed(&right.patched(&json!({ "state": null }))), None);
    assert_eq!(claimed(&right.patched(&json!({ "state": "short" }))), None);
    assert_eq!(claimed("garbage"), None);
    // The state in the JWT counts, not one next to it.
    let other = format!("{}&state={}", url(&right.jwt), "A".repeat(67));
    assert_eq!(FlowId::claimed_by(&other).as_ref(), Some(pending.flow_id()));
}

#[test]
fn another_client_can_not_verify_it() {
    let (right, pending) = right();
    let mut config = SETUP.config();
    config.client_id = "app-2".to_owned();
    let other = Client::new(config, right.client.metadata().clone()).unwrap();
    let now = right.world.now;
    let refused = other.signed_callback(pending, &url(&right.jwt), now).unwrap_err();
    assert_eq!(refused.error, StoredStateFault::OtherClient.into());
    // RFC 9700 4.4: not even the other issuer's own response with this flow's state.
    let mixed_up = right.patched(&json!({ "aud": "app-2" }));
    let signed = right.client.signed_callback(*refused.unspent, &url(&mixed_up), now).unwrap();
    let refused = other.verify(signed, Some(&right.keys), now).unwrap_err();
    assert_eq!(refused.error, StoredStateFault::OtherClient.into());
    right.finish(refused.unspent.into_pending());
}

proptest! {
    #[test]
    fn no_changed_byte_passes(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let (right, pending) = right();
        let mut jwt = right.jwt.clone();
        let at = at.index(jwt.len());
        jwt.replace_range(at..=at, &to);
        prop_assume!(jwt != right.jwt);
        match right.verify(pending, &jwt, Some(&right.keys)) {
            Err(refused) => {
                let (error, unspent) = *refused;
                prop_assert!(matches!(error, Error::AuthorizationResponse { .. }), "{error}");
                right.finish(unspent);
            }
            // The change was in the header's kid or alg: another key might verify it.
            Ok(Verification::FetchKeys(_)) => {
                prop_assert!(at < right.jwt.find('.').unwrap() + 1);
            }
            Ok(outcome) => prop_assert!(false, "{jwt}: {outcome:?}"),
        }
    }
}
