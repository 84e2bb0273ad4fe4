use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

use fdx_par::{
    AuthorizationRequest, Callback, CallerFault, Client, Draft, Error, Output, RefreshVerification,
    Request, ResourceRequest, ServerKeys, Step, TokenTypeHint, Verification, WellKnown, discover,
};
use fdx_wire::form::Query;
use fdx_wire::{Entropy, HttpsUrl};

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
/// Where a secret gets into a URL or into anything printed, something is sent after an error, or an
/// exchange is repeated more than once.
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
        return world.next.saturating_sub(2);
    }
    world.next - 1
}

/// The institution and the browser.
struct World<'a> {
    parts: Vec<&'a [u8]>,
    next: usize,
    /// A digest of the input. All secrets come of it, so that no input can say one itself.
    salt: u64,
    /// After an error: nothing more may be sent.
    closed: bool,
    /// The `nonce` that was pushed.
    nonce: Option<String>,
    /// The `state` that was pushed.
    state: Option<String>,
    /// What nothing printed and no URL may show.
    secrets: Vec<String>,
}

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
    client.restore(exchanged.stored().to_json().expose()).expect("what was stored is restored");

    let keys = match wishes.contains("openid") {
        true => Some(world.run(client.fetch_keys(NOW)?)?),
        false => None,
    };
    let mut verified = match client.verify(exchanged, keys.as_ref(), NOW)? {
        Verification::Verified(verified) => verified,
        Verification::Decrypt(_) | Verification::FetchKeys(_) => return Ok(()),
    };
    world.hides(&verified);
    if wishes.contains("introspect") {
        let draft = client.introspect(verified.tokens().access_token(), world.entropy(3), NOW)?;
        verified = verified.introspected(&world.run(draft)?)?;
    }
    let granted = match client.read_consent(&verified, world.entropy(4), NOW) {
        Ok(draft) => verified.granted(world.run(draft)?)?,
        Err(Error::Caller(CallerFault::ConsentIdUnknown)) => verified.untold(),
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
    let renewed = match client.verify_refreshed(refreshed, keys, NOW)? {
        RefreshVerification::Verified(renewed) => renewed,
        RefreshVerification::Decrypt(_) | RefreshVerification::FetchKeys(_) => return Ok(()),
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
        let (closed, nonce, state, secrets) = (false, None, None, Vec::new());
        let mut world = Self { parts, next: 1, salt, closed, nonce, state, secrets };
        world.secrets = ["code", "access_token", "refresh_token"].map(|it| world.secret(it)).into();
        world
    }

    fn secret(&self, name: &str) -> String {
        format!("{name}-{:016x}", self.salt)
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
        for _ in 0..2 {
            let signatures = draft.sign(key())?;
            self.hides(&draft);
            let (request, sent) = draft.attach(signatures)?;
            assert!(!self.closed, "a request after an error");
            self.send(request);
            self.hides(&sent);
            match sent.receive(self.answer(), NOW) {
                Ok(Step::Again(fresh)) => draft = fresh,
                Ok(Step::Done(done)) => {
                    self.hides(&done);
                    return Ok(done);
                }
                Err(error) => {
                    self.closed = true;
                    return Err(error);
                }
            }
        }
        panic!("a second retry")
    }

    /// Learns what is secret in a request, and looks for it where it must not be.
    fn send(&mut self, request: Request) {
        let (url, printed) = (request.url().to_string(), format!("{request:?}"));
        let http = request.into_http();
        if let Some(proof) = http.headers().get("dpop") {
            self.secrets.push(proof.to_str().expect("a proof is ASCII").to_owned());
        }
        let body = str::from_utf8(http.body()).expect("a form is ASCII");
        let form = Query::parse(body, usize::MAX).expect("a form");
        for name in ["client_assertion", "code_verifier", "nonce", "state"] {
            if let Ok(Some(value)) = form.one(name) {
                self.secrets.push(value.to_owned());
                match name {
                    "nonce" => self.nonce = Some(value.to_owned()),
                    "state" => self.state = Some(value.to_owned()),
                    _ => {}
                }
            }
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
            self.secrets.push(id_token);
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

    fn hides(&self, value: &impl Debug) {
        self.hidden(&format!("{value:?}"));
    }

    fn hidden(&self, text: &str) {
        let mut secrets = self.secrets.iter().filter(|secret| secret.len() >= 16);
        let shown = secrets.find(|secret| text.contains(*secret));
        assert!(shown.is_none(), "a secret is shown in {text}");
    }
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
