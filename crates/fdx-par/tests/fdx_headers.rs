//! The headers of FDX API calls in addition to the token.

use core::net::IpAddr;

use fdx_par::{ActorType, CallFault, Client, Error, FdxHeaders, ResourceRequest, StoredGrant};
use fdx_testkit::{Asked, Binding, Setup, World};
use fdx_wire::UnixTime;
use proptest::prelude::*;

const NAMES: [&str; 6] = [
    "fdx-api-actor-type",
    "fdx-api-data-provider-id",
    "fdx-api-data-recipient-id",
    "x-fapi-customer-ip-address",
    "x-fapi-auth-date",
    "x-customer-user-agent",
];

fn said(sent_request: &Asked) -> Vec<String> {
    NAMES.iter().map(|name| sent_request.header(name)).collect()
}

fn everything(world: &World) -> FdxHeaders {
    FdxHeaders::new()
        .actor_type(ActorType::User)
        .data_provider_id("bank 7")
        .and_then(|headers| headers.data_recipient_id("app-1"))
        .and_then(|headers| headers.customer_user_agent("Mozilla/5.0 (planted)"))
        .unwrap()
        .customer_ip_address("2001:db8::7".parse().unwrap())
        .auth_date(world.now)
}

/// Sends each kind of FDX API call once.
fn calls(world: &mut World, client: &Client, grant: &StoredGrant) {
    let (id, token) = (grant.consent_id().unwrap(), grant.tokens().access_token());
    world.accounts(client, token).unwrap();
    world.read_consent(client, id, token).unwrap();
    world.list_revocations(client, id, token).unwrap();
    world.revoke_consent(client, id, token).unwrap();
}

#[test]
fn every_fdx_call_has_the_headers_and_no_other_request() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        world.config.fdx_headers = everything(&world);
        let (client, grant) = world.stored();
        calls(&mut world, &client, &grant);
        let expected_texts = [
            "USER",
            "bank 7",
            "app-1",
            "2001:db8::7",
            "Mon, 05 Jan 2026 10:00:00 GMT",
            "Mozilla/5.0 (planted)",
        ];
        for sent_request in &world.sent {
            let path = sent_request.http.uri().path();
            let expected = if path.starts_with("/fdx/v6/") { expected_texts } else { [""; 6] };
            assert_eq!(said(sent_request), expected, "{path}");
        }
    }
}

#[test]
fn every_call_returns_the_interaction_id_it_sent() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let (id, token) = (grant.consent_id().unwrap(), grant.tokens().access_token());
    let sent = |world: &World| world.sent.last().unwrap().header("x-fapi-interaction-id");
    let answer = world.accounts(&client, token).unwrap();
    assert_eq!(answer.interaction_id(), sent(&world));
    let read = world.read_consent(&client, id, token).unwrap();
    assert_eq!(read.interaction_id(), sent(&world));
    let list = world.list_revocations(&client, id, token).unwrap();
    assert_eq!(list.interaction_id(), sent(&world));
    let revoked = world.revoke_consent(&client, id, token).unwrap();
    assert_eq!(revoked.interaction_id(), sent(&world));
}

#[test]
fn header_of_a_call_overrides_the_configuration() {
    let mut world = World::new(Setup::default());
    let configured = FdxHeaders::new().actor_type(ActorType::Batch);
    world.config.fdx_headers = configured.data_provider_id("bank-7").unwrap();
    let (client, grant) = world.stored();
    let token = grant.tokens().access_token();
    let there = FdxHeaders::new().actor_type(ActorType::User);
    let there = there.customer_ip_address("192.0.2.7".parse().unwrap());
    world.accounts(&client.with_fdx_headers(there), token).unwrap();
    let sent_request = world.sent.last().unwrap();
    assert_eq!(said(sent_request), ["USER", "bank-7", "", "192.0.2.7", "", ""]);
    // The original client keeps its headers.
    world.accounts(&client, token).unwrap();
    assert_eq!(said(world.sent.last().unwrap()), ["BATCH", "bank-7", "", "", "", ""]);
    // A header of the request overrides the configured one.
    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    let request = ResourceRequest::get(url).header("FDX-API-Actor-Type", "USER").unwrap();
    let draft = client.call(token, request, world.draw(), world.now).unwrap();
    world.run(draft).unwrap();
    assert_eq!(world.sent.last().unwrap().header("fdx-api-actor-type"), "USER");
}

#[test]
fn sends_only_headers_that_were_set() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    calls(&mut world, &client, &grant);
    assert!(world.sent.iter().all(|sent_request| said(sent_request) == [""; 6]));
}

#[test]
fn debug_hides_the_customers_address() {
    let world = World::new(Setup::default());
    let printed = format!("{:?}", everything(&world));
    assert!(printed.contains("bank 7"));
    for hidden in ["planted", "2001", "1767607200"] {
        assert!(!printed.contains(hidden), "{printed}");
    }
}

fn texts(text: &str) -> [Result<FdxHeaders, Error>; 3] {
    [
        FdxHeaders::new().data_provider_id(text),
        FdxHeaders::new().data_recipient_id(text),
        FdxHeaders::new().customer_user_agent(text),
    ]
}

#[test]
fn rejects_text_that_a_header_can_not_hold() {
    for text in ["", " a", "a ", "a\r\nb: c", "a\tb", "\u{e9}", "\0", "\u{7f}", &"a".repeat(1025)] {
        for refused in texts(text) {
            assert_eq!(refused, Err(CallFault::HeaderText.into()), "{text:?}");
        }
    }
    for (length, taken) in [(256, [true; 3]), (257, [false, false, true])] {
        assert_eq!(texts(&"a".repeat(length)).map(|taken| taken.is_ok()), taken);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The institution's reader accepts every header as well.
    #[test]
    fn every_settable_header_arrives_unchanged(
        id in "[!-~]([ -~]{0,254}[!-~])?",
        ip: IpAddr,
        seconds in 0u64..253_402_207_200,
    ) {
        let mut world = World::new(Setup::default());
        world.config.fdx_headers = FdxHeaders::new()
            .data_provider_id(&id)
            .unwrap()
            .customer_ip_address(ip)
            .auth_date(UnixTime::from_seconds(seconds));
        let (client, grant) = world.stored();
        world.accounts(&client, grant.tokens().access_token()).unwrap();
        let sent_request = world.sent.last().unwrap();
        prop_assert_eq!(sent_request.header("fdx-api-data-provider-id"), id);
        prop_assert_eq!(sent_request.header("x-fapi-customer-ip-address").parse::<IpAddr>(), Ok(ip));
    }
}
