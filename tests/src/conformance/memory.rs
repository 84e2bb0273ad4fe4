use fdx_par::{ClientConfig, Draft, Output, ResponseMode};
use fdx_sandbox::Institution;
use fdx_sandbox::misbehaviour::{Flow, Misbehaviour};
use fdx_wire::{Entropy, UnixTime};

use super::{Line, Stop, Wire, at_once, judge, walk};
use crate::setup::{Requests, Setup};
use crate::wire::World;

/// Every misbehaviour, without a socket.
#[must_use]
pub fn in_memory() -> Vec<Line> {
    Misbehaviour::all()
        .map(|misbehaviour| {
            let mut world = World::new(setup(misbehaviour.flow()));
            world.config.registered_entity_id = Some(world.config.client_id.clone());
            world.bank.misbehave(Some(misbehaviour));
            let went = at_once(walk(&mut world));
            judge(misbehaviour, &went, &world.bank.aftermath())
        })
        .collect()
}

/// The flow in which it shows.
pub(super) fn setup(flow: Flow) -> Setup {
    match flow {
        Flow::MessageSigning => Setup {
            requests: Requests::Signed,
            response_mode: ResponseMode::Jwt,
            ..Setup::default()
        },
        Flow::Any | Flow::Dpop => Setup::default(),
    }
}

impl Wire for World {
    async fn run<T: Output>(&mut self, draft: Draft<T>) -> Result<T, Stop> {
        Ok(Self::run(self, draft)?)
    }

    fn bank<R>(&mut self, ask: impl FnOnce(&mut Institution) -> R) -> R {
        ask(&mut self.bank)
    }

    fn config(&self) -> ClientConfig {
        self.config.clone()
    }

    fn draw(&mut self) -> Entropy {
        Self::draw(self)
    }

    fn now(&self) -> UnixTime {
        self.now
    }
}
