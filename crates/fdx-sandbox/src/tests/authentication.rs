use fdx_jose::{Algorithm, Jwks, PrivateKey, Signer, Thumbprint, unchecked_statement};
use http::StatusCode;
use serde_json::json;

use super::bench::{CERTIFICATE, ISSUER, body, fresh_key, without_kid};
use super::{Attempt, Bench};
use crate::customer::Decision;
use crate::{Binding, CertificateName, ClientAuthentication, Peer, RequestObjects};

fn certificate() -> Peer {
    Thumbprint::of_certificate(CERTIFICATE).into()
}

fn self_signed() -> ClientAuthentication {
    ClientAuthentication::SelfSignedTlsClientAuth(vec![Thumbprint::of_certificate(CERTIFICATE)])
}

fn benches() -> [Bench; 2] {
    [Bench::dpop(), Bench::mutual_tls()]
}

#[test]
fn accepts_every_authentication_method_with_either_binding() {
    let subject = "CN=app,O=Recipient";
    let by_subject = CertificateName::SubjectDn(subject.to_owned());
    let by_dns = CertificateName::SanDns("app.example".to_owned());
    let named = certificate().subject_dn(subject).san_dns("other.example").san_dns("APP.example");
    for how in [
        ClientAuthentication::TlsClientAuth(by_subject),
        ClientAuthentication::TlsClientAuth(by_dns),
        self_signed(),
    ] {
        for bench in benches() {
            let mut bench = bench.by_certificate(how.clone(), named.clone());
            let tokens = bench.tokens(&Decision::everything());
            let access_token = tokens["access_token"].as_str().unwrap();
            assert_eq!(bench.get("/accounts", access_token).status(), StatusCode::OK);
            let mut attempt = bench.post("/introspect");
            attempt.proof = None;
            attempt.set("token", access_token);
            assert_eq!(body(&bench.send(&attempt))["active"], true);
        }
    }
}

#[test]
fn accepts_message_signing_with_every_authentication_method() {
    for (self_signs, mut bench) in [true, false].into_iter().zip(benches()).chain(
        // And the reverse.
        [false, true].into_iter().zip(benches()),
    ) {
        if self_signs {
            bench = bench.by_certificate(self_signed(), certificate());
        }
        bench.change_client(|client| {
            client.request_objects = RequestObjects::Required;
            client.authorization_signed_response_alg = Some(Algorithm::EdDsa);
        });
        let first = bench.push_signed();
        bench.send(&first);
        let mut attempt = bench.push_signed();
        attempt.parameter("response_mode", json!("jwt"));
        let request_uri = bench.pushed_by(&attempt);
        let location = bench.decided(&request_uri, &Decision::everything());
        let (_, response) = location.split_once("?response=").unwrap();
        let code = bench.signed_claims(response)["code"].as_str().unwrap().to_owned();
        let attempt = bench.exchange(&code);
        let tokens = body(&bench.send(&attempt));
        let again = bench.refreshed(tokens["refresh_token"].as_str().unwrap());
        let access_token = again["access_token"].as_str().unwrap();
        assert_eq!(bench.get("/accounts", access_token).status(), StatusCode::OK);
        let attempt = bench.about("/revoke", tokens["refresh_token"].as_str().unwrap());
        assert_eq!(bench.send(&attempt).status(), StatusCode::OK);
        assert!(!bench.is_active(access_token));
    }
}

/// A push that violates one rule is refused.
fn row(how: ClientAuthentication, clause: &str, change: impl Fn(&mut Attempt)) {
    for bench in benches() {
        let named = certificate().subject_dn("CN=app").san_dns("app.example");
        let mut bench = bench.by_certificate(how.clone(), named);
        bench.learn_nonces();
        let mut attempt = bench.push();
        change(&mut attempt);
        bench.refuses(&attempt, "invalid_client", clause);
        let attempt = bench.push();
        assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED, "{}", bench.failed());
    }
}

