//! A sealed pending value opens in its own place and time, and in no other.

use core::time::Duration;
use std::sync::LazyLock;

use fdx_jose::{SealingKey, SealingKeys, backend};
use fdx_par::{Client, Pending};
use fdx_sandbox::NoncePolicy;
use fdx_tests::{Setup, World, entropy};
use fdx_wire::RedirectUri;
use proptest::prelude::*;

/// All that a sealed value is bound to but the issuer, which `sealed.rs` changes.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    key: (u32, u8),
    session: Vec<u8>,
    client_id: &'static str,
    redirect_uri: &'static str,
}

fn place() -> impl Strategy<Value = Place> {
    let names = (
        prop::sample::select(vec!["app-1", "app-2"]),
        prop::sample::select(vec!["https://app.example/callback", "https://app.example/callbac"]),
    );
    let session = prop::collection::vec(0..2u8, 0..3);
    ((0..2u32, 0..2u8), session, names).prop_map(|(key, session, (client_id, redirect_uri))| {
        Place { key, session, client_id, redirect_uri }
    })
}

fn keys(place: &Place) -> SealingKeys {
    let (id, byte) = place.key;
    SealingKeys::new(backend::ring(), SealingKey::new(id, [byte; 32]))
}

fn client(place: &Place) -> Client {
    static CLIENT: LazyLock<Client> =
        LazyLock::new(|| World::new(Setup::default()).client().unwrap());
    let mut config = Setup::default().config();
    config.client_id = place.client_id.to_owned();
    config.redirect_uri = RedirectUri::parse(place.redirect_uri).unwrap();
    Client::new(config, CLIENT.metadata().clone()).unwrap()
}

fn pending(client: &Client) -> Pending {
    let setup = Setup { nonces: NoncePolicy::Silent, ..Setup::default() };
    let mut world = World::new(setup);
    let mut registered = setup.registered();
    registered.client_id = client.config().client_id.clone();
    registered.redirect_uris = vec![client.config().redirect_uri.clone()];
    world.bank.register(registered);
    world.push(client, &fdx_tests::usual_request()).unwrap().1
}

proptest! {
    #[test]
    fn it_opens_where_nothing_differs_and_until_it_expires(
        sealed_in in place(),
        opened_in in prop_oneof![Just(None), place().prop_map(Some)],
        after in 0..2u64,
    ) {
        let opened_in = opened_in.unwrap_or_else(|| sealed_in.clone());
        let pending = pending(&client(&sealed_in));
        let sealed = pending.seal(&keys(&sealed_in), &sealed_in.session, entropy(9)).unwrap();
        let now = pending.callback_by() + Duration::from_secs(after);
        let opened = client(&opened_in).open(&sealed, &keys(&opened_in), &opened_in.session, now);
        let expected = match (sealed_in == opened_in, after) {
            (true, 0) => Ok(()),
            (true, _) => Err("fdx.seal.expired"),
            (false, _) => Err("fdx.seal.not_ours"),
        };
        prop_assert_eq!(opened.map(drop).map_err(|error| error.code()), expected);
    }
}
