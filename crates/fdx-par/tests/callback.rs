//! The callback: the right one is accepted, and similar wrong ones are rejected.

use fdx_par::{
    Callback, CallbackFault, Client, Error, NextStep, Pending, StoredStateFault, error::RefusalKind,
};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Setup, World, usual_request};
use fdx_wire::form::Query;
use fdx_wire::{UnixTime, percent_encode};
use proptest::prelude::*;

/// The parts of the right callback.
struct Right {
    world: World,
    client: Client,
    state: String,
    code: String,
}

const PLACE: &str = "https://app.example/callback";
const ISS: &str = "https://bank.example";

fn right() -> (Right, Pending) {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let (pending, url) = world.pending(&client);
    let query = Query::parse(url.split_once('?').unwrap().1, 8192).unwrap();
    assert_eq!(query.one("iss").unwrap(), Some(ISS));
    let one = |name| query.one(name).unwrap().unwrap().to_owned();
    let (state, code) = (one("state"), one("code"));
    (Right { world, client, state, code }, pending)
}

impl Right {
    fn now(&self) -> UnixTime {
        self.world.now
    }

    fn query(&self) -> String {
        format!("code={}&state={}&iss={}", self.code, self.state, percent_encode(ISS))
    }

    fn url(&self) -> String {
        format!("{PLACE}?{}", self.query())
    }

    /// Returns the fault of `url` at `now` and the returned pending value.
    fn refused(&self, pending: Pending, url: &str, now: UnixTime) -> (Error, Pending) {
        match self.client.callback(pending, url, now) {
            Err(refused) => (refused.error, *refused.unspent),
            Ok(outcome) => panic!("{url} was taken: {outcome:?}"),
        }
    }
}

/// A callback with an empty `error`, and with this.
fn empty_error(right: &Right, more: &str) -> String {
    format!("{PLACE}?state={}&iss={ISS}&error={more}", right.state)
}

