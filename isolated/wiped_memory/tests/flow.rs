//! A whole flow: nothing that its client frees contains a secret of the flow.

use fdx_jose::{
    Algorithm, AssertionKey, AssertionType, FreshKey, Jwks, PrivateKey, ProofKey, RequestObjectKey,
    SealingKey, SealingKeys, backend,
};
use fdx_par::{
    AuthorizationRequest, Callback, Client, ClientAuthentication, ClientConfig, Draft, Output,
    RequestObjects, ResourceRequest, ResponseMode, SenderConstraint, Step, TokenTypeHint,
    Verification, WellKnown, discover,
};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_sandbox::customer::{ConsentPage, Decision};
use fdx_sandbox::{Binding, InstitutionConfig, RefreshPolicy, RegisteredClient, Sandbox};
use fdx_wiped_memory::{Planted, Searching, unwatched, watch};
use fdx_wire::form::Query;
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, UnixTime, base64url};

#[global_allocator]
static ALLOCATOR: Searching = Searching;

const NOW: UnixTime = UnixTime::from_seconds(1_767_607_200);
const SEALING_KEY: [u8; 32] = *b"the sealing key has 32 bytes....";

/// How the two messages of the front channel are written.
#[derive(Clone, Copy, Debug)]
enum Messages {
    Plain,
    Signed,
}

/// An institution, and what passed between it and the client.
struct Wire {
    bank: Sandbox,
    /// What a client must wipe, by name: recorded in one run, planted in the next.
    secrets: Vec<Planted>,
    draws: u8,
}

impl Wire {
    fn new(bank_key: &[u8], client_key: &PrivateKey, messages: Messages) -> Self {
        let issuer = Issuer::parse("https://bank.example").unwrap();
        let mtls = HttpsUrl::parse("https://mtls.bank.example").unwrap();
        let key = PrivateKey::from_pkcs8_der(backend::ring(), bank_key, Some("bank-1")).unwrap();
        let mut config = InstitutionConfig::new(issuer, mtls, backend::ring(), vec![key]);
        config.refresh_policy = RefreshPolicy::Rotate;
        let jwks = Jwks::new(vec![client_key.public().clone()]);
        let mut client = RegisteredClient::new("app", vec![redirect_uri()], jwks, Binding::Dpop);
        let scopes = ["openid", "offline_access", "fdx:accountbasic:read", "fdx:transactions:read"];
        client.scopes = scopes.map(String::from).into();
        if let Messages::Signed = messages {
            client.authorization_signed_response_alg = Some(Algorithm::Es256);
        }
        config.clients.push(client);
        Self { bank: Sandbox::new(config, Entropy::new([9; 32])), secrets: vec![], draws: 0 }
    }

    fn entropy(&mut self) -> Entropy {
        self.draws += 1;
        Entropy::new([self.draws; 32])
    }

    /// Drives one exchange. Only what the client's crates do is watched.
    fn run<T: Output>(&mut self, draft: Draft<T>, key: &PrivateKey) -> T {
        let mut draft = draft;
        loop {
            let signatures = draft.sign(key).unwrap();
            let (request, sent) = draft.attach(signatures).unwrap();
            let mut request = request.into_http();
            let response = unwatched(|| self.answer(&request));
            // The caller's part: the request's body and the response belong to the HTTP library.
            request.body_mut().fill(0);
            drop(request);
            let borrowed = unwatched(|| {
                let (parts, body) = response.into_parts();
                http::Response::from_parts(parts, &*body.leak())
            });
            match sent.receive(borrowed, NOW).unwrap() {
                Step::Again(fresh) => draft = fresh,
                Step::Done(output) => return output,
            }
        }
    }

    fn answer(&mut self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        let form = Query::parse(str::from_utf8(request.body()).unwrap(), 64 * 1024).unwrap();
        for name in ["code", "code_verifier", "nonce", "refresh_token", "state", "token"] {
            if let Ok(Some(value)) = form.one(name) {
                self.plant(name, value);
            }
        }
        let response = self.bank.handle(request, None, NOW);
        let body = String::from_utf8_lossy(response.body()).into_owned();
        for name in ["access_token", "refresh_token", "id_token"] {
            let member = format!("\"{name}\":\"");
            let value = body.split_once(&member).and_then(|(_, rest)| rest.split_once('"'));
            if let Some((value, _)) = value {
                // A signature is another one in each run.
                let value = value.rsplit_once('.').map_or(value, |(signed, _)| signed);
                self.plant(name, value);
            }
        }
        response
    }

