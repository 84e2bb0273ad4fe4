//! A client, an institution and a wire that loses, repeats, swaps and damages what comes back. The
//! events are drawn; the types say which of them can follow which.

use fdx_par::{
    Accepted, Callback, Client, ClientCertificate, Draft, Error, Exchanged, NextStep, Output,
    Pending, Pushed, ResourceRequest, ServerKeys, Step, StoredGrant, TokenTypeHint,
    UnverifiedTokens, Verification, Verified,
};
use fdx_sandbox::customer::{ConsentPage, Decision};
use fdx_testkit::kit::attached;
use fdx_testkit::{Answer, Setup, World, answer, usual_request};
use http::header::LOCATION;

/// What the program around the client does next.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// Takes the flow one step further, or begins one.
    Next(Fate),
    /// Gives the flow up.
    GiveUp,
    /// Refreshes what it was granted.
    Refresh(Fate),
    /// Reads the accounts.
    Accounts(Fate),
    /// Asks about the access token.
    Introspect(Fate),
    /// Revokes the grant.
    Revoke(Fate),
    /// Waits so many seconds.
    Wait(u16),
}

/// What becomes of an answer on its way.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// It arrives.
    Arrives,
    /// It is lost.
    Lost,
    /// An earlier answer arrives in its place.
    Earlier(u8),
    /// One byte of it is another.
    Damaged(u16, u8),
    /// It ends early.
    Cut(u16),
    /// Its status is another.
    Status(u16),
    /// The server wants a DPoP nonce instead, and gives one.
    Challenge,
}

/// How far the flow is.
enum Place {
    Start,
    Pushed(Pushed),
    Sent(String, Pending),
    Back(Pending, String),
    Accepted(Accepted),
    Exchanged(Exchanged),
    Verified(Verified),
}

/// What is kept of a grant.
pub(crate) enum Kept {
    Verified(StoredGrant),
    Unverified(UnverifiedTokens),
}

/// What was heard after a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Heard {
    Nothing,
    Challenge,
    Answer,
}

/// All that happened.
pub(crate) struct Driver {
    pub(crate) world: World,
    client: Client,
    keys: ServerKeys,
    place: Place,
    callbacks: Vec<String>,
    /// The grant that is kept.
    pub(crate) grant: Option<Kept>,
    /// URLs that a customer was sent to.
    pub(crate) handed: Vec<String>,
    pub(crate) errors: Vec<Error>,
    /// Beside each request that was sent, what was heard after it.
    pub(crate) heard: Vec<Heard>,
    /// Beside each request that was sent, the event that it was sent for.
    pub(crate) events: Vec<usize>,
    /// Answers that arrived, damaged ones as they arrived.
    pub(crate) arrived: Vec<Answer>,
    /// Refresh tokens for which the client was told another.
    pub(crate) retired: Vec<String>,
    /// Those of them that were sent all the same.
    pub(crate) sent_retired: Vec<String>,
    taken: usize,
}

impl Driver {
    pub(crate) fn new(setup: Setup) -> Self {
        let mut world = World::new(setup);
        let client = world.client().unwrap();
        let draft = client.fetch_keys(world.now).unwrap();
        let keys = world.run(draft).unwrap();
        let heard = vec![Heard::Answer; world.sent.len()];
        let arrived = world.answers.clone();
        Self {
            world,
            client,
            keys,
            place: Place::Start,
            callbacks: Vec::new(),
            grant: None,
            handed: Vec::new(),
            errors: Vec::new(),
            events: vec![0; heard.len()],
            heard,
            arrived,
            retired: Vec::new(),
            sent_retired: Vec::new(),
            taken: 0,
        }
    }

    pub(crate) fn take(&mut self, event: &Event) {
        self.taken += 1;
        match event {
            Event::Next(fate) => {
                let place = std::mem::replace(&mut self.place, Place::Start);
                if let Some(next) = self.next(place, fate) {
                    self.place = next;
                }
            }
            Event::GiveUp => self.place = Place::Start,
            Event::Wait(seconds) => {
                self.world.now =
                    self.world.now + core::time::Duration::from_secs((*seconds).into());
            }
            Event::Refresh(fate) => self.refresh(fate),
            Event::Accounts(fate) => self.with_grant(fate, |client, grant, world| {
                let url = client.config().fdx_base.join_segment("accounts").unwrap();
                let token = grant.tokens().access_token();
                client.call(token, ResourceRequest::get(url), world.draw(), world.now)
            }),
            Event::Introspect(fate) => self.with_grant(fate, |client, grant, world| {
                client.introspect(grant.tokens().access_token(), world.draw(), world.now)
            }),
            Event::Revoke(fate) => self.with_grant(fate, |client, grant, world| {
                let hint = TokenTypeHint::AccessToken;
                client.revoke(grant.tokens(), hint, world.draw(), world.now)
            }),
        }
    }