#[test]
fn rejects_client_certificates_that_violate_a_rule() {
    let subject = CertificateName::SubjectDn("CN=app".to_owned());
    let subject = ClientAuthentication::TlsClientAuth(subject);
    let dns = CertificateName::SanDns("app.example".to_owned());
    let dns = ClientAuthentication::TlsClientAuth(dns);
    for how in [subject.clone(), dns.clone(), self_signed()] {
        row(how.clone(), "RFC 8705 5", |a| a.peer = Peer::anonymous());
        // The main authority requests no certificate.
        row(how.clone(), "RFC 8705 5", |a| a.url = format!("{ISSUER}/par"));
        row(how.clone(), "FAPI 2.0 SP 5.3.2.1-6", |a| a.unset("client_id"));
        row(how.clone(), "FAPI 2.0 SP 5.3.2.1-6", |a| a.set("client_id", "nobody"));
        row(how, "FAPI 2.0 SP 5.3.2.1-6", |a| a.set("client_secret", "s"));
    }
    row(subject.clone(), "RFC 8705 2.1.2", |a| a.peer = certificate());
    row(subject, "RFC 8705 2.1.2", |a| a.peer = certificate().subject_dn("CN=app,O=other"));
    row(dns.clone(), "RFC 8705 2.1.2", |a| a.peer = certificate().subject_dn("CN=app.example"));
    row(dns, "RFC 8705 2.1.2", |a| a.peer = certificate().san_dns("evil.app.example"));
    row(self_signed(), "RFC 8705 2.2", |a| {
        a.peer = Peer::certificate(Thumbprint::of_certificate(b"another")).subject_dn("CN=app");
    });
}

#[test]
fn accepts_every_registered_key_during_a_renewal() {
    for named in [true, false] {
        let mut bench = Bench::dpop();
        let (old, new) = (bench.key, fresh_key());
        let public = |key: &PrivateKey| match named {
            true => key.public().clone(),
            false => without_kid(key.public()),
        };
        let (old_public, new_public) = (public(&old), public(&new));
        bench.key = new;
        bench.signs_as = Some(new_public.clone());
        let both = Jwks::new(vec![new_public.clone(), old_public.clone()]);
        bench.change_client(|client| client.jwks = both);
        bench.learn_nonces();
        let attempt = bench.push();
        assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED, "{}", bench.failed());
        bench.key = old;
        bench.signs_as = Some(old_public);
        let attempt = bench.push();
        assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED, "{}", bench.failed());

        bench.change_client(|client| client.jwks = Jwks::new(vec![new_public]));
        let attempt = bench.push();
        bench.refuses(&attempt, "invalid_client", "RFC 7523 3-9");
    }
}

#[test]
fn binds_tokens_to_the_certificate_of_the_token_request() {
    let mut bench = Bench::new(Binding::AnyCertificate, |_| ());
    let tokens = bench.tokens(&Decision::everything());
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(bench.get("/accounts", access_token).status(), StatusCode::OK);
    let mut attempt = bench.read("/accounts", access_token);
    attempt.peer = Thumbprint::of_certificate(b"another").into();
    assert_eq!(bench.send(&attempt).status(), StatusCode::UNAUTHORIZED);
    assert_eq!(bench.failed(), "RFC 8705 3");

    let code = bench.code(&Decision::everything());
    let mut attempt = bench.exchange(&code);
    attempt.peer = Peer::anonymous();
    bench.refuses(&attempt, "invalid_request", "RFC 8705 3");
}

#[test]
fn metadata_lists_every_authentication_method() {
    let mut bench = Bench::dpop();
    let metadata = body(&bench.load(&format!("{ISSUER}/.well-known/oauth-authorization-server")));
    let methods = json!(["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"]);
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], methods);
    assert_eq!(metadata["introspection_endpoint_auth_methods_supported"], methods);
}

#[test]
fn ed25519_and_eddsa_name_one_algorithm() {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let plain = bench.key.public().clone();
    let specified = plain.clone().with_fully_specified_alg();
    assert_eq!((plain.alg(), specified.alg()), ("EdDSA", "Ed25519"));
    for (registered, signed) in [(&plain, &specified), (&specified, &plain)] {
        bench.change_client(|client| {
            client.jwks = Jwks::new(vec![registered.clone()]);
            client.request_object_signing_alg = Algorithm::from_name(registered.alg());
        });
        bench.signs_as = Some(signed.clone());
        let attempt = bench.push_signed();
        assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED, "{}", bench.failed());
    }
}

#[test]
fn certificate_in_an_assertion_header_is_ignored() {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let mut attempt = bench.push();
    let (_, claims) = attempt.assertion.take().unwrap();
    let header = json!({ "alg": "EdDSA", "x5c": ["AAAA"], "x5t#S256": "AAAA" }).to_string();
    let claims = claims.to_string();
    let input = unchecked_statement(bench.key.public(), header.as_bytes(), claims.as_bytes());
    let assertion = input.attach(&bench.key.sign(&input).unwrap()).unwrap();
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    attempt.set("client_assertion_type", kind);
    attempt.set("client_assertion", &assertion);
    assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED, "{}", bench.failed());
}
