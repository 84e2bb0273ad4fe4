//! Requests that the attacker writes by hand: as the rogue client, or in the recipient's name.

use std::time::Duration;

use fdx_jose::{
    AssertionKey, AssertionType, ProofClaims, ProofKey, Role, Signer, SigningInput, statement,
};
use fdx_pkce::{CODE_CHALLENGE_METHOD, CodeVerifier};
use fdx_rar::AuthorizationDetails;
use fdx_sandbox::Peer;
use fdx_testkit::Binding;
use fdx_wire::form::Form;
use fdx_wire::{HttpsUrl, RedirectUri, Secret, base64url};
use http::{Request, Response};
use serde_json::Value;

use crate::attack::Attack;
use crate::ledger::{Actor, claim, field, parameter};
use crate::scene::{self, APP, Bank, Key, ROGUE, keys_of};
use crate::world::{ATTACKER, World};

/// The client that the attacker claims to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ClaimedClient {
    /// The rogue, which is registered and authenticates.
    Rogue,
    /// The recipient, with an assertion that the attacker's key signs.
    Recipient,
}

const ROGUES_CALLBACK: &str = "https://rogue.example/callback";

impl World {
    /// Tries a code at the token endpoint as either client.
    pub(crate) fn redeem(&mut self, attack: Attack, code: &str, redirect_uri: &RedirectUri) {
        for client in [ClaimedClient::Rogue, ClaimedClient::Recipient] {
            self.redeem_as(attack, client, code, redirect_uri.as_str());
        }
    }

    pub(crate) fn redeem_phished(&mut self, attack: Attack, code: &str) {
        self.redeem_as(attack, ClaimedClient::Recipient, code, ROGUES_CALLBACK);
    }

