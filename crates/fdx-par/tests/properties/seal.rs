//! A sealed pending value opens only with the values it is bound to, and until it expires.

use core::time::Duration;

use fdx_jose::{SealingKey, SealingKeys, backend};
use fdx_par::{Client, Pending};
use fdx_sandbox::{NoncePolicy, Sandbox};
use fdx_testkit::{Setup, World, entropy};
use fdx_wire::{Issuer, RedirectUri};
use proptest::prelude::*;

/// Everything that a sealed value is bound to.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    key: (u32, u8),
    session: Vec<u8>,
    issuer: &'static str,
    client_id: &'static str,
    redirect_uri: &'static str,
}

fn place() -> impl Strategy<Value = Place> {
    let names = (
        prop::sample::select(vec!["https://bank.example", "https://bank.example/fdx"]),
        prop::sample::select(vec!["app-1", "app-2"]),
        prop::sample::select(vec!["https://app.example/callback", "https://app.example/callbac"]),
    );
    let session = prop::collection::vec(0..2u8, 0..3);
    ((0..2u32, 0..2u8), session, names).prop_map(|(key, session, names)| {
        let (issuer, client_id, redirect_uri) = names;
        Place { key, session, issuer, client_id, redirect_uri }
    })
}

impl Place {
    /// Returns a copy with one part of `other`. The sixth index changes no part.
    fn with(mut self, other: &Self, part: usize) -> Self {
        match part {
            0 => self.key = other.key,
            1 => self.session.clone_from(&other.session),
            2 => self.issuer = other.issuer,
            3 => self.client_id = other.client_id,
            4 => self.redirect_uri = other.redirect_uri,
            _ => {}
        }
        self
    }
}

fn keys(place: &Place) -> SealingKeys {
    let (id, byte) = place.key;
    SealingKeys::new(backend::ring(), SealingKey::new(id, [byte; 32]))
}

/// The client of `place`, and the institution that it is registered at.
fn world(place: &Place) -> (World, Client) {
    let setup = Setup { nonces: NoncePolicy::Silent, ..Setup::default() };
    let (mut config, mut bank) = (setup.config(), setup.institution_config());
    config.issuer = Issuer::parse(place.issuer).unwrap();
    config.client_id = place.client_id.to_owned();
    config.redirect_uri = RedirectUri::parse(place.redirect_uri).unwrap();
    bank.issuer = config.issuer.clone();
    bank.clients[0].client_id.clone_from(&config.client_id);
    bank.clients[0].redirect_uris = vec![config.redirect_uri.clone()];
    let bank = Sandbox::new(bank, entropy(200));
    let mut world = World::of(setup.algorithm, bank, config);
    let client = world.client().unwrap();
    (world, client)
}

fn pending(place: &Place) -> Pending {
    let (mut world, client) = world(place);
    world.push(&client, &fdx_testkit::usual_request()).unwrap().1
}

proptest! {
    #[test]
    fn sealed_value_opens_only_unchanged_and_before_expiry(
        sealed_in in place(),
        other in place(),
        which in 0..6usize,
        after in 0..2u64,
    ) {
        let opened_in = sealed_in.clone().with(&other, which);
        let pending = pending(&sealed_in);
        let sealed = pending.seal(&keys(&sealed_in), &sealed_in.session, entropy(9)).unwrap();
        let now = pending.callback_by() + Duration::from_secs(after);
        let opened = world(&opened_in).1.open(&sealed, &keys(&opened_in), &opened_in.session, now);
        let expected = match (sealed_in == opened_in, after) {
            (true, 0) => Ok(()),
            (true, _) => Err("fdx.seal.expired"),
            (false, _) => Err("fdx.seal.not_ours"),
        };
        prop_assert_eq!(opened.map(drop).map_err(|error| error.code()), expected);
    }
}
