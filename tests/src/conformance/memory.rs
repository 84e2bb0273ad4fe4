use fdx_jose::Algorithm;
use fdx_par::{ClientConfig, Draft, Output, ResponseMode};
use fdx_sandbox::Sandbox;
use fdx_sandbox::misbehaviour::{Aftermath, Flow, Misbehaviour};
use fdx_wire::{Entropy, UnixTime};

use super::registering::open_to_tokens;
use super::{FLOWS, Line, Stop, Went, Wire, at_once, judge, walk, well_behaved};
use fdx_testkit::{Requests, Setup, World, entropy};

/// Runs flows with a correct institution and with every misbehaviour, without a socket.
#[must_use]
pub fn in_memory() -> Vec<Line> {
    let right = FLOWS.iter().map(|flow| well_behaved(*flow, &met(*flow, None).0));
    let wrong = Misbehaviour::all().map(|misbehaviour| {
        let (went, aftermath) = met(misbehaviour.flow(), Some(misbehaviour));
        judge(misbehaviour, &went, &aftermath)
    });
    right.chain(wrong).collect()
}

fn met(flow: Flow, misbehaviour: Option<Misbehaviour>) -> (Went, Aftermath) {
    let mut world = world(flow);
    world.config.registered_entity_id = Some(world.config.client_id.clone());
    world.bank.misbehave(misbehaviour);
    let went = at_once(walk(&mut world, flow));
    (went, world.bank.aftermath())
}

/// Creates a recipient and an institution for this kind of flow. Clients can register if the flow
/// registers one.
#[must_use]
pub fn world(flow: Flow) -> World {
    let setup = setup(flow);
    let mut bank = setup.institution_config();
    if matches!(flow, Flow::Registration | Flow::ManagedRegistration) {
        bank.registration = open_to_tokens();
    }
    World::of(setup.algorithm, Sandbox::new(bank, entropy(200)), setup.config())
}

/// Runs the flow in which the misbehaviour occurs.
pub(super) fn setup(flow: Flow) -> Setup {
    match flow {
        Flow::MessageSigning => Setup {
            requests: Requests::Signed,
            response_mode: ResponseMode::Jwt,
            ..Setup::default()
        },
        Flow::Es256 => Setup { algorithm: Algorithm::Es256, ..Setup::default() },
        Flow::Ps256 => Setup { algorithm: Algorithm::Ps256, ..Setup::default() },
        Flow::Any
        | Flow::ConsentRevocation
        | Flow::Dpop
        | Flow::Late
        | Flow::ManagedRegistration
        | Flow::RefreshedTwice
        | Flow::Registration => Setup::default(),
    }
}

impl Wire for World {
    async fn run<T: Output>(&mut self, draft: Draft<T>) -> Result<T, Stop> {
        Ok(Self::run(self, draft)?)
    }

    fn bank<R>(&mut self, ask: impl FnOnce(&mut Sandbox) -> R) -> R {
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