    /// The place after `place`, none where the flow has ended.
    fn next(&mut self, place: Place, fate: &Fate) -> Option<Place> {
        let now = self.world.now;
        match place {
            Place::Start => {
                let draft = self.client.push(&usual_request(), self.world.draw(), now);
                self.carry_out(draft, fate).map(Place::Pushed)
            }
            Place::Pushed(pushed) => {
                let (url, pending) = self.told(pushed.redirect(now))?;
                self.handed.push(url.as_str().to_owned());
                Some(Place::Sent(url.as_str().to_owned(), pending))
            }
            Place::Sent(url, pending) => Some(self.customer(url, pending, fate)),
            Place::Back(pending, url) => self.callback(pending, &url, fate),
            Place::Accepted(accepted) => {
                let draft = self.client.exchange(accepted, self.world.draw(), now);
                self.carry_out(draft, fate).map(Place::Exchanged)
            }
            Place::Exchanged(exchanged) => {
                let verified = self.client.verify(exchanged, Some(&self.keys), now);
                match self.told(verified.map_err(|refused| refused.error))? {
                    Verification::Done(verified) => Some(Place::Verified(verified)),
                    _ => None,
                }
            }
            Place::Verified(verified) => {
                let draft = self.client.read_consent(&verified, self.world.draw(), now);
                let Some(read) = self.carry_out(draft, fate) else {
                    return Some(Place::Verified(verified));
                };
                let granted = verified.granted(read).map_err(|refused| refused.error);
                self.grant = Some(Kept::Verified(self.told(granted)?.stored()));
                None
            }
        }
    }

    fn customer(&mut self, url: String, pending: Pending, fate: &Fate) -> Place {
        let decision = match fate {
            Fate::Lost => Decision::refuse(),
            _ => Decision::everything(),
        };
        let visit = http::Request::get(&url).body(Vec::new()).unwrap();
        let page = self.world.bank.handle(&visit, None, self.world.now);
        let back = ConsentPage::read(&page).ok().map(|page| {
            let form = page.decide(&decision).unwrap();
            self.world.bank.handle(&form, None, self.world.now)
        });
        match back.as_ref().and_then(|back| back.headers().get(LOCATION)) {
            Some(location) => {
                let callback = location.to_str().unwrap().to_owned();
                self.callbacks.push(callback.clone());
                Place::Back(pending, callback)
            }
            // The page is no longer there: nobody comes back.
            None => Place::Start,
        }
    }

    fn callback(&mut self, pending: Pending, url: &str, fate: &Fate) -> Option<Place> {
        let received = match fate {
            Fate::Earlier(number) => {
                self.callbacks[usize::from(*number) % self.callbacks.len()].clone()
            }
            Fate::Damaged(at, to) => {
                let mut bytes = url.as_bytes().to_vec();
                let at = usize::from(*at) % bytes.len();
                bytes[at] = b' ' + to % 95;
                String::from_utf8(bytes).unwrap()
            }
            Fate::Cut(at) => url[..usize::from(*at) % url.len()].to_owned(),
            _ => url.to_owned(),
        };
        let now = self.world.now;
        let callback = match pending.response_mode() {
            fdx_par::ResponseMode::Jwt => {
                match self.client.signed_callback(pending, &received, now) {
                    Ok(signed) => self
                        .client
                        .verify(signed, Some(&self.keys), now)
                        .map(|verification| match verification {
                            Verification::Done(callback) => Some(callback),
                            Verification::FetchKeys(_) => None,
                        })
                        .map_err(|refused| (refused.error, refused.unspent.into_pending())),
                    Err(refused) => Err((refused.error, *refused.unspent)),
                }
            }
            _ => self
                .client
                .callback(pending, &received, now)
                .map(Some)
                .map_err(|refused| (refused.error, *refused.unspent)),
        };
        match callback {
            Ok(Some(Callback::Code(accepted))) => Some(Place::Accepted(accepted)),
            Ok(_) => None,
            // What was refused costs nothing: the right one may still come.
            Err((error, pending)) => {
                self.errors.push(error);
                Some(Place::Back(pending, url.to_owned()))
            }
        }
    }