/// A URL made of the right parts, and the fault it must have.
type Row = (&'static str, fn(&Right) -> String, CallbackFault);

fn table() -> Vec<Row> {
    use CallbackFault as F;
    vec![
        ("code and error", |r| format!("{}&error=access_denied", r.url()), F::BothCodeAndError),
        ("neither", |r| r.url().replace("code=", "kode="), F::Neither),
        ("an empty code", |r| r.url().replace(&r.code, ""), F::Neither),
        ("an empty error", |r| empty_error(r, ""), F::Neither),
        ("an empty code and an empty error", |r| empty_error(r, "&code="), F::Neither),
        ("a code of two lines", |r| r.url().replace("code=", "code=a%0Ab"), F::CodeText),
        ("a code with an accent", |r| r.url().replace("code=", "code=%C3%A9"), F::CodeText),
        ("two codes", |r| format!("{}&code=x", r.url()), F::Duplicate),
        ("the same code twice", |r| format!("{}&code={}", r.url(), r.code), F::Duplicate),
        ("two states", |r| format!("{}&state={}", r.url(), r.state), F::Duplicate),
        ("two isses", |r| format!("{}&iss={ISS}", r.url()), F::Duplicate),
        ("a name twice by an escape", |r| format!("{}&%63ode=x", r.url()), F::Duplicate),
        ("two errors", |r| format!("{}&error=a&error=b", r.url()), F::Duplicate),
        (
            "two descriptions",
            |r| format!("{}&error_description=a&error_description=a", r.url()),
            F::Duplicate,
        ),
        ("two error_uris", |r| format!("{}&error_uri=a&error_uri=a", r.url()), F::Duplicate),
        ("an access token", |r| format!("{}&access_token=x", r.url()), F::FrontChannelToken),
        ("an ID token", |r| format!("{}&id_token=x", r.url()), F::FrontChannelToken),
        ("a JARM response", |r| format!("{}&response=x", r.url()), F::FrontChannelToken),
        ("another issuer", |r| iss(r, "https://evil.example"), F::IssMismatch),
        ("iss with a slash", |r| iss(r, "https://bank.example/"), F::IssMismatch),
        ("iss in capitals", |r| iss(r, "https://BANK.example"), F::IssMismatch),
        ("iss with a port", |r| iss(r, "https://bank.example:443"), F::IssMismatch),
        ("an empty iss", |r| iss(r, ""), F::IssMismatch),
        ("iss of a prefix", |r| iss(r, "https://bank.exampl"), F::IssMismatch),
        ("no iss", |r| format!("{PLACE}?code={}&state={}", r.code, r.state), F::IssMissing),
        (
            "another issuer's error",
            |r| format!("{PLACE}?error=access_denied&state={}&iss=https://evil.example", r.state),
            F::IssMismatch,
        ),
        (
            "an error without iss",
            |r| format!("{PLACE}?error=access_denied&state={}", r.state),
            F::IssMissing,
        ),
        (
            "an error without state",
            |_| format!("{PLACE}?error=access_denied&iss={ISS}"),
            F::StateMissing,
        ),
        (
            "an error with another state",
            |_| format!("{PLACE}?error=access_denied&state=x&iss={ISS}"),
            F::StateMismatch,
        ),
        ("no state", |r| format!("{PLACE}?code={}&iss={ISS}", r.code), F::StateMissing),
        ("an empty state", |r| r.url().replace(&r.state, ""), F::StateMismatch),
        ("a shorter state", |r| r.url().replace(&r.state, &r.state[1..]), F::StateMismatch),
        (
            "a longer state",
            |r| r.url().replace(&r.state, &format!("{}A", r.state)),
            F::StateMismatch,
        ),
        ("only the flow id", |r| r.url().replace(&r.state, &r.state[..24]), F::StateMismatch),
        ("another host", |r| r.url().replace("app.example", "evil.example"), F::OtherRedirectUri),
        (
            "a longer host",
            |r| r.url().replace("app.example", "app.example.evil"),
            F::OtherRedirectUri,
        ),
        (
            "another port",
            |r| r.url().replace("app.example", "app.example:8443"),
            F::OtherRedirectUri,
        ),
        ("a path below", |r| r.url().replace("/callback", "/callback/x"), F::OtherRedirectUri),
        (
            "a path with a slash",
            |r| r.url().replace("/callback", "/callback/"),
            F::OtherRedirectUri,
        ),
        ("a path in capitals", |r| r.url().replace("/callback", "/Callback"), F::OtherRedirectUri),
        ("an escaped path", |r| r.url().replace("/callback", "/%63allback"), F::OtherRedirectUri),
        ("no path", |r| r.url().replace("/callback", ""), F::OtherRedirectUri),
        (
            "http on loopback",
            |r| r.url().replace("https://app.example", "http://127.0.0.1"),
            F::OtherRedirectUri,
        ),
        ("http", |r| r.url().replace("https:", "http:"), F::Unreadable),
        ("the path alone", |r| r.url().replace("https://app.example", ""), F::Unreadable),
        ("user information", |r| r.url().replace("app.", "app@app."), F::Unreadable),
        ("a backslash", |r| r.url().replace("/callback", "\\callback"), F::Unreadable),
        ("nothing", |_| String::new(), F::Unreadable),
        ("a broken escape", |r| format!("{PLACE}?state=%4&{}", r.query()), F::Duplicate),
        ("a state that is no text", |r| r.url().replace("state=", "state=%E8"), F::Unreadable),
        ("a code that is not UTF-8", |r| r.url().replace("code=", "code=%ff"), F::Unreadable),
        ("a fragment", |r| format!("{}#_", r.url()), F::Unreadable),
        (
            "a fragment after the code",
            |r| format!("{PLACE}?state={}&iss={ISS}&code={}#_=_", r.state, r.code),
            F::Unreadable,
        ),
        ("a fragment for all", |r| format!("{PLACE}#{}", r.query()), F::Unreadable),
        ("8,193 bytes", |r| format!("{:x<8193}", format!("{}&x=", r.url())), F::TooLong),
        ("101 parameters", |r| format!("{}{}", r.url(), "&x".repeat(98)), F::TooLong),
    ]
}

fn iss(right: &Right, iss: &str) -> String {
    right.url().replace(&percent_encode(ISS), &percent_encode(iss))
}

#[test]
fn rejected_callback_returns_the_pending_value() {
    let mut seen = Vec::new();
    for (name, url, fault) in table() {
        let (right, pending) = right();
        let url = url(&right);
        let sent = right.world.sent.len();
        let (error, pending) = right.refused(pending, &url, right.now());
        assert_eq!(error, Error::Callback(fault), "{name}: {url}");
        assert_eq!(error.next_step(), NextStep::KeepWaiting, "{name}");
        assert!(!error.to_string().contains(&right.code), "{name}");
        assert_eq!(right.world.sent.len(), sent, "{name}");
        seen.push(fault);
        exchanges(right, pending, name);
    }
    // Expired is tested below, because no later callback can be right. NotSigned needs the response
    // mode jwt. IssNotAnnounced needs other metadata: see `unusual_callbacks`.
    seen.extend([CallbackFault::Expired, CallbackFault::IssNotAnnounced, CallbackFault::NotSigned]);
    for fault in CallbackFault::ALL {
        assert!(seen.contains(fault), "{fault:?} was not provoked");
    }
}

/// Asserts that the right callback is accepted and that its code is exchanged for tokens.
fn exchanges(right: Right, pending: Pending, name: &str) {
    let (url, Right { mut world, client, .. }) = (right.url(), right);
    let exchanged = world.exchange(&client, pending, &url);
    assert!(exchanged.is_ok(), "{name}: {exchanged:?}");
}

#[test]
fn rejects_state_with_one_changed_character() {
    let (right, mut pending) = right();
    for at in 0..right.state.len() {
        let mut state = right.state.clone().into_bytes();
        state[at] = if state[at] == b'A' { b'B' } else { b'A' };
        let url = right.url().replace(&right.state, &String::from_utf8(state).unwrap());
        let (error, unspent) = right.refused(pending, &url, right.now());
        assert_eq!(error, CallbackFault::StateMismatch.into(), "{at}");
        pending = unspent;
    }
    exchanges(right, pending, "after all of them");
}

#[test]
fn a_callback_is_in_time_until_its_deadline() {
    let (right, pending) = right();
    let by = pending.callback_by();
    assert_eq!(by, right.now() + core::time::Duration::from_secs(30 * 60));
    let late = by + core::time::Duration::from_secs(1);
    let (error, pending) = right.refused(pending, &right.url(), late);
    assert_eq!(error, CallbackFault::Expired.into());
    assert_eq!(error.next_step(), NextStep::StartOver);
    assert!(matches!(right.client.callback(pending, &right.url(), by), Ok(Callback::Code(_))));
}

#[test]
fn an_error_ends_the_flow() {
    for (error, next) in [
        ("access_denied", NextStep::RespectTheCustomer),
        ("server_error", NextStep::StartOver),
        ("temporarily_unavailable", NextStep::StartOver),
        ("login_required", NextStep::StartOver),
        ("invalid_request_uri", NextStep::StartOver),
        ("invalid_request", NextStep::Correct),
        ("something_new", NextStep::Correct),
    ] {
        let (right, pending) = right();
        let more = "error_description=The%20customer+said%0Ano&error_uri=https%3A%2F%2Fx.example";
        let url = format!("{PLACE}?error={error}&{more}&state={}&iss={ISS}", right.state);
        let Ok(Callback::Denied(refusal)) = right.client.callback(pending, &url, right.now())
        else {
            panic!("{error}")
        };
        assert_eq!((refusal.kind, refusal.next_step), (RefusalKind::Authorization, next));
        assert!(refusal.is(error), "{refusal}");
        let description = refusal.said.error_description.as_ref().unwrap();
        assert_eq!(description.as_str(), "The customer said\\nno");
    }
}

/// RFC 6749 3.1: a parameter without a value counts as omitted.
#[test]
fn an_empty_parameter_changes_nothing() {
    let (right, pending) = right();
    let denial = format!("{PLACE}?error=access_denied&code=&state={}&iss={ISS}", right.state);
    let denied = right.client.callback(pending, &denial, right.now());
    assert!(matches!(denied, Ok(Callback::Denied(refusal)) if refusal.is("access_denied")));
    let (right, pending) = self::right();
    let url = format!("{}&error=", right.url());
    let taken = right.client.callback(pending, &url, right.now());
    assert!(matches!(taken, Ok(Callback::Code(_))), "{taken:?}");
}

#[test]
fn ignores_unknown_callback_parameters() {
    let rows: [fn(&Right) -> String; 6] = [
        |r| format!("{}&session_state=x", r.url()),
        |r| format!("{}&x=1&x=2", r.url()),
        |r| format!("{PLACE}?&&iss={ISS}&state={}&&code={}&", r.state, r.code),
        |r| r.url().replace("https://app.example", "https://app.example:443"),
        |r| r.url().replace("https://app.example", "https://APP.example"),
        |r| format!("{}{}", r.url(), "&x".repeat(97)),
    ];
    for url in rows {
        let (right, pending) = right();
        let taken = right.client.callback(pending, &url(&right), right.now());
        assert!(matches!(taken, Ok(Callback::Code(_))), "{taken:?}");
    }
}

#[test]
fn rejects_callback_of_another_flow() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let (first, first_url) = world.pending(&client);
    let draft = client.push(&usual_request(), fdx_testkit::entropy(77), world.now).unwrap();
    let (url, second) = world.run(draft).unwrap().redirect(world.now).unwrap();
    let second_url = world.customer(url.as_str(), &fdx_sandbox::customer::Decision::everything());
    let first = client.callback(first, &second_url, world.now).unwrap_err();
    assert_eq!(first.error, CallbackFault::StateMismatch.into());
    let second = client.callback(second, &first_url, world.now).unwrap_err();
    assert_eq!(second.error, CallbackFault::StateMismatch.into());
    assert!(world.exchange(&client, *first.unspent, &first_url).is_ok());
    assert!(client.callback(*second.unspent, &second_url, world.now).is_ok());
}