    fn redeem_as(&mut self, attack: Attack, client: ClaimedClient, code: &str, redirect_uri: &str) {
        let verifier = verifier();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.expose()),
        ];
        self.tokens_and_access(attack, client, &form);
    }

    pub(crate) fn tokens_and_access(
        &mut self,
        attack: Attack,
        client: ClaimedClient,
        form: &[(&str, &str)],
    ) {
        let Some(tokens) = self.token_request(attack, client, form) else { return };
        if let Some(token) = tokens.get("access_token").and_then(Value::as_str) {
            self.access(attack, token);
        }
    }

    fn token_request(
        &mut self,
        attack: Attack,
        client: ClaimedClient,
        form: &[(&str, &str)],
    ) -> Option<Value> {
        let answer = self.post(attack, client, "/token", form)?;
        answer.status().is_success().then(|| serde_json::from_slice(answer.body()).ok()).flatten()
    }

    /// Requests the accounts with a token and the attacker's own proof or certificate.
    pub(crate) fn access(&mut self, attack: Attack, token: &str) {
        let Ok(url) = Bank::Honest.fdx_base(self.setup.binding).join_segment("accounts") else {
            return;
        };
        let secret = Secret::new(token.to_owned());
        let mut nonce = None;
        for _ in 0..2 {
            let mut request = Request::new(Vec::new());
            *request.uri_mut() = url.as_str().parse().unwrap_or_default();
            let authorization = match self.setup.binding {
                Binding::Dpop => format!("DPoP {token}"),
                Binding::Mtls => format!("Bearer {token}"),
            };
            set(&mut request, "authorization", &authorization);
            set(&mut request, "x-fapi-interaction-id", "c770aef3-6784-41f7-8e0e-ff5f97bddb3a");
            if self.setup.binding == Binding::Dpop {
                let proof = self.proof("GET", &url, Some(&secret), nonce.as_deref());
                set(&mut request, "dpop", &proof);
            }
            let answer = self.as_attacker(attack, &request);
            nonce = header(&answer, "dpop-nonce");
            if answer.status().is_success() || nonce.is_none() {
                return;
            }
        }
    }

    /// Repeats a request of the recipient, byte for byte.
    pub(crate) fn send_again(&mut self, attack: Attack, request: &Request<Vec<u8>>) {
        self.as_attacker(attack, request);
    }

    /// Sends the token of `request` with the proof of another URL, and with the proof of another
    /// token.
    pub(crate) fn moved_proof(
        &mut self,
        attack: Attack,
        request: &Request<Vec<u8>>,
        calls: &[Request<Vec<u8>>],
    ) {
        let other_url = calls.iter().rev().find(|call| call.uri() != request.uri()).cloned();
        self.whole_own_flow();
        let mut flows = self.flows.iter().rev();
        let own = flows.find(|flow| flow.person == ATTACKER && !flow.calls.is_empty());
        let own = own.and_then(|flow| flow.calls.last().cloned());
        for other in [other_url, own].into_iter().flatten() {
            let mut moved = request.clone();
            if let Some(proof) = header_of(&other, "dpop") {
                set(&mut moved, "dpop", &proof);
                self.as_attacker(attack, &moved);
            }
        }
    }

    /// Pushes in the recipient's name and returns the URL for the customer.
    pub(crate) fn phished_push(&mut self) -> Option<String> {
        let attack = Attack::PhishedPush;
        self.tried(Some(attack));
        self.hand_push(attack, ClaimedClient::Recipient, ROGUES_CALLBACK, None)
    }

    fn hand_push(
        &mut self,
        attack: Attack,
        client: ClaimedClient,
        redirect_uri: &str,
        nonce: Option<&str>,
    ) -> Option<String> {
        let consent = scene::consent();
        let details = serde_json::to_string(&AuthorizationDetails::of_consent(consent)).ok()?;
        let challenge = verifier().challenge();
        let mut form = vec![
            ("response_type", "code"),
            ("redirect_uri", redirect_uri),
            ("scope", "openid fdx:accountbasic:read fdx:transactions:read"),
            ("state", "rogue"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", CODE_CHALLENGE_METHOD),
            ("authorization_details", &details),
        ];
        form.extend(nonce.map(|nonce| ("nonce", nonce)));
        let answer = self.post(attack, client, "/par", &form)?;
        let document: Value = serde_json::from_slice(answer.body()).ok()?;
        let request_uri = document.get("request_uri")?.as_str()?;
        let mut query = Form::new();
        query.pair("client_id", client.client_id()).pair("request_uri", request_uri);
        Some(format!("{}/authorize?{}", Bank::Honest.origin(), query.as_str()))
    }

    /// The response with an ID token that the rogue got for itself, with the same nonce.
    pub(crate) fn rogues_id_token(
        &mut self,
        response: &Response<Vec<u8>>,
    ) -> Option<Response<Vec<u8>>> {
        let attack = Attack::SwappedIdToken;
        let nonce = claim(&id_token(response)?, "nonce")?;
        let url = self.hand_push(attack, ClaimedClient::Rogue, ROGUES_CALLBACK, Some(&nonce))?;
        let callback = self.directly(|world| world.consent(&url, ATTACKER))?;
        let (code, verifier) = (parameter(&callback, "code")?, verifier());
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", ROGUES_CALLBACK),
            ("code_verifier", verifier.expose()),
        ];
        let tokens = self.token_request(attack, ClaimedClient::Rogue, &form)?;
        with_id_token(response, tokens.get("id_token")?.as_str()?)
    }

    /// The response with an ID token about another person, signed with `key`.
    pub(crate) fn forged_id_token(
        &mut self,
        response: &Response<Vec<u8>>,
        key: Key,
        issued_by: Bank,
    ) -> Option<Response<Vec<u8>>> {
        let payload = id_token(response)?.split('.').nth(1).map(base64url::decode)?.ok()?;
        let mut claims: Value = serde_json::from_slice(&payload).ok()?;
        let members = claims.as_object_mut()?;
        members.insert("sub".to_owned(), "another-customer".into());
        members.insert("iss".to_owned(), issued_by.issuer().as_str().into());
        let input = statement(keys_of(key).public(), None, &claims).ok()?;
        with_id_token(response, &signed(key, &input))
    }

    /// Posts a form to the honest institution, with one retry for a nonce.
    fn post(
        &mut self,
        attack: Attack,
        client: ClaimedClient,
        path: &str,
        pairs: &[(&str, &str)],
    ) -> Option<Response<Vec<u8>>> {
        let mtls = self.setup.binding == Binding::Mtls && path == "/token";
        let origin = Bank::Honest.origin();
        let origin = if mtls { origin.replace("https://", "https://mtls.") } else { origin };
        let url = HttpsUrl::parse(&format!("{origin}{path}")).ok()?;
        let mut nonce = None;
        let mut last = None;
        for _ in 0..2 {
            let mut form = Form::new();
            for (name, value) in pairs {
                form.pair(name, value);
            }
            let assertion = self.assertion(client);
            let bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            form.pair("client_id", client.client_id());
            form.pair("client_assertion_type", bearer).pair("client_assertion", &assertion);
            let mut request = Request::new(form.as_str().as_bytes().to_vec());
            *request.method_mut() = http::Method::POST;
            *request.uri_mut() = url.as_str().parse().ok()?;
            set(&mut request, "content-type", "application/x-www-form-urlencoded");
            if self.setup.binding == Binding::Dpop {
                let proof = self.proof("POST", &url, None, nonce.as_deref());
                set(&mut request, "dpop", &proof);
            }
            let answer = self.as_attacker(attack, &request);
            nonce = header(&answer, "dpop-nonce");
            let wants = String::from_utf8_lossy(answer.body()).contains("use_dpop_nonce");
            last = Some(answer);
            if !wants {
                break;
            }
        }
        last
    }

    pub(crate) fn as_attacker(
        &mut self,
        attack: Attack,
        request: &Request<Vec<u8>>,
    ) -> Response<Vec<u8>> {
        let peer = Peer::certificate(scene::rogue_certificate());
        self.acted(attack, |world| world.ask_bank(Actor::Attacker, request, peer, Some(attack)))
    }

    fn proof(
        &mut self,
        method: &str,
        url: &HttpsUrl,
        token: Option<&Secret>,
        nonce: Option<&str>,
    ) -> String {
        let key = ProofKey::new(keys_of(Key::Rogue).public().clone());
        let jti = self.choices.random().to_string();
        let iat = self.bank_time(Bank::Honest);
        let claims =
            ProofClaims::new(method, url, &jti, iat).with_access_token(token).with_nonce(nonce);
        signed(Key::Rogue, &key.proof(&claims))
    }

    /// Replaces the recipient's assertion with one that is for the honest institution.
    pub(crate) fn forge_assertion(&mut self, request: &mut Request<Vec<u8>>) {
        if let Some(assertion) = field(request.body(), "client_assertion") {
            let form = String::from_utf8_lossy(request.body());
            let forged = form.replace(&assertion, &self.assertion(ClaimedClient::Recipient));
            *request.body_mut() = forged.into_bytes();
        }
    }

    fn assertion(&mut self, client: ClaimedClient) -> String {
        let public = keys_of(Key::Rogue).public().clone();
        let key = AssertionKey::new(public, AssertionType::default());
        let (jti, now) = (self.choices.random().to_string(), self.bank_time(Bank::Honest));
        let lifetime = Duration::from_secs(60);
        let input =
            key.client_assertion(client.client_id(), &Bank::Honest.issuer(), &jti, now, lifetime);
        debug_assert_eq!(input.role(), Role::ClientAssertion);
        signed(Key::Rogue, &input)
    }
}

