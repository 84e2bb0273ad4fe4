use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

use fdx_par::{
    AuthorizationRequest, Callback, CallFault, Client, Draft, Error, Output, Request,
    ResourceRequest, ServerKeys, Step, TokenTypeHint, Verification, WellKnown, discover,
};
use fdx_wire::form::Query;
use fdx_wire::{Entropy, HttpsUrl, base64url};

use crate::message::{judge, response};
use crate::scene::{CLIENT_ID, ISSUER, NOW, config, consent_request, issuer, key, signed};

/// Parts the answers in an input.
pub(crate) const BETWEEN: &str = "\n====\n";

/// The whole flow of a real client at an institution whose answers are the input's.
///
/// The first part says `openid`, `introspect` or neither; then comes an answer for each request, in
/// order, with the URL at which the browser arrives between the push and the exchange. Where a
/// success says `"access_token":"$access_token"`, the placeholder becomes a secret, and so for
/// `$refresh_token` and `$id_token`; in the URL, `state=$state` and `code=$code`.
///
/// # Panics
/// Where part of a secret gets into a URL or into anything printed; where anything that is good for
/// one use is sent twice, or a code and its verifier more often than for the one fresh nonce.
pub fn flow(bytes: &[u8]) {
    progress(bytes);
}

/// The same; says how many answers were used, the one that led to an error aside.
pub(crate) fn progress(bytes: &[u8]) -> usize {
    let mut world = World::new(bytes);
    if let Err(error) = drive(&mut world) {
        world.hides(&error);
        world.hidden(&error.to_string());
        judge(&error);
        world.hid();
        return world.next.saturating_sub(2);
    }
    world.hid();
    world.next - 1
}

/// The institution and the browser.
struct World<'a> {
    parts: Vec<&'a [u8]>,
    next: usize,
    /// A digest of the input. All secrets come of it, so that no input can say one itself.
    salt: u64,
    /// The `nonce` that was pushed.
    nonce: Option<String>,
    /// The `state` that was pushed.
    state: Option<String>,
    /// What nothing printed and no URL may show a part of: all runs of [`WINDOW`] bytes.
    secrets: BTreeSet<Vec<u8>>,
    /// What was printed and all URLs, some from before a secret in them was known.
    shown: Vec<String>,
    /// Each `jti`, and what each push made up.
    sent: BTreeSet<String>,
    /// The code and its verifier, once they were sent.
    code: Option<(String, String)>,
}

/// Long enough that nothing has it by chance.
const WINDOW: usize = 12;
/// What a `state` begins with: the flow's public name.
const FLOW_ID: usize = 24;

fn drive(world: &mut World<'_>) -> Result<(), Error> {
    let wishes = String::from_utf8_lossy(world.parts.first().unwrap_or(&&b""[..])).into_owned();
    let draft = discover(&issuer(), WellKnown::OAuthAuthorizationServer, NOW)?;
    let client = Client::new(config(), world.run(draft)?)?;

    let mut request = AuthorizationRequest::new(consent_request()).offline_access();
    if wishes.contains("openid") {
        request = request.openid();
    }
    let pushed = world.run(client.push(&request, world.entropy(1), NOW)?)?;
    let (url, pending) = pushed.redirect(NOW)?;
    world.hidden(url.as_str());
    world.hides(&pending);

    let Some(received) = world.browser() else { return Ok(()) };
    let accepted = match client.callback(pending, &received, NOW)? {
        Callback::Code(accepted) => accepted,
        Callback::Denied(refusal) => {
            world.hides(&refusal);
            return Ok(());
        }
    };
    let exchanged = world.run(client.exchange(accepted, world.entropy(2), NOW)?)?;
    let stored = exchanged.to_json();
    let again = client.restore_unverified(stored.expose()).expect("what was stored is restored");
    assert_eq!(again.to_json().expose(), stored.expose());

    let keys = match wishes.contains("openid") {
        true => Some(world.run(client.fetch_keys(NOW)?)?),
        false => None,
    };
    let mut verified = match client.verify(exchanged, keys.as_ref(), NOW)? {
        Verification::Done(verified) => verified,
        Verification::Decrypt(_) | Verification::FetchKeys(_) => return Ok(()),
    };
    world.hides(&verified);
    if wishes.contains("introspect") {
        let draft = client.introspect(verified.tokens().access_token(), world.entropy(3), NOW)?;
        verified = verified.introspected(&world.run(draft)?)?;
    }
    let granted = match client.read_consent(&verified, world.entropy(4), NOW) {
        Ok(draft) => verified.granted(world.run(draft)?)?,
        Err(Error::Call(CallFault::ConsentIdUnknown)) => verified.without_grant(),
        Err(error) => return Err(error),
    };
    world.hides(&granted);
    let receipt = client.receipt(&granted, NOW)?;
    world.hidden(&receipt.canonical_json());

    let url = HttpsUrl::parse("https://bank.example/fdx/v6/accounts").expect("a URL");
    let access_token = granted.tokens().access_token();
    let answer = world.run(client.call(
        access_token,
        ResourceRequest::get(url),
        world.entropy(5),
        NOW,
    )?)?;
    let _ = answer.json::<serde_json::Value>();
    later(world, &client, &granted.stored(), keys.as_ref())
}