    fn refresh(&mut self, fate: &Fate) {
        let Some(grant) = self.grant.take() else { return };
        let text = match &grant {
            Kept::Verified(grant) => grant.to_json(),
            Kept::Unverified(tokens) => tokens.to_json(),
        };
        let text: serde_json::Value = serde_json::from_str(text.expose()).unwrap();
        let old = text.get("grant").unwrap_or(&text)["refresh_token"].as_str().map(str::to_owned);
        let before = self.world.sent.len();
        let refreshed = match &grant {
            Kept::Verified(grant) => {
                let draft = self.client.refresh(grant, self.world.draw(), self.world.now);
                self.carry_out(draft, fate).map(UnverifiedTokens::from)
            }
            Kept::Unverified(tokens) => {
                let (entropy, now) = (self.world.draw(), self.world.now);
                let draft = self.client.refresh_unverified(tokens, entropy, now);
                self.carry_out(draft, fate)
            }
        };
        let sent = self.world.sent[before..].iter().map(|asked| asked.form());
        let sent = sent.map(|form| form["refresh_token"].clone());
        self.sent_retired.extend(sent.filter(|token| self.retired.contains(token)));
        let Some(refreshed) = refreshed else {
            // A program that does as it is told keeps what it has only where it may try again.
            let ends = self.errors.last().is_some_and(|e| e.next_step() == NextStep::StartOver);
            self.grant = (!ends).then_some(grant);
            return;
        };
        // Whatever the ID token is worth, the new tokens are kept.
        let UnverifiedTokens::Refreshed(refreshed) = refreshed else { panic!("not an exchange") };
        let verified = self.client.verify(refreshed, Some(&self.keys), self.world.now);
        let kept = match verified {
            Ok(Verification::Done(grant)) => Kept::Verified(grant),
            Ok(Verification::FetchKeys(refreshed)) => Kept::Unverified(refreshed.into()),
            Ok(Verification::Decrypt(_)) => panic!("no encryption was registered"),
            Err(refused) => {
                self.errors.push(refused.error);
                Kept::Unverified((*refused.unspent).into())
            }
        };
        // As the answer has it, whatever the client made of it.
        let body = self.arrived.last().map(|answer| answer.body().clone()).unwrap_or_default();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        // RFC 6749 A.17: 1*VSCHAR. A damaged text that breaks this is not a refresh token.
        let is_token =
            |text: &&str| !text.is_empty() && text.bytes().all(|b| (0x20..0x7f).contains(&b));
        let reported = body["refresh_token"].as_str().filter(is_token).map(str::to_owned);
        let new = reported.or(old.clone());
        // A server that tells an old one again has it back.
        self.retired.retain(|retired| Some(retired) != new.as_ref());
        self.retired.extend(old.filter(|old| Some(old) != new.as_ref()));
        self.grant = Some(kept);
    }

    fn with_grant<T: Output>(
        &mut self,
        fate: &Fate,
        draft: impl FnOnce(&Client, &StoredGrant, &mut World) -> Result<Draft<T>, Error>,
    ) {
        if let Some(Kept::Verified(grant)) = &self.grant {
            let grant = grant.clone();
            let draft = draft(&self.client, &grant, &mut self.world);
            let _ = self.carry_out(draft, fate);
        }
    }

    /// The loop that drives every exchange, over the bad wire. `fate` meets the answer to the last
    /// request that the right server would need.
    fn carry_out<T: Output>(
        &mut self,
        draft: Result<Draft<T>, impl Into<Error>>,
        fate: &Fate,
    ) -> Option<T> {
        let mut draft = self.told(draft.map_err(Into::into))?;
        loop {
            let (request, sent) = attached(draft, &self.world.keys);
            let certificate: ClientCertificate = request.certificate();
            let right = self.world.carry(request.into_http(), certificate);
            self.events.push(self.taken);
            let was_challenge = asks_for_nonce(&right);
            let answer = match fate {
                _ if was_challenge && !matches!(fate, Fate::Challenge) => Some(right),
                fate => self.on_its_way(right, fate),
            };
            let Some(answer) = answer else {
                self.heard.push(Heard::Nothing);
                let _ = sent.on_no_response();
                return None;
            };
            self.heard.push(match asks_for_nonce(&answer) {
                true => Heard::Challenge,
                false => Heard::Answer,
            });
            self.arrived.push(answer.clone());
            match self.told(sent.receive(answer, self.world.now))? {
                Step::Again(fresh) => draft = fresh,
                Step::Done(done) => return Some(done),
            }
        }
    }

    fn on_its_way(&self, right: Answer, fate: &Fate) -> Option<Answer> {
        let mut answer = right;
        match fate {
            Fate::Arrives => {}
            Fate::Lost => return None,
            Fate::Earlier(number) => {
                answer = self.arrived[usize::from(*number) % self.arrived.len()].clone();
            }
            Fate::Damaged(at, to) => {
                if let length @ 1.. = answer.body().len() {
                    answer.body_mut()[usize::from(*at) % length] = *to;
                }
            }
            Fate::Cut(at) => {
                let length = answer.body().len();
                answer.body_mut().truncate(usize::from(*at) % (length + 1));
            }
            Fate::Status(status) => {
                *answer.status_mut() = http::StatusCode::from_u16(*status).unwrap();
            }
            Fate::Challenge => {
                answer = self::answer(400, "application/json", r#"{"error":"use_dpop_nonce"}"#);
                answer.headers_mut().insert("dpop-nonce", "a-nonce".parse().unwrap());
            }
        }
        Some(answer)
    }

    fn told<T>(&mut self, result: Result<T, impl Into<Error>>) -> Option<T> {
        result.map_err(|error| self.errors.push(error.into())).ok()
    }
}

fn asks_for_nonce(answer: &Answer) -> bool {
    let challenge = answer.headers().get("www-authenticate");
    let challenged = challenge
        .is_some_and(|text| text.to_str().is_ok_and(|text| text.contains("use_dpop_nonce")));
    let body = String::from_utf8_lossy(answer.body()).contains("\"use_dpop_nonce\"");
    answer.status().is_client_error() && (challenged || body)
}
