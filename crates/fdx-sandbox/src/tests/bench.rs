use std::time::Duration;

use fdx_jose::{
    Algorithm, Jwks, Jws, PrivateKey, ProofClaims, ProofKey, PublicKey, Signer, Thumbprint,
    backend, statement,
};
use fdx_pkce::CodeVerifier;
use fdx_wire::form::{Form, Query};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, Secret, UnixTime};
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::customer::{ConsentPage, Decision, visit};
use crate::{
    Binding, ClientAuthentication, InstitutionConfig, Outcome, Peer, RegisteredClient, Sandbox,
};

pub(super) const ISSUER: &str = "https://bank.example:8443";
pub(super) const MTLS: &str = "https://bank.example:8444";
pub(super) const REDIRECT: &str = "https://app.example/callback";
pub(super) const INTERACTION: &str = "5a3b1c2d-0000-4000-8000-0123456789ab";
pub(super) const CERTIFICATE: &[u8] = b"stands for a certificate in DER";

/// A sandbox, one client of it, and the client's state.
pub(super) struct Bench {
    pub(super) institution: Sandbox,
    pub(super) now: UnixTime,
    pub(super) key: PrivateKey,
    /// The public part of `key`, if the header must differ.
    pub(super) signs_as: Option<PublicKey>,
    pub(super) proof_key: PrivateKey,
    pub(super) binding: Binding,
    /// The certificate of the client's authentication, if any.
    pub(super) certificate: Option<Peer>,
    pub(super) nonces: [Option<String>; 2],
    jtis: u32,
    pushes: u8,
}