impl ClaimedClient {
    fn client_id(self) -> &'static str {
        match self {
            Self::Rogue => ROGUE,
            Self::Recipient => APP,
        }
    }
}

/// The attacker's own verifier.
fn verifier() -> CodeVerifier {
    CodeVerifier::new([9; 32])
}

fn signed(key: Key, input: &SigningInput) -> String {
    let signature = keys_of(key).sign(input);
    signature.ok().and_then(|signature| input.attach(&signature).ok()).unwrap_or_default()
}

fn id_token(response: &Response<Vec<u8>>) -> Option<String> {
    let document: Value = serde_json::from_slice(response.body()).ok()?;
    document.get("id_token")?.as_str().map(str::to_owned)
}

fn with_id_token(response: &Response<Vec<u8>>, id_token: &str) -> Option<Response<Vec<u8>>> {
    let mut document: Value = serde_json::from_slice(response.body()).ok()?;
    document.as_object_mut()?.insert("id_token".to_owned(), id_token.into());
    let mut response = response.clone();
    *response.body_mut() = serde_json::to_vec(&document).ok()?;
    Some(response)
}

fn set(request: &mut Request<Vec<u8>>, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        request.headers_mut().insert(name, value);
    }
}

fn header(response: &Response<Vec<u8>>, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

fn header_of(request: &Request<Vec<u8>>, name: &str) -> Option<String> {
    request.headers().get(name)?.to_str().ok().map(str::to_owned)
}
