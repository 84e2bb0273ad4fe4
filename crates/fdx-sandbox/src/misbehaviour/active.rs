//! An active misbehaviour and its effects.

use fdx_wire::UnixTime;
use http::{Request, Response};

use crate::institution::config::InstitutionConfig;
use crate::institution::place::{Place, Surface};
use crate::institution::state::Met;
use crate::misbehaviour::catalogue::Misbehaviour;
use crate::misbehaviour::moment::Moment;
use crate::misbehaviour::stage::Stage;

/// How many later requests are recorded.
const RECORDED: usize = 100;

/// An active misbehaviour.
#[derive(Debug)]
pub(crate) struct Active {
    what: Misbehaviour,
    aftermath: Aftermath,
}

/// The effects of a misbehaviour: whether it showed, and the client's requests after it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Aftermath {
    /// How often it showed.
    pub fired: u32,
    /// The paths requested since it last showed, in order, at most 100.
    pub since: Vec<String>,
}

impl Active {
    pub(crate) fn new(what: Misbehaviour) -> Self {
        Self { what, aftermath: Aftermath::default() }
    }

    pub(crate) fn aftermath(&self) -> &Aftermath {
        &self.aftermath
    }

    /// Answers some requests in place of the institution.
    pub(crate) fn intercept(
        &mut self,
        config: &InstitutionConfig,
        request: &Request<Vec<u8>>,
    ) -> Option<Response<Vec<u8>>> {
        let path = request.uri().path();
        if self.aftermath.fired > 0 && self.aftermath.since.len() < RECORDED {
            self.aftermath.since.push(path.to_owned());
        }
        let place = Place::of(path, config);
        let at_resource = place.is_some_and(|place| matches!(place.surface().0, Surface::Resource));
        let response = self.what.intercept(request, at_resource);
        if response.is_some() {
            self.fire();
        }
        response
    }

    /// Counts a misbehaviour that is a policy of the institution.
    pub(crate) fn count_policies(&mut self, met: Met) {
        if self.what.shows_by_policy(met) {
            self.fire();
        }
    }

    /// Changes a response, if the misbehaviour concerns it.
    pub(crate) fn tamper(
        &mut self,
        config: &InstitutionConfig,
        request: &Request<Vec<u8>>,
        mut response: Response<Vec<u8>>,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        let place = Place::of(request.uri().path(), config);
        let Some(moment) = place.and_then(|place| Moment::of(place, request)) else {
            return response;
        };
        let before = response.clone();
        let fired = self.aftermath.fired;
        self.what.tamper(&mut Stage { moment, config, response: &mut response, now, fired });
        let unchanged = before.status() == response.status()
            && before.headers() == response.headers()
            && before.body() == response.body();
        if !unchanged {
            self.fire();
        }
        response
    }

    fn fire(&mut self) {
        self.aftermath.fired = self.aftermath.fired.saturating_add(1);
        self.aftermath.since.clear();
    }
}