/// A request before it is sent: valid until a test changes it.
pub(super) struct Attempt {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) form: Vec<(&'static str, String)>,
    pub(super) content_type: &'static str,
    /// The body, if it is not the form.
    pub(super) body: Option<String>,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Header `typ` and claims.
    pub(super) assertion: Option<(Option<&'static str>, Value)>,
    /// Header `typ` and claims.
    pub(super) request_object: Option<(Option<&'static str>, Value)>,
    pub(super) proof: Option<Proof>,
    pub(super) peer: Peer,
}

#[derive(Clone)]
pub(super) struct Proof {
    pub(super) htm: String,
    pub(super) htu: String,
    pub(super) jti: String,
    pub(super) iat: UnixTime,
    pub(super) token: Option<String>,
    pub(super) nonce: Option<String>,
}

impl Attempt {
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.unset(name);
        self.form.push((name, value.to_owned()));
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.form.retain(|(known, _)| *known != name);
    }

    pub(super) fn claim(&mut self, name: &str, value: Value) {
        self.assertion.as_mut().unwrap().1[name] = value;
    }

    pub(super) fn parameter(&mut self, name: &str, value: Value) {
        self.request_object.as_mut().unwrap().1[name] = value;
    }

    pub(super) fn proof(&mut self) -> &mut Proof {
        self.proof.as_mut().unwrap()
    }
}

pub(super) fn fresh_key() -> PrivateKey {
    let backend = backend::ring();
    let pkcs8 = backend.generate_pkcs8(Algorithm::EdDsa).unwrap();
    PrivateKey::from_pkcs8_der(backend, &pkcs8, None).unwrap()
}

pub(super) fn body(response: &Response<Vec<u8>>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

fn all_scopes() -> Vec<String> {
    [
        "openid",
        "offline_access",
        "fdx:accountbasic:read",
        "fdx:transactions:read",
        "fdx:customercontact:read",
    ]
    .map(str::to_owned)
    .to_vec()
}

pub(super) fn details() -> Value {
    json!([{ "type": "fdx_v1.0", "consentRequest": {
        "durationType": "TIME_BOUND", "durationPeriod": 90, "lookbackPeriod": 60,
        "resources": [
            { "resourceType": "ACCOUNT", "dataClusters": ["ACCOUNT_BASIC", "TRANSACTIONS"] },
            { "resourceType": "CUSTOMER", "dataClusters": ["CUSTOMER_CONTACT"] },
        ],
    } }])
}

impl Bench {
    pub(super) fn dpop() -> Self {
        Self::new(Binding::Dpop, |_| ())
    }

    pub(super) fn mutual_tls() -> Self {
        let certificate = Thumbprint::of_certificate(CERTIFICATE);
        Self::new(Binding::MutualTls(certificate), |_| ())
    }

    pub(super) fn new(binding: Binding, change: impl Fn(&mut InstitutionConfig)) -> Self {
        let (key, proof_key) = (fresh_key(), fresh_key());
        let public: PublicKey = key.public().clone();
        let mut config = InstitutionConfig::new(
            Issuer::parse(ISSUER).unwrap(),
            HttpsUrl::parse(MTLS).unwrap(),
            backend::ring(),
            vec![fresh_key()],
        );
        for client_id in ["app", "other"] {
            let redirect_uris = vec![RedirectUri::parse(REDIRECT).unwrap()];
            let jwks = Jwks::new(vec![public.clone()]);
            let mut client = RegisteredClient::new(client_id, redirect_uris, jwks, binding);
            client.scopes = all_scopes();
            client.id_token_signed_response_alg = Algorithm::EdDsa;
            config.clients.push(client);
        }
        change(&mut config);
        Self {
            institution: Sandbox::new(config, Entropy::new([3; 32])),
            now: UnixTime::from_seconds(1_767_607_200),
            key,
            signs_as: None,
            proof_key,
            binding,
            certificate: None,
            nonces: [None, None],
            jtis: 0,
            pushes: 0,
        }
    }

    /// Lets the client "app" authenticate by `certificate`.
    pub(super) fn by_certificate(mut self, how: ClientAuthentication, certificate: Peer) -> Self {
        self.change_client(|client| client.authentication = how);
        self.certificate = Some(certificate);
        self
    }

    /// Replaces the client "app".
    pub(super) fn change_client(&mut self, change: impl FnOnce(&mut RegisteredClient)) {
        let config = self.institution.config();
        let mut client = config.client("app").unwrap().clone();
        drop(config);
        change(&mut client);
        self.institution.register(client);
    }

    pub(super) fn jti(&mut self) -> String {
        self.jtis += 1;
        format!("jti-{}", self.jtis)
    }

    /// The verifier of the latest push.
    pub(super) fn verifier(&self) -> CodeVerifier {
        CodeVerifier::new([self.pushes; 32])
    }

    /// A POST with a fresh assertion and, with DPoP, a fresh proof.
    pub(super) fn post(&mut self, path: &str) -> Attempt {
        let (base, peer) = match self.binding {
            Binding::Dpop | Binding::Nothing => (ISSUER, Peer::anonymous()),
            Binding::MutualTls(certificate) => (MTLS, Peer::certificate(certificate)),
            Binding::AnyCertificate => {
                (MTLS, Peer::certificate(Thumbprint::of_certificate(CERTIFICATE)))
            }
        };
        // Resources do not authenticate clients.
        let certificate = self.certificate.clone().filter(|_| !path.starts_with("/fdx"));
        let (base, peer) = match &certificate {
            Some(certificate) => (MTLS, certificate.clone()),
            None => (base, peer),
        };
        let url = format!("{base}{path}");
        let now = self.now.as_seconds();
        let claims = json!({
            "iss": "app", "sub": "app", "aud": ISSUER, "jti": self.jti(), "iat": now,
            "exp": now + 60,
        });
        let typ = Some("client-authentication+jwt");
        let form = certificate.iter().map(|_| ("client_id", "app".to_owned()));
        Attempt {
            method: Method::POST,
            form: form.collect(),
            content_type: "application/x-www-form-urlencoded",
            body: None,
            headers: Vec::new(),
            assertion: certificate.is_none().then_some((typ, claims)),
            request_object: None,
            proof: self.proof("POST", &url, None),
            url,
            peer,
        }
    }

    pub(super) fn push(&mut self) -> Attempt {
        let mut attempt = self.post("/par");
        self.pushes += 1;
        let challenge = self.verifier().challenge();
        attempt.set("client_id", "app");
        attempt.set("response_type", "code");
        attempt.set("redirect_uri", REDIRECT);
        attempt.set("scope", &all_scopes().join(" "));
        attempt.set("state", "the state");
        attempt.set("nonce", "the nonce");
        attempt.set("code_challenge", challenge.as_str());
        attempt.set("code_challenge_method", "S256");
        attempt.set("authorization_details", &details().to_string());
        attempt
    }

    /// The same push with its parameters in a request object.
    pub(super) fn push_signed(&mut self) -> Attempt {
        let mut attempt = self.push();
        let now = self.now.as_seconds();
        let mut claims = json!({
            "iss": "app", "aud": ISSUER, "nbf": now, "iat": now, "exp": now + 300,
            "jti": self.jti(),
        });
        for (name, value) in attempt.form.drain(..) {
            claims[name] = match name {
                "authorization_details" => details(),
                _ => json!(value),
            };
        }
        attempt.set("client_id", "app");
        attempt.request_object = Some((Some("oauth-authz-req+jwt"), claims));
        attempt
    }

    pub(super) fn exchange(&mut self, code: &str) -> Attempt {
        let mut attempt = self.post("/token");
        attempt.set("grant_type", "authorization_code");
        attempt.set("code", code);
        attempt.set("redirect_uri", REDIRECT);
        let verifier = self.verifier();
        attempt.set("code_verifier", verifier.expose());
        attempt
    }

    pub(super) fn refresh(&mut self, refresh_token: &str) -> Attempt {
        let mut attempt = self.post("/token");
        attempt.set("grant_type", "refresh_token");
        attempt.set("refresh_token", refresh_token);
        attempt
    }

    /// The token response to a valid refresh.
    pub(super) fn refreshed(&mut self, refresh_token: &str) -> Value {
        let attempt = self.refresh(refresh_token);
        let response = self.send(&attempt);
        assert_eq!(response.status(), StatusCode::OK, "{}", self.failed());
        body(&response)
    }

    /// A request about a token, without a proof.
    pub(super) fn about(&mut self, path: &str, token: &str) -> Attempt {
        let mut attempt = self.post(path);
        attempt.proof = None;
        attempt.set("token", token);
        attempt
    }

    pub(super) fn is_active(&mut self, token: &str) -> bool {
        let attempt = self.about("/introspect", token);
        let response = self.send(&attempt);
        assert_eq!(response.status(), StatusCode::OK, "{}", self.failed());
        body(&response)["active"].as_bool().unwrap()
    }

    /// The claims of a JWT that is signed by a published key.
    pub(super) fn signed_claims(&mut self, token: &str) -> Value {
        let jwks = self.load(&format!("{ISSUER}/jwks"));
        let jwks = Jwks::parse(jwks.body()).unwrap();
        let jws = Jws::parse(token).unwrap();
        jws.verify_with(backend::ring(), &jwks).unwrap();
        jws.claims().unwrap()
    }

    pub(super) fn read(&mut self, path: &str, access_token: &str) -> Attempt {
        let mut attempt = self.post(&format!("/fdx/v6{path}"));
        attempt.method = Method::GET;
        attempt.assertion = None;
        let scheme = match self.binding {
            Binding::Dpop => "DPoP",
            _ => "Bearer",
        };
        attempt.proof = self.proof("GET", &attempt.url, Some(access_token));
        attempt.headers = vec![
            ("authorization", format!("{scheme} {access_token}")),
            ("x-fapi-interaction-id", INTERACTION.to_owned()),
        ];
        attempt
    }

    fn proof(&mut self, htm: &str, htu: &str, token: Option<&str>) -> Option<Proof> {
        (self.binding == Binding::Dpop).then(|| Proof {
            htm: htm.to_owned(),
            htu: htu.to_owned(),
            jti: self.jti(),
            iat: self.now,
            token: token.map(str::to_owned),
            nonce: self.nonces[usize::from(token.is_some())].clone(),
        })
    }

    pub(super) fn sign_proof(&self, proof: &Proof) -> String {
        let token = proof.token.clone().map(Secret::new);
        let htu = HttpsUrl::parse(&proof.htu).unwrap();
        let claims = ProofClaims::new(&proof.htm, &htu, &proof.jti, proof.iat)
            .with_access_token(token.as_ref())
            .with_nonce(proof.nonce.as_deref());
        let input = ProofKey::new(self.proof_key.public().clone()).proof(&claims);
        input.attach(&self.proof_key.sign(&input).unwrap()).unwrap()
    }

    pub(super) fn sign_assertion(&self, typ: Option<&str>, claims: &Value) -> String {
        let public = self.signs_as.as_ref().unwrap_or(self.key.public());
        let input = statement(public, typ, claims).unwrap();
        input.attach(&self.key.sign(&input).unwrap()).unwrap()
    }

    /// Sends a request and keeps the nonce of the response.
    pub(super) fn send(&mut self, attempt: &Attempt) -> Response<Vec<u8>> {
        let mut form = Form::new();
        for (name, value) in &attempt.form {
            form.pair(name, value);
        }
        if let Some((typ, claims)) = &attempt.assertion {
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            form.pair("client_assertion_type", kind);
            form.pair("client_assertion", &self.sign_assertion(*typ, claims));
        }
        if let Some((typ, claims)) = &attempt.request_object {
            form.pair("request", &self.sign_assertion(*typ, claims));
        }
        let mut request = Request::builder()
            .method(attempt.method.clone())
            .uri(&attempt.url)
            .header("content-type", attempt.content_type);
        for (name, value) in &attempt.headers {
            request = request.header(*name, value);
        }
        if let Some(proof) = &attempt.proof {
            request = request.header("dpop", self.sign_proof(proof));
        }
        let sent = attempt.body.as_deref().unwrap_or(form.as_str());
        let request = request.body(sent.into()).unwrap();
        let response = self.institution.handle(&request, attempt.peer.clone(), self.now);
        if let Some(nonce) = response.headers().get("dpop-nonce") {
            let server = usize::from(attempt.url.contains("/fdx/"));
            self.nonces[server] = Some(nonce.to_str().unwrap().to_owned());
        }
        response
    }

    /// Gets a nonce, so that later requests are checked against the other rules.
    pub(super) fn learn_nonces(&mut self) {
        if self.binding == Binding::Dpop {
            let attempt = self.push();
            self.send(&attempt);
        }
    }

    /// Sends a valid push and returns the request_uri.
    pub(super) fn pushed(&mut self) -> String {
        self.learn_nonces();
        let attempt = self.push();
        self.pushed_by(&attempt)
    }

    pub(super) fn pushed_by(&mut self, attempt: &Attempt) -> String {
        let response = self.send(attempt);
        assert_eq!(response.status(), StatusCode::CREATED, "{}", self.failed());
        body(&response)["request_uri"].as_str().unwrap().to_owned()
    }

    pub(super) fn authorize_url(request_uri: &str) -> String {
        let mut query = Form::new();
        query.pair("client_id", "app").pair("request_uri", request_uri);
        format!("{ISSUER}/authorize?{}", query.as_str())
    }

    pub(super) fn load(&mut self, url: &str) -> Response<Vec<u8>> {
        let request = visit(&HttpsUrl::parse(url).unwrap());
        self.institution.handle(&request, None, self.now)
    }

    /// Lets the customer decide and returns the URL of the redirect.
    pub(super) fn decided(&mut self, request_uri: &str, decision: &Decision) -> String {
        let page = self.load(&Self::authorize_url(request_uri));
        let page = ConsentPage::read(&page).unwrap();
        let request = page.decide(decision).unwrap();
        let response = self.institution.handle(&request, None, self.now);
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{}", self.failed());
        response.headers()["location"].to_str().unwrap().to_owned()
    }

    pub(super) fn code(&mut self, decision: &Decision) -> String {
        let request_uri = self.pushed();
        let location = self.decided(&request_uri, decision);
        Self::code_in(&location)
    }

    pub(super) fn code_in(location: &str) -> String {
        let query = location.split_once('?').unwrap().1;
        let query = Query::parse(query, 4096).unwrap();
        query.one("code").unwrap().unwrap().to_owned()
    }

    /// The token response of a valid flow.
    pub(super) fn tokens(&mut self, decision: &Decision) -> Value {
        let code = self.code(decision);
        let attempt = self.exchange(&code);
        let response = self.send(&attempt);
        assert_eq!(response.status(), StatusCode::OK, "{}", self.failed());
        body(&response)
    }

    /// Reads a resource, with the nonce of the first response.
    pub(super) fn get(&mut self, path: &str, access_token: &str) -> Response<Vec<u8>> {
        let attempt = self.read(path, access_token);
        let response = self.send(&attempt);
        let challenge = response.headers().get("www-authenticate");
        if challenge.is_some_and(|text| text.to_str().unwrap().contains("use_dpop_nonce")) {
            let attempt = self.read(path, access_token);
            return self.send(&attempt);
        }
        response
    }

    pub(super) fn later(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// The clause that the latest request violated, which must be the last verdict.
    pub(super) fn failed(&self) -> String {
        let verdicts = self.institution.last_verdicts();
        let failed: Vec<_> =
            verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Failed).collect();
        match failed.as_slice() {
            [] => String::new(),
            [one] => {
                assert_eq!(verdicts.last(), Some(*one));
                one.clause.to_owned()
            }
            several => panic!("{several:?}"),
        }
    }

    /// Sends `attempt` and checks that it is refused.
    pub(super) fn refuses(&mut self, attempt: &Attempt, error: &str, clause: &str) {
        let response = self.send(attempt);
        assert_eq!(self.failed(), clause);
        assert!(response.status().is_client_error(), "{clause}");
        let body = body(&response);
        assert_eq!(body["error"], error, "{clause}");
        let description = body["error_description"].as_str().unwrap();
        assert!(description.starts_with(clause), "{description}");
        // RFC 6749 5.2: %x20-21 / %x23-5B / %x5D-7E
        assert!(
            description.bytes().all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e)),
            "{description}"
        );
    }
}

pub(super) fn without_kid(key: &PublicKey) -> PublicKey {
    PublicKey::from_jwk(key.proof_jwk().as_bytes()).unwrap()
}