    fn plant(&mut self, name: &str, value: &str) {
        if self.secrets.iter().all(|known| known.bytes != value.as_bytes()) {
            self.secrets.push(Planted::new(name, value));
        }
    }

    /// The customer agrees. Returns the URL at which the browser comes back.
    fn browse(&mut self, url: &str) -> String {
        let get = http::Request::get(url).body(vec![]).unwrap();
        let page = self.bank.handle(&get, None, NOW);
        let decision = ConsentPage::read(&page).unwrap().decide(&Decision::everything()).unwrap();
        let response = self.bank.handle(&decision, None, NOW);
        let callback = response.headers()["location"].to_str().unwrap().to_owned();
        let query = Query::parse(callback.split_once('?').unwrap().1, 8192).unwrap();
        for name in ["code", "state"] {
            if let Ok(Some(value)) = query.one(name) {
                self.plant(name, value);
            }
        }
        callback
    }
}

fn give_up<T: Output>(draft: Draft<T>, key: &PrivateKey) {
    let signatures = draft.sign(key).unwrap();
    drop(draft.attach(signatures).unwrap());
}

fn redirect_uri() -> RedirectUri {
    RedirectUri::parse("https://app.example/callback").unwrap()
}

fn config(key: &PrivateKey, messages: Messages) -> ClientConfig {
    let public = || key.public().clone();
    let mut config = ClientConfig::new(
        Issuer::parse("https://bank.example").unwrap(),
        "app",
        redirect_uri(),
        HttpsUrl::parse("https://bank.example/fdx/v6").unwrap(),
        ClientAuthentication::PrivateKeyJwt(AssertionKey::new(public(), AssertionType::default())),
        SenderConstraint::Dpop(ProofKey::new(public())),
        backend::ring(),
    );
    if let Messages::Signed = messages {
        config.request_objects = RequestObjects::signed(RequestObjectKey::new(public()));
        config.response_mode = ResponseMode::Jwt;
    }
    config
}

