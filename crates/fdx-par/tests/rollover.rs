//! Renewal of the client's keys and certificates during the life of a consent loses nothing.

use fdx_jose::{
    Algorithm, AssertionKey, AssertionType, Jwks, PrivateKey, ProofKey, PublicKey,
    RequestObjectKey, Thumbprint, backend,
};
use fdx_par::dialect::{Line, Member};
use fdx_par::not_fapi::{Departure, Unbound};
use fdx_par::{
    Accepted, BoundBy, Callback, Client, ClientAuthentication, ClientConfig, Dialect, Error,
    NextStep, Pending, RequestObjects, SenderConstraint, StoredStateFault,
};
use fdx_testkit::{
    Asked, Authentication, Binding, CERTIFICATE, Requests, Setup, World, entropy, keys, persisted,
    usual_request,
};
use fdx_wire::base64url;
use serde_json::Value;

const NEXT_CERTIFICATE: &[u8] = b"the next certificate";

fn fresh_key(kid: &str) -> PrivateKey {
    let pkcs8 = backend::ring().generate_pkcs8(Algorithm::Es256).unwrap();
    PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, Some(kid)).unwrap()
}

/// A recipient whose configuration changes while it has consents.
struct Recipient {
    world: World,
    config: ClientConfig,
    setup: Setup,
}

impl Recipient {
    fn new(setup: Setup) -> Self {
        Self { world: World::new(setup), config: setup.config(), setup }
    }

    /// Creates a client with the current configuration, on a node without nonces.
    fn client(&mut self) -> Client {
        let metadata = self.world.client().unwrap().metadata().clone();
        Client::new(self.config.clone(), metadata).unwrap()
    }

    /// Lets the institution read the `jwks_uri` again, and accept any certificate for tokens.
    fn publish(&mut self) {
        let mut registered = self.setup.registered();
        registered.jwks = self.config.public_jwks();
        if self.setup.binding == Binding::Mtls {
            registered.binding = fdx_sandbox::Binding::AnyCertificate;
        }
        registered.id_token_signed_response_alg = self.setup.algorithm;
        self.world.bank.register(registered);
    }

    /// Publishes `key`, then signs with it, then removes the earlier one.
    fn renew_client_key(&mut self, key: &PublicKey) {
        let old = self.config.public_jwks();
        self.config.published_keys.push(key.clone());
        self.publish();
        let assertions = AssertionKey::new(key.clone(), AssertionType::default());
        self.config.authentication = ClientAuthentication::PrivateKeyJwt(assertions);
        if self.setup.requests == Requests::Signed {
            let objects = RequestObjectKey::new(key.clone());
            self.config.request_objects = RequestObjects::signed(objects);
        }
        self.config.published_keys = old.keys().to_vec();
        self.publish();
    }

    fn renew_proof_key(&mut self, key: &PublicKey) {
        let next = SenderConstraint::Dpop(ProofKey::new(key.clone()));
        let old = std::mem::replace(&mut self.config.sender_constraint, next);
        if let SenderConstraint::Dpop(old) = old {
            self.config.retired_proof_keys.push(old);
        }
    }

    fn renew_certificate(&mut self, certificate: &'static [u8]) {
        let thumbprint = Thumbprint::of_certificate(certificate);
        if matches!(self.config.sender_constraint, SenderConstraint::Mtls(_)) {
            self.config.sender_constraint = SenderConstraint::Mtls(thumbprint);
        }
        self.world.certificate = certificate;
    }

    fn accepted(&mut self, client: &Client, pending: Pending, callback: &str) -> Accepted {
        match self.world.callback(client, pending, callback).unwrap() {
            Callback::Code(accepted) => accepted,
            Callback::Denied(refusal) => panic!("{refusal}"),
        }
    }
}