#[test]
fn rejects_flow_of_another_client() {
    let (right, pending) = right();
    let mut config = Setup::default().config();
    config.client_id = "app-2".to_owned();
    let other = Client::new(config, right.client.metadata().clone()).unwrap();
    let refused = other.callback(pending, &right.url(), right.now()).unwrap_err();
    assert_eq!(refused.error, StoredStateFault::OtherClient.into());
    exchanges(right, *refused.unspent, "by its own client");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn rejects_every_random_text_without_panic(urls in prop::collection::vec(url(), 50)) {
        let (right, mut pending) = right();
        for url in urls {
            let (error, unspent) = right.refused(pending, &url, right.now());
            prop_assert!(matches!(error, Error::Callback(_)));
            pending = unspent;
        }
        prop_assert!(right.client.callback(pending, &right.url(), right.now()).is_ok());
    }

    #[test]
    fn accepted_callback_has_redirect_uri_state_and_iss(at in 0..1000_usize, to in "[ -~]") {
        let (right, pending) = right();
        let mut url = right.url();
        let at = at % url.len();
        url.replace_range(at..=at, &to);
        match right.client.callback(pending, &url, right.now()) {
            Ok(Callback::Code(_)) => {
                let (place, query) = url.split_once('?').unwrap();
                prop_assert!(place.eq_ignore_ascii_case(PLACE) && place.ends_with("/callback"));
                let query = Query::parse(query, 8192).unwrap();
                prop_assert_eq!(query.one("state"), Ok(Some(right.state.as_str())));
                prop_assert_eq!(query.one("iss"), Ok(Some(ISS)));
                prop_assert_eq!(query.one("code").unwrap().map(str::is_empty), Some(false));
            }
            Ok(Callback::Denied(refusal)) => prop_assert!(false, "{url}: {refusal}"),
            Err(refused) => prop_assert!(matches!(refused.error, Error::Callback(_)), "{url}"),
        }
    }
}

/// Generates texts that resemble a callback to different degrees.
fn url() -> impl Strategy<Value = String> {
    let pair = (
        prop_oneof!["code", "state", "iss", "error", "%63ode", "[a-z%+=]{0,6}", "\\PC{0,4}"],
        prop_oneof![
            Just(percent_encode(ISS)),
            Just(ISS.to_owned()),
            "[A-Za-z0-9_%-]{0,70}",
            "\\PC{0,8}"
        ],
    );
    let query = prop::collection::vec(pair, 0..8).prop_map(|pairs| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    });
    let place = prop_oneof![
        4 => Just(PLACE.to_owned()),
        1 => "https?://[a-z.:@0-9\\[\\]]{0,12}/\\PC{0,8}",
        1 => any::<String>(),
    ];
    let joint = prop_oneof![4 => Just("?"), 1 => Just("#"), 1 => Just("")];
    (place, joint, query).prop_map(|(place, joint, query)| format!("{place}{joint}{query}"))
}