/// From the private key to the revocation. Returns what the institution and the browser saw.
fn flow(bank_key: &[u8], fresh: &FreshKey, messages: Messages) -> Vec<Planted> {
    drop(PrivateKey::from_jwk(backend::ring(), fresh.private_jwk.expose().as_bytes()).unwrap());
    let pem = fresh.pkcs8_pem.expose();
    let key = PrivateKey::from_pem(backend::ring(), pem, Some("app-1")).unwrap();
    let mut wire = unwatched(|| Wire::new(bank_key, &key, messages));
    let metadata = discover(
        &Issuer::parse("https://bank.example").unwrap(),
        WellKnown::OAuthAuthorizationServer,
        NOW,
    );
    let metadata = wire.run(metadata.unwrap(), &key);
    let client = Client::new(config(&key, messages), metadata).unwrap();

    let consent = ConsentRequest::new(ConsentDuration::time_bound(90).unwrap())
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .build()
        .unwrap();
    let request = AuthorizationRequest::new(consent).openid().offline_access();
    let draft = client.push(&request, wire.entropy(), NOW).unwrap();
    let pushed = wire.run(draft, &key);
    let (url, pending) = pushed.redirect(NOW).unwrap();

    // Through a cookie, as on a server.
    let keys = SealingKeys::new(backend::ring(), SealingKey::new(1, SEALING_KEY));
    let sealed = pending.seal(&keys, b"session", wire.entropy()).unwrap();
    drop(pending);
    let pending = client.open(&sealed, &keys, b"session", NOW).unwrap();
    drop((sealed, keys));

    let received = unwatched(|| &*wire.browse(url.as_str()).leak());
    let server_keys = wire.run(client.fetch_keys(NOW).unwrap(), &key);
    let callback = match messages {
        Messages::Plain => client.callback(pending, received, NOW).unwrap(),
        Messages::Signed => {
            let signed = client.signed_callback(pending, received, NOW).unwrap();
            match client.verify(signed, Some(&server_keys), NOW).unwrap() {
                Verification::Done(callback) => callback,
                Verification::FetchKeys(_) => panic!("the keys do not fit"),
            }
        }
    };
    let Callback::Code(accepted) = callback else { panic!("{callback:?}") };
    let draft = client.exchange(accepted, wire.entropy(), NOW).unwrap();
    let exchanged = wire.run(draft, &key);
    drop(exchanged.to_json());
    let verification = client.verify(exchanged, Some(&server_keys), NOW).unwrap();
    let Verification::Done(verified) = verification else { panic!("{verification:?}") };
    let draft = client.read_consent(&verified, wire.entropy(), NOW).unwrap();
    let read = wire.run(draft, &key);
    let granted = verified.granted(read).unwrap();
    drop(client.receipt(&granted, NOW).unwrap());

    let stored = granted.stored().to_json();
    let grant = client.restore(stored.expose()).unwrap();
    drop((granted, stored));
    // A request that is never handed over, as when the process is to end.
    give_up(client.push(&request, wire.entropy(), NOW).unwrap(), &key);
    give_up(client.refresh(&grant, wire.entropy(), NOW).unwrap(), &key);
    let draft = client.refresh(&grant, wire.entropy(), NOW).unwrap();
    let refreshed = wire.run(draft, &key);
    drop(refreshed.to_json());
    let verification = client.verify(refreshed, Some(&server_keys), NOW).unwrap();
    let Verification::Done(grant) = verification else { panic!("{verification:?}") };

    let accounts = client.config().fdx_base.join_segment("accounts").unwrap();
    let (token, request) = (grant.tokens().access_token(), ResourceRequest::get(accounts));
    let draft = client.call(token, request, wire.entropy(), NOW).unwrap();
    assert_eq!(wire.run(draft, &key).status(), 200);
    let hint = TokenTypeHint::RefreshToken;
    let draft = client.revoke(grant.tokens(), hint, wire.entropy(), NOW).unwrap();
    let _ = wire.run(draft, &key);

    drop((grant, client, key, server_keys));
    unwatched(|| {
        let secrets = std::mem::take(&mut wire.secrets);
        drop(wire);
        secrets
    })
}

fn check(messages: Messages) {
    let bank_key = backend::ring().generate_pkcs8(Algorithm::Es256).unwrap();
    let fresh = PrivateKey::generate(backend::ring(), Algorithm::Es256, Some("app-1")).unwrap();
    // With the same keys and the same entropy the second flow has the secrets of the first.
    let mut planted = flow(&bank_key, &fresh, messages);
    let names: Vec<_> = planted.iter().map(|secret| secret.name.as_str()).collect();
    for name in ["access_token", "code", "code_verifier", "id_token", "refresh_token"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    let jwk = fresh.private_jwk.expose();
    let (_, after) = jwk.split_once("\"d\":\"").unwrap();
    let (scalar, _) = after.split_once('"').unwrap();
    planted.push(Planted::new("private key in base64url", scalar));
    planted.push(Planted::new("private key", base64url::decode(scalar).unwrap()));
    let pem = fresh.pkcs8_pem.expose().lines().nth(1).unwrap();
    planted.push(Planted::new("private key in PEM", pem));
    planted.push(Planted::new("sealing key", SEALING_KEY));

    let (again, found) = watch(&planted, || flow(&bank_key, &fresh, messages));
    let bytes = |all: &[Planted]| all.iter().map(|it| it.bytes.clone()).collect::<Vec<_>>();
    assert!(bytes(&planted).starts_with(&bytes(&again)), "the two flows differ");
    let found: Vec<_> = found
        .iter()
        .map(|found| format!("{} in {} blocks\n{}", found.name, found.blocks, found.backtrace))
        .collect();
    assert!(found.is_empty(), "freed without being wiped: {}", found.join("\n"));
}

#[test]
fn a_plain_flow_wipes_its_secrets() {
    check(Messages::Plain);
}

#[test]
fn a_flow_with_signed_messages_wipes_its_secrets() {
    check(Messages::Signed);
}
