use fdx_wire::UnixTime;
use http::{Request, Response};

use super::{Misbehaviour, Moment, Stage, WrongMetadata, WrongNonce, WrongRefresh};
use crate::config::{NoncePolicy, RefreshPolicy};
use crate::institution::Institution;
use crate::place::Place;
use crate::telling::Surface;

/// How much is remembered of what came after.
const REMEMBERED: usize = 100;

/// A misbehaviour at work.
#[derive(Debug)]
pub(crate) struct Active {
    what: Misbehaviour,
    aftermath: Aftermath,
}

/// What a misbehaviour came to: whether it showed, and what the client did then.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Aftermath {
    /// How often it showed.
    pub fired: u32,
    /// The paths that were asked for after it showed last, in order, the first hundred of them.
    pub since: Vec<String>,
}

impl Active {
    pub(crate) fn new(what: Misbehaviour) -> Self {
        Self { what, aftermath: Aftermath::default() }
    }

    fn fire(&mut self) {
        self.aftermath.fired = self.aftermath.fired.saturating_add(1);
        self.aftermath.since.clear();
    }
}

impl Institution {
    /// Lets the institution be wrong in this one way from now on, or in none.
    pub fn misbehave(&mut self, misbehaviour: Option<Misbehaviour>) {
        self.active = misbehaviour.map(Active::new);
    }

    /// What the misbehaviour came to since it was set.
    #[must_use]
    pub fn aftermath(&self) -> Aftermath {
        self.active.as_ref().map(|active| active.aftermath.clone()).unwrap_or_default()
    }

    /// How nonces are asked for: as it is configured, or never, which is then remembered.
    pub(crate) fn nonce_policy(&mut self) -> NoncePolicy {
        let never = Misbehaviour::Nonce(WrongNonce::NeverAskedFor);
        match self.active.as_mut().filter(|active| active.what == never) {
            Some(active) => {
                active.fire();
                NoncePolicy::Silent
            }
            None => self.config().nonce_policy,
        }
    }

    /// What becomes of refresh tokens: as it is configured, or each is replaced, which is then
    /// remembered.
    pub(crate) fn refresh_policy(&mut self) -> RefreshPolicy {
        let rotated = Misbehaviour::Refresh(WrongRefresh::Rotated);
        match self.active.as_mut().filter(|active| active.what == rotated) {
            Some(active) => {
                active.fire();
                RefreshPolicy::Rotate
            }
            None => self.config().refresh_policy,
        }
    }

    /// Whether a refresh token that was replaced may come once more, from whoever lost the answer.
    pub(crate) fn forgives_lost_answers(&self) -> bool {
        let rotated = Misbehaviour::Refresh(WrongRefresh::Rotated);
        self.active.as_ref().is_none_or(|active| active.what != rotated)
    }

    /// The door where requests come in: some are answered here, by nobody who is honest.
    pub(crate) fn take_in(&mut self, request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        self.active.as_ref()?;
        let config = self.config();
        let active = self.active.as_mut()?;
        let place = Place::of(request.uri().path(), &config);
        let at_resource = place.is_some_and(|place| matches!(place.surface().0, Surface::Resource));
        if active.aftermath.fired > 0 && active.aftermath.since.len() < REMEMBERED {
            active.aftermath.since.push(request.uri().path().to_owned());
        }
        let answer = match active.what {
            Misbehaviour::Metadata(WrongMetadata::AnotherServersTokenEndpoint) => {
                super::metadata::another_server(request)
            }
            Misbehaviour::Nonce(WrongNonce::WithoutProof) => super::nonce::trap(request),
            Misbehaviour::Nonce(WrongNonce::OfAnotherServer) if at_resource => {
                super::nonce::trap(request)
            }
            _ => None,
        };
        if answer.is_some() {
            active.fire();
        }
        answer
    }

    /// The door where answers go out.
    pub(crate) fn let_out(
        &mut self,
        request: &Request<Vec<u8>>,
        mut response: Response<Vec<u8>>,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        let config = self.config();
        let Some(active) = self.active.as_mut() else {
            return response;
        };
        let place = Place::of(request.uri().path(), &config);
        let Some(moment) = place.and_then(|place| Moment::of(place, request)) else {
            return response;
        };
        let before = response.clone();
        let fired = active.aftermath.fired;
        active.what.spoil(&mut Stage {
            moment,
            config: &config,
            response: &mut response,
            now,
            fired,
        });
        let same = before.status() == response.status()
            && before.headers() == response.headers()
            && before.body() == response.body();
        if !same {
            active.fire();
        }
        response
    }
}