/// The thumbprint of the key that a proof carries.
fn proven(request: &Asked) -> Thumbprint {
    let proof = request.header("dpop");
    let header = base64url::decode(proof.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    PublicKey::from_jwk(header["jwk"].to_string().as_bytes()).unwrap().thumbprint()
}

/// The key id under which a client assertion is signed.
fn asserted(request: &Asked) -> String {
    let assertion = request.form()["client_assertion"].clone();
    let header = base64url::decode(assertion.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[test]
fn keys_renewed_between_any_two_steps_lose_nothing() {
    for requests in [Requests::Plain, Requests::Signed] {
        let mut own = Recipient::new(Setup { requests, ..Setup::default() });
        let first = own.config.sender_constraint.thumbprint().unwrap();
        let client = own.client();
        let (pending, callback) = own.world.pending(&client);

        // Between push and exchange.
        let [client_key, proof_key] = ["client-2", "proof-2"].map(fresh_key);
        own.renew_client_key(client_key.public());
        own.renew_proof_key(proof_key.public());
        own.world.keys.extend([client_key, proof_key]);
        let client = own.client();
        let exchanged = own.world.exchange(&client, pending, &callback).unwrap();
        let request = *own.world.asked("/token").last().unwrap();
        assert_eq!((proven(request), asserted(request)), (first, "client-2".to_owned()));
        let verified = own.world.verify(&client, exchanged).unwrap();
        let granted = own.world.granted(&client, verified).unwrap();
        let grant = granted.stored();
        assert_eq!(grant.tokens().access_token().bound_to(), Some(first));

        // Between exchange and resource call.
        let [client_key, proof_key] = ["client-3", "proof-3"].map(fresh_key);
        let third = proof_key.public().thumbprint();
        own.renew_client_key(client_key.public());
        own.renew_proof_key(proof_key.public());
        own.world.keys.extend([client_key, proof_key]);
        let client = own.client();
        own.world.accounts(&client, grant.tokens().access_token()).unwrap();
        assert_eq!(proven(own.world.sent.last().unwrap()), first);

        // Between resource call and refresh, whose token is bound to the newest key.
        let grant = own.world.renewed(&client, &grant);
        assert_eq!(grant.tokens().access_token().bound_to(), Some(third));
        let request = *own.world.asked("/token").last().unwrap();
        assert_eq!((proven(request), asserted(request)), (third, "client-3".to_owned()));

        // Between refresh and resource call.
        let proof_key = fresh_key("proof-4");
        own.renew_proof_key(proof_key.public());
        own.world.keys.push(proof_key);
        let client = own.client();
        own.world.accounts(&client, grant.tokens().access_token()).unwrap();
        assert_eq!(proven(own.world.sent.last().unwrap()), third);
    }
}

#[test]
fn certificate_and_client_key_renewed_between_any_two_steps_lose_nothing() {
    let mut own = Recipient::new(Setup { binding: Binding::Mtls, ..Setup::default() });
    own.publish();
    let client = own.client();
    let (pending, callback) = own.world.pending(&client);

    // Between push and exchange: a code is bound to no certificate.
    let client_key = fresh_key("client-2");
    own.renew_client_key(client_key.public());
    own.world.keys.push(client_key);
    own.renew_certificate(NEXT_CERTIFICATE);
    let client = own.client();
    let exchanged = own.world.exchange(&client, pending, &callback).unwrap();
    let verified = own.world.verify(&client, exchanged).unwrap();
    let token = verified.tokens().access_token().clone();
    let next = Thumbprint::of_certificate(NEXT_CERTIFICATE);
    assert_eq!((token.bound_by(), token.bound_to()), (BoundBy::Mtls, Some(next)));
    own.world.accounts(&client, &token).unwrap();
    let grant = own.world.granted(&client, verified).unwrap().stored();

    // Between exchange and resource call: the token is bound to the old certificate, the grant is
    // not.
    own.renew_certificate(b"the certificate after that");
    let client = own.client();
    let sent = own.world.sent.len();
    let error = own.world.accounts(&client, grant.tokens().access_token()).unwrap_err();
    assert_eq!((error, own.world.sent.len()), (StoredStateFault::OtherKey.into(), sent));
    let grant = own.world.renewed(&client, &grant);
    own.world.accounts(&client, grant.tokens().access_token()).unwrap();
}

#[test]
fn a_certificate_that_authenticates_is_renewed_too() {
    let setup = Setup {
        authentication: Authentication::SelfSignedTlsClientAuth,
        binding: Binding::Mtls,
        ..Setup::default()
    };
    let mut own = Recipient::new(setup);
    let both = [CERTIFICATE, NEXT_CERTIFICATE].map(Thumbprint::of_certificate);
    let mut registered = setup.registered();
    registered.authentication =
        fdx_sandbox::ClientAuthentication::SelfSignedTlsClientAuth(both.to_vec());
    registered.binding = fdx_sandbox::Binding::AnyCertificate;
    own.world.bank.register(registered);
    let client = own.client();
    let (pending, callback) = own.world.pending(&client);
    own.renew_certificate(NEXT_CERTIFICATE);
    own.config.authentication = ClientAuthentication::SelfSignedTlsClientAuth(both[1]);
    let client = own.client();
    let exchanged = own.world.exchange(&client, pending, &callback).unwrap();
    let verified = own.world.verify(&client, exchanged).unwrap();
    assert_eq!(verified.tokens().access_token().bound_to(), Some(both[1]));
    own.world.accounts(&client, verified.tokens().access_token()).unwrap();
}

#[test]
fn without_the_retired_key_the_code_is_handed_back_unspent() {
    let mut own = Recipient::new(Setup::default());
    let client = own.client();
    let (pending, callback) = own.world.pending(&client);
    let accepted = own.accepted(&client, pending, &callback);

    let proof_key = fresh_key("proof-2");
    own.renew_proof_key(proof_key.public());
    own.world.keys.push(proof_key);
    let retired = std::mem::take(&mut own.config.retired_proof_keys);
    let forgetful = own.client();
    let sent = own.world.sent.len();
    let refused = forgetful.exchange(accepted, entropy(50), own.world.now).unwrap_err();
    assert_eq!(refused.error, StoredStateFault::OtherKey.into());
    assert_eq!((refused.error.next_step(), own.world.sent.len()), (NextStep::StartOver, sent));

    // The same code is accepted once the key is configured again.
    own.config.retired_proof_keys = retired;
    let client = own.client();
    let draft = client.exchange(*refused.unspent, entropy(51), own.world.now).unwrap();
    let exchanged = own.world.run(draft).unwrap();
    let verified = own.world.verify(&client, exchanged).unwrap();
    let grant = verified.without_grant().stored();
    own.world.accounts(&client, grant.tokens().access_token()).unwrap();

    let sent = own.world.sent.len();
    let error = own.world.accounts(&forgetful, grant.tokens().access_token()).unwrap_err();
    assert_eq!((error, own.world.sent.len()), (StoredStateFault::OtherKey.into(), sent));
    // The client without the old key can still refresh.
    let grant = own.world.renewed(&forgetful, &grant);
    own.world.accounts(&forgetful, grant.tokens().access_token()).unwrap();
}

#[test]
fn missing_private_key_is_a_signer_error() {
    let mut own = Recipient::new(Setup::default());
    let client = own.client();
    let (pending, callback) = own.world.pending(&client);
    let [client_key, proof_key] = ["client-2", "proof-2"].map(fresh_key);
    own.renew_client_key(client_key.public());
    own.renew_proof_key(proof_key.public());
    let old = std::mem::replace(&mut own.world.keys, vec![client_key, proof_key]);
    let client = own.client();
    let accepted = own.accepted(&client, pending, &callback);
    let draft = client.exchange(accepted, entropy(50), own.world.now).unwrap();
    let error = draft.sign(&own.world.keys).unwrap_err();
    assert!(matches!(error, Error::Signing(_)), "{error}");
    // The draft was only borrowed: with the key it can be sent.
    own.world.keys.extend(old);
    assert!(own.world.run(draft).is_ok());
}

#[test]
fn new_consents_are_bound_to_the_new_key() {
    let mut own = Recipient::new(Setup::default());
    let proof_key = fresh_key("proof-2");
    let thumbprint = proof_key.public().thumbprint();
    own.renew_proof_key(proof_key.public());
    own.world.keys.push(proof_key);
    let client = own.client();
    let exchanged = own.world.exchanged(&client);
    assert_eq!(persisted(&exchanged.to_json())["bound_to"], thumbprint.to_string());
    assert!(own.world.asked("/par").iter().all(|request| proven(request) == thumbprint));
}

#[test]
fn key_bound_tokens_stay_usable_after_a_move_to_certificates() {
    let mut own = Recipient::new(Setup::default());
    let client = own.client();
    let (pending, callback) = own.world.pending(&client);
    let exchanged = own.world.exchange(&client, pending, &callback).unwrap();
    let grant = own.world.verify(&client, exchanged).unwrap().without_grant().stored();
    // The FDX base stays at a URL without mTLS, because the old token is sent there.
    let certificate = SenderConstraint::Mtls(Thumbprint::of_certificate(CERTIFICATE));
    let old = std::mem::replace(&mut own.config.sender_constraint, certificate);
    let SenderConstraint::Dpop(old) = old else { panic!("bound by certificate from the start") };
    own.config.retired_proof_keys.push(old);
    let client = own.client();
    own.world.accounts(&client, grant.tokens().access_token()).unwrap();
}

#[test]
fn publishes_current_next_and_retired_keys_once() {
    let mut own = Recipient::new(Setup { requests: Requests::Signed, ..Setup::default() });
    let first = keys(Algorithm::EdDsa).public().clone();
    // One key for both purposes is published once; the DPoP key is not published at all.
    own.renew_proof_key(fresh_key("proof-2").public());
    assert_eq!(kids(&own.config.public_jwks()), [first.kid().unwrap()]);
    let next = fresh_key("client-2");
    own.config.published_keys.push(next.public().clone());
    assert_eq!(kids(&own.config.public_jwks()), [first.kid().unwrap(), "client-2"]);
    own.config.published_keys.pop();
    own.renew_client_key(next.public());
    assert_eq!(kids(&own.config.public_jwks()), ["client-2", first.kid().unwrap()]);
    // Only public keys, in a valid JWK Set.
    let text = own.config.public_jwks().to_json();
    assert!(!text.contains("\"d\""));
    assert_eq!(Jwks::parse(text.as_bytes()).unwrap().keys().len(), 2);
}

fn kids(jwks: &Jwks) -> Vec<&str> {
    jwks.keys().iter().map(|key| key.kid().unwrap()).collect()
}

#[test]
fn institution_refuses_unpublished_key() {
    let mut own = Recipient::new(Setup::default());
    let client_key = fresh_key("client-2");
    let assertions = AssertionKey::new(client_key.public().clone(), AssertionType::default());
    own.config.authentication = ClientAuthentication::PrivateKeyJwt(assertions);
    own.world.keys.push(client_key);
    let client = own.client();
    let Err(Error::Refusal(refusal)) = own.world.push(&client, &usual_request()) else {
        panic!("taken")
    };
    assert!(refusal.is("invalid_client") && refusal.next_step == NextStep::Correct, "{refusal}");
}

#[test]
fn rejects_unbound_tokens_for_a_bound_code() {
    const LINE: Line = Line { member: Member::NotFapi(Departure::UnboundTokens), source: "a test" };
    let mut own = Recipient::new(Setup::default());
    let client = own.client();
    let (pending, callback) = own.world.pending(&client);
    let accepted = own.accepted(&client, pending, &callback);
    own.config.dialect = Dialect::new("test", "a test").with_members(&[LINE]);
    own.config.sender_constraint = SenderConstraint::NotFapi(Unbound);
    let refused = own.client().exchange(accepted, entropy(50), own.world.now).unwrap_err();
    assert_eq!(refused.error, StoredStateFault::OtherKey.into());
}
