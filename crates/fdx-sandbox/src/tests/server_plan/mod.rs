//! What the OpenID Foundation's plans for FAPI 2.0 servers (Security Profile and Message Signing,
//! August 2026) send and accept, module by module. The names are those of the modules, without
//! `fapi2-security-profile-final-`. Modules about TLS are in `server::tests`. These rows are ours:
//! they repeat the requests of the suite and do not replace its run.

mod pushes;
mod tokens;

use http::StatusCode;
use serde_json::{Value, json};

use crate::customer::{ConsentPage, Decision};
use crate::tests::bench::{Bench, INTERACTION, ISSUER};
use crate::tests::{Attempt, bench};
use crate::{Binding, CertificateName, ClientAuthentication, Peer, Presence};

const CLIENT: &[&str] = &["invalid_client", "invalid_request"];
const GRANT: &[&str] = &["invalid_grant"];
const OBJECT: &[&str] = &["invalid_request_object"];
const REQUEST: &[&str] = &["invalid_request"];
const REQUEST_OR_OBJECT: &[&str] = &["invalid_request", "invalid_request_object"];
const SENDER: &[&str] = &["invalid_request", "invalid_grant", "invalid_dpop_proof"];
const TYPE: &[&str] = &["unsupported_response_type", "invalid_request", "unauthorized_client"];
const ACCEPTED: &[&str] = &[];

/// A change of a valid request, and the errors that the suite accepts; none if it must succeed.
type Row = (&'static str, fn(&mut Attempt), &'static [&'static str]);

/// The variants of a plan that a server must pass separately.
fn variants() -> impl Iterator<Item = Bench> {
    let bindings = [Binding::Dpop, Binding::AnyCertificate];
    bindings.into_iter().flat_map(|binding| {
        let plain = move || {
            Bench::new(binding, |config| {
                config.authorization_details = Presence::Optional;
                config.interaction_id = Presence::Optional;
            })
        };
        let subject = CertificateName::SubjectDn("CN=app".to_owned());
        let peer = Peer::from(fdx_jose::Thumbprint::of_certificate(bench::CERTIFICATE));
        let by_certificate = plain().by_certificate(
            ClientAuthentication::TlsClientAuth(subject),
            peer.subject_dn("CN=app"),
        );
        [plain(), by_certificate]
    })
}

/// Prepares a push as the suite sends it: scopes alone, and no certificate that the client's
/// authentication does not need.
fn usual(bench: &Bench, attempt: &mut Attempt) {
    if bench.certificate.is_none() {
        attempt.peer = Peer::anonymous();
    }
    if let Some((typ, _)) = &mut attempt.assertion {
        *typ = None;
    }
    // The suite proves a key at the PAR endpoint only in some modules.
    attempt.proof = None;
}

fn push(bench: &mut Bench) -> Attempt {
    let mut push = bench.push();
    push.unset("authorization_details");
    push.set("scope", "openid offline_access fdx:accountbasic:read");
    usual(bench, &mut push);
    push
}

fn signed(bench: &mut Bench) -> Attempt {
    let mut push = bench.push_signed();
    let (typ, claims) = push.request_object.as_mut().unwrap();
    *typ = None;
    let claims = claims.as_object_mut().unwrap();
    claims.remove("authorization_details");
    claims.remove("jti");
    claims.insert("scope".to_owned(), json!("openid offline_access fdx:accountbasic:read"));
    if bench.certificate.is_none() {
        push.unset("client_id");
    }
    usual(bench, &mut push);
    push
}

/// Sends a request, and sends it once more with a new proof if a nonce is required. Everything else
/// is repeated.
fn send(bench: &mut Bench, attempt: &mut Attempt) -> (StatusCode, Value) {
    let response = bench.send(attempt);
    let said = String::from_utf8_lossy(response.body()).into_owned();
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map_or("", |text| text.to_str().unwrap());
    let response = match attempt.proof.is_some()
        && (said.contains("\"use_dpop_nonce\"") || challenge.contains("use_dpop_nonce"))
    {
        true => {
            let server = usize::from(attempt.url.contains("/fdx/"));
            let (jti, nonce) = (bench.jti(), bench.nonces[server].clone());
            let proof = attempt.proof();
            (proof.jti, proof.nonce) = (jti, nonce);
            bench.send(attempt)
        }
        false => response,
    };
    (response.status(), serde_json::from_slice(response.body()).unwrap_or_default())
}

/// The suite accepts 401 for `invalid_client` alone.
#[track_caller]
fn check(module: &str, bench: &Bench, (status, body): &(StatusCode, Value), errors: &[&str]) {
    if errors.is_empty() {
        assert!(status.is_success(), "{module}: {}", bench.failed());
        return;
    }
    let error = body["error"].as_str().unwrap_or_default();
    assert!(errors.contains(&error), "{module}: {status} {body}");
    let allowed = [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED];
    let allowed = if error == "invalid_client" { &allowed[..] } else { &allowed[..1] };
    assert!(allowed.contains(status), "{module}: {status}");
}

/// The customer's decision on a page whose URL repeats what was pushed. Returns the redirect.
fn decide(bench: &mut Bench, request_uri: &str, decision: &Decision) -> String {
    let repeated = "&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback\
        &scope=openid+offline_access+fdx%3Aaccountbasic%3Aread&nonce=other";
    let page = bench.load(&format!("{}{repeated}", Bench::authorize_url(request_uri)));
    let decided = ConsentPage::read(&page).unwrap().decide(decision).unwrap();
    let response = bench.institution.handle(&decided, None, bench.now);
    response.headers()["location"].to_str().unwrap().to_owned()
}

fn exchange(bench: &mut Bench, request_uri: &str) -> Attempt {
    let location = decide(bench, request_uri, &Decision::everything());
    bench.exchange(&Bench::code_in(&location))
}

/// Ends the flow: tokens, and the resource without and with the headers of FAPI.
fn finish(module: &str, bench: &mut Bench, pushed: &Value) {
    let mut exchange = exchange(bench, pushed["request_uri"].as_str().unwrap());
    let tokens = send(bench, &mut exchange);
    check(module, bench, &tokens, ACCEPTED);
    let access_token = tokens.1["access_token"].as_str().unwrap().to_owned();
    for headers in [false, true] {
        let mut read = bench.read("/accounts", &access_token);
        read.headers.truncate(1);
        if headers {
            read.headers.push(("x-fapi-interaction-id", INTERACTION.to_owned()));
            read.headers.push(("x-fapi-customer-ip-address", "198.51.100.119".to_owned()));
            read.headers.push(("x-fapi-auth-date", bench.now.to_http_date()));
        }
        let answer = send(bench, &mut read);
        check(module, bench, &answer, ACCEPTED);
    }
}