/// The refresh and the end.
fn later(
    world: &mut World<'_>,
    client: &Client,
    stored: &fdx_par::StoredGrant,
    keys: Option<&ServerKeys>,
) -> Result<(), Error> {
    let refreshed = world.run(client.refresh(stored, world.entropy(6), NOW)?)?;
    let renewed = match client.verify(refreshed, keys, NOW)? {
        Verification::Done(renewed) => renewed,
        Verification::Decrypt(_) | Verification::FetchKeys(_) => return Ok(()),
    };
    world.hides(&renewed);
    let draft =
        client.revoke(renewed.tokens(), TokenTypeHint::AccessToken, world.entropy(7), NOW)?;
    world.run(draft)?;
    Ok(())
}

impl<'a> World<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let (parts, salt) = (split(bytes), hasher.finish());
        let (secrets, shown, sent) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        let (nonce, state, code) = (None, None, None);
        let mut world = Self { parts, next: 1, salt, nonce, state, secrets, shown, sent, code };
        for name in ["code", "access_token", "refresh_token", "customer"] {
            world.hide(&world.secret(name));
        }
        world
    }

    fn secret(&self, name: &str) -> String {
        let mut hasher = DefaultHasher::new();
        (self.salt, name).hash(&mut hasher);
        let half = hasher.finish();
        name.hash(&mut hasher);
        format!("{half:016x}{:016x}", hasher.finish())
    }

    fn entropy(&self, number: u8) -> Entropy {
        let mut bytes = [number; 32];
        bytes[..8].copy_from_slice(&self.salt.to_be_bytes());
        Entropy::new(bytes)
    }

    /// Carries an exchange out.
    fn run<T: Debug + Output>(&mut self, draft: Draft<T>) -> Result<T, Error> {
        let mut draft = draft;
        // One fresh nonce is an answer: so at most two requests.
        for tried in 0..2 {
            let signatures = draft.sign(key())?;
            self.hides(&draft);
            let (request, sent) = draft.attach(signatures)?;
            self.send(request, tried);
            self.hides(&sent);
            let answer = self.answer();
            let nonce = answer.headers().contains_key("dpop-nonce");
            let refused = !answer.status().is_success();
            match sent.receive(answer, NOW)? {
                Step::Again(fresh) => {
                    assert!(nonce && refused, "sent again without a nonce to send");
                    draft = fresh;
                }
                Step::Done(done) => {
                    self.hides(&done);
                    return Ok(done);
                }
            }
        }
        panic!("a second retry")
    }

    /// Learns what is secret in a request, and looks for it where it must not be.
    fn send(&mut self, request: Request, tried: u8) {
        let (url, printed) = (request.url().to_string(), format!("{request:?}"));
        let http = request.into_http();
        if let Some(proof) = http.headers().get("dpop") {
            self.used_once(proof.to_str().expect("a proof is ASCII"));
        }
        let body = str::from_utf8(http.body()).expect("a form is ASCII");
        let form = Query::parse(body, usize::MAX).expect("a form");
        let field = |name| form.one(name).expect("no field comes twice").map(str::to_owned);
        if let Some(assertion) = field("client_assertion") {
            self.used_once(&assertion);
        }
        for made_up in ["code_challenge", "nonce", "state"].into_iter().filter_map(field) {
            assert!(self.sent.insert(made_up), "a push is like another");
        }
        self.nonce = field("nonce").or(self.nonce.take());
        self.state = field("state").or(self.state.take());
        match (field("code"), field("code_verifier")) {
            (Some(code), Some(verifier)) => {
                self.hide(&verifier);
                let now = Some((code, verifier));
                let before = std::mem::replace(&mut self.code, now.clone());
                assert!(if tried == 0 { before.is_none() } else { before == now }, "a code twice");
            }
            (code, verifier) => assert!(code.is_none() && verifier.is_none(), "one alone"),
        }
        if let Some(nonce) = self.nonce.clone() {
            self.hide(&nonce);
        }
        if let Some(state) = self.state.clone() {
            self.hide(state.get(FLOW_ID..).expect("a flow id and more"));
        }
        self.hidden(&url);
        self.hidden(&http.uri().to_string());
        self.hidden(&printed);
    }

    fn answer(&mut self) -> http::Response<Vec<u8>> {
        let mut answer = response(self.part().unwrap_or(b"503"));
        // A failure's words are the server's own, and kept.
        if answer.status().is_success()
            && let Ok(body) = str::from_utf8(answer.body())
            && body.contains("_token\":\"$")
        {
            let id_token = self.id_token();
            let mut body = body.to_owned();
            for (name, value) in [
                ("access_token", &self.secret("access_token")),
                ("refresh_token", &self.secret("refresh_token")),
                ("id_token", &id_token),
            ] {
                let said = format!("\"{name}\":\"${name}\"");
                body = body.replace(&said, &format!("\"{name}\":\"{value}\""));
            }
            self.hide(signature(&id_token));
            *answer.body_mut() = body.into_bytes();
        }
        answer
    }

    /// What an honest institution would say.
    fn id_token(&self) -> String {
        let now = NOW.as_seconds();
        let claims = serde_json::json!({
            "iss": ISSUER, "sub": self.secret("customer"), "aud": CLIENT_ID, "iat": now, "exp": now + 300,
            "nonce": self.nonce,
        });
        signed("JWT", claims.to_string().as_bytes()).expect("claims")
    }

    /// The URL at which the browser arrives.
    fn browser(&mut self) -> Option<String> {
        let (state, code) = (self.state.clone(), self.secret("code"));
        let received = str::from_utf8(self.part()?).ok()?;
        let (place, query) = received.split_once('?').unwrap_or((received, ""));
        let pairs = query.split('&').map(|pair| match (pair, &state) {
            ("state=$state", Some(state)) => format!("state={state}"),
            ("code=$code", _) => format!("code={code}"),
            _ => pair.to_owned(),
        });
        Some(format!("{place}?{}", pairs.collect::<Vec<_>>().join("&")))
    }

    fn part(&mut self) -> Option<&[u8]> {
        self.next += 1;
        self.parts.get(self.next - 1).copied()
    }

    fn hides(&mut self, value: &impl Debug) {
        self.hidden(&format!("{value:?}"));
    }

    fn hidden(&mut self, text: &str) {
        self.shown.push(text.to_owned());
    }

    /// Looks for all secrets in all that was shown.
    fn hid(&self) {
        for text in &self.shown {
            let mut runs = text.as_bytes().windows(WINDOW);
            assert!(!runs.any(|run| self.secrets.contains(run)), "a secret is shown in {text}");
        }
    }

    /// Nothing may show a part of it.
    fn hide(&mut self, secret: &str) {
        assert!(secret.len() >= WINDOW);
        self.secrets.extend(secret.as_bytes().windows(WINDOW).map(<[u8]>::to_vec));
    }

    /// An assertion or a proof: signed for one request.
    fn used_once(&mut self, jws: &str) {
        let claims =
            jws.split('.').nth(1).map(base64url::decode).expect("a JWS").expect("base64url");
        let claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
        let jti = claims["jti"].as_str().expect("each has one");
        assert!(self.sent.insert(jti.to_owned()), "a jti twice");
        self.hide(signature(jws));
    }
}

/// What nobody else can say of a JWS.
fn signature(jws: &str) -> &str {
    jws.rsplit('.').next().expect("there is always a last part")
}

/// The parts of an input, of which no flow needs more than thirty.
fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while parts.len() < 30 {
        let between = BETWEEN.as_bytes();
        match rest.windows(between.len()).position(|window| window == between) {
            Some(at) => {
                parts.push(&rest[..at]);
                rest = &rest[at + between.len()..];
            }
            None => break,
        }
    }
    parts.push(rest);
    parts
}
