//! The readiness report of a server's metadata, row by row.

mod table;

use std::collections::BTreeSet;

use fdx_jose::Algorithm;
use fdx_par::dialect::{Line, Member};
use fdx_par::{
    AuthorizationRequest, Client, ClientConfig, Dialect, Endpoint, Error, Readiness, Step,
    WellKnown, discover,
    discovery::discover_document,
    error::Deviation,
    readiness::{Finding, Severity},
};
use fdx_testkit::kit::received;
use fdx_testkit::{
    Authentication, Binding, Requests, Setup, answer, bank_issuer, consent_request, entropy, keys,
    start,
};
use fdx_wire::Issuer;
use http::{Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};

use table::TABLE;

/// Returns the metadata of the sandbox.
fn sandbox() -> Value {
    let url = "https://bank.example/.well-known/oauth-authorization-server";
    let request = Request::get(url).body(Vec::new()).unwrap();
    let answer = Setup::default().institution().handle(&request, None, start());
    serde_json::from_slice(answer.body()).unwrap()
}

/// Returns it with one member changed, or removed if `value` is null. A dot separates an alias.
fn changed(mut document: Value, member: &str, value: Value) -> Value {
    let (object, name) = match member.split_once('.') {
        Some((outer, inner)) => (&mut document[outer], inner),
        None => (&mut document, member),
    };
    if value.is_null() {
        object.as_object_mut().unwrap().remove(name);
    } else {
        object[name] = value;
    }
    document
}

fn rows(document: &Value, client: Option<&ClientConfig>) -> Vec<Finding> {
    let issuer = bank_issuer();
    let readiness = Readiness::of(document.to_string().as_bytes(), Some(&issuer), client);
    readiness.findings().to_vec()
}

fn unusual(rows: &[Finding]) -> Vec<(&'static str, Severity)> {
    let unusual = rows.iter().filter(|row| row.severity != Severity::Fine);
    unusual.map(|row| (row.member, row.severity)).collect()
}

/// Creates a client from a metadata document.
fn client(document: &Value, config: ClientConfig) -> Result<Client, Error> {
    let draft = discover(&config.issuer, WellKnown::OAuthAuthorizationServer, start())?;
    let response = answer(200, "application/json", document.to_string());
    let metadata = received(draft, &keys(Algorithm::EdDsa), response, start())?;
    Client::new(config, metadata)
}

fn setups() -> Vec<Setup> {
    let base = Setup::default();
    vec![
        base,
        Setup { binding: Binding::Mtls, authentication: Authentication::TlsClientAuth, ..base },
        Setup { authentication: Authentication::SelfSignedTlsClientAuth, ..base },
        Setup { requests: Requests::Signed, response_mode: fdx_par::ResponseMode::Jwt, ..base },
    ]
}

#[test]
fn sandbox_metadata_has_only_fine_rows() {
    assert_eq!(unusual(&rows(&sandbox(), None)), []);
    for setup in setups() {
        let config = setup.config();
        assert_eq!(unusual(&rows(&sandbox(), Some(&config))), [], "{setup:?}");
    }
}

#[test]
fn a_certified_server_s_metadata_has_no_faults() {
    let document = include_bytes!("oidc_provider_9_13_3.json");
    let issuer = Issuer::parse("https://localhost:8443").unwrap();
    let readiness = Readiness::of(document, Some(&issuer), None);
    assert_eq!(
        unusual(readiness.findings()),
        // The server also lists methods for clients of other profiles.
        [
            ("response_types_supported", Severity::Advice),
            ("grant_types_supported", Severity::Advice),
            // It omits the list: RFC 8414 then means client_secret_basic.
            ("revocation_endpoint_auth_methods_supported", Severity::Advice),
        ]
    );
}

#[test]
fn each_fault_gives_exactly_its_row() {
    for (setup, member, value, severity) in TABLE {
        let config = setup.map(|setup| setup().config());
        let document = changed(sandbox(), member, serde_json::from_str(value).unwrap());
        let found = rows(&document, config.as_ref());
        let expected = match severity {
            Severity::Fine => vec![],
            severity => vec![(*member, *severity)],
        };
        assert_eq!(unusual(&found), expected, "{member}: {value}");
        let row = found.iter().find(|row| row.member == *member).unwrap();
        assert!(!row.clause.is_empty() && !row.wanted.is_empty());
        let shown = if *value == "null" { "absent" } else { value };
        assert_eq!(row.found, shown);
    }
}

#[test]
fn the_table_of_faults_has_every_row() {
    let faults: BTreeSet<_> = TABLE
        .iter()
        .filter(|(_, _, _, severity)| *severity != Severity::Fine)
        .map(|(_, member, ..)| *member)
        .collect();
    let all: Vec<_> = rows(&sandbox(), None).iter().map(|row| row.member).collect();
    assert_eq!(faults, all.iter().copied().collect());
    assert_eq!(faults.len(), all.len(), "no member has two rows");
}

#[test]
fn severities_have_names_for_scripts() {
    use Severity::{Advice, BreaksClient, BreaksFapi, Fine};
    let names = [Fine, Advice, BreaksFapi, BreaksClient].map(Severity::name);
    assert_eq!(names, ["fine", "advice", "breaks-fapi", "breaks-client"]);
}

#[test]
fn a_document_with_several_faults_gives_all_their_rows() {
    let faults = [
        ("code_challenge_methods_supported", Severity::BreaksFapi),
        ("jwks_uri", Severity::Advice),
        ("pushed_authorization_request_endpoint", Severity::BreaksFapi),
        ("require_pushed_authorization_requests", Severity::Advice),
    ];
    let document = faults
        .iter()
        .fold(sandbox(), |document, (member, _)| changed(document, member, Value::Null));
    let found = unusual(&rows(&document, None));
    assert_eq!(BTreeSet::from_iter(found), BTreeSet::from(faults));
}

#[test]
fn malformed_document_gives_one_row() {
    for (bytes, found) in [
        (&b""[..], "no JSON"),
        (b"[]", "JSON that is not an object"),
        (b"7", "JSON that is not an object"),
        (b"{\"issuer\":1,\"iss\\u0075er\":2}", "a member twice"),
        (b"\xff", "bytes that are not UTF-8"),
        (&b"[".repeat(40), "a document beyond the limits"),
    ] {
        let readiness = Readiness::of(bytes, None, None);
        let [row] = readiness.findings() else { panic!("{found}: {readiness:?}") };
        assert_eq!((row.member, row.found.as_str()), ("document", found));
        assert_eq!(readiness.worst(), Severity::BreaksFapi);
        let config = Setup::default().config();
        assert_eq!(Readiness::of(bytes, None, Some(&config)).worst(), Severity::BreaksClient);
    }
}

#[test]
fn compares_document_with_the_expected_issuer() {
    let other = Issuer::parse("https://other.example").unwrap();
    let document = sandbox().to_string();
    let severity = |expected, client: Option<&ClientConfig>| {
        let readiness = Readiness::of(document.as_bytes(), expected, client);
        readiness.findings()[0].severity
    };
    assert_eq!(severity(None, None), Severity::Fine);
    assert_eq!(severity(Some(&other), None), Severity::BreaksFapi);
    let mut config = Setup::default().config();
    assert_eq!(severity(Some(&other), Some(&config)), Severity::BreaksClient);
    config.issuer.clone_from(&other);
    assert_eq!(severity(Some(&bank_issuer()), Some(&config)), Severity::BreaksClient);
}

#[test]
fn dialect_tolerates_its_own_deviation() {
    let document =
        changed(sandbox(), "authorization_response_iss_parameter_supported", json!(false));
    let config = Setup::default().config();
    let row = |config: &ClientConfig| {
        let rows = rows(&document, Some(config));
        rows.into_iter().find(|row| row.severity != Severity::Fine).unwrap()
    };
    let found = row(&config);
    assert_eq!(found.severity, Severity::BreaksClient);
    assert_eq!(found.allowed_by, Some(Deviation::CallbackWithoutIss));
    let found = row(&config.with_dialect(fdx_par::dialect::MASTERCARD));
    assert_eq!(found.severity, Severity::BreaksFapi);
    // Only that member is tolerated.
    const ISS: Line = Line { member: Member::CallbackWithoutIss, source: "a test" };
    const STATUS: Line = Line { member: Member::PushStatusOk, source: "a test" };
    for (line, severity) in [(&[ISS], Severity::BreaksFapi), (&[STATUS], Severity::BreaksClient)] {
        let dialect = Dialect::new("test", "a test").with_members(line);
        let found = row(&Setup::default().config().with_dialect(dialect));
        assert_eq!(found.severity, severity, "{line:?}");
    }
}

/// RFC 8414 3.2: members without a value are left out, and some servers write null instead.
#[test]
fn null_members_count_as_absent() {
    for (member, severity) in [
        ("issuer", Severity::BreaksClient),
        ("jwks_uri", Severity::Advice),
        ("introspection_endpoint", Severity::Fine),
        ("revocation_endpoint", Severity::Advice),
        ("mtls_endpoint_aliases", Severity::Fine),
        ("scopes_supported", Severity::Fine),
        ("response_modes_supported", Severity::Fine),
        ("require_signed_request_object", Severity::Fine),
    ] {
        let mut document = sandbox();
        document[member] = Value::Null;
        let config = Setup::default().config();
        let rows = rows(&document, Some(&config));
        let row = rows.iter().find(|row| row.member == member).unwrap();
        assert_eq!((row.severity, row.found.as_str()), (severity, "null"), "{member}");
        let usable = client(&document, config).is_ok();
        assert_eq!(usable, severity < Severity::BreaksClient, "{member}");
    }
}

#[test]
fn advises_to_list_algorithms_for_methods_with_assertions() {
    for (methods, severity) in [
        (json!(["private_key_jwt"]), Some(Severity::Advice)),
        (json!(["tls_client_auth", "private_key_jwt"]), Some(Severity::Advice)),
        (json!(["tls_client_auth"]), None),
        (json!(["tls_client_auth", "self_signed_tls_client_auth"]), None),
    ] {
        let member = "token_endpoint_auth_signing_alg_values_supported";
        let document = changed(sandbox(), member, Value::Null);
        let document = changed(document, "token_endpoint_auth_methods_supported", methods);
        let expected: Vec<_> = severity.into_iter().map(|severity| (member, severity)).collect();
        assert_eq!(unusual(&rows(&document, None)), expected);
    }
}

#[test]
fn plain_http_on_this_machine_breaks_fapi_and_is_named() {
    let text = sandbox().to_string().replace("https://bank.example", "http://127.0.0.1:8080");
    let issuer = Issuer::parse_loopback("http://127.0.0.1:8080").unwrap();
    let mut config = Setup::default().config();
    config.issuer = issuer.clone();
    for (config, severity) in [
        (None, Severity::BreaksFapi),
        (Some(config.clone()), Severity::BreaksClient),
        (Some(config.with_dialect(fdx_par::dialect::MASTERCARD_MOCK)), Severity::BreaksFapi),
    ] {
        let readiness = Readiness::of(text.as_bytes(), Some(&issuer), config.as_ref());
        for member in ["issuer", "token_endpoint"] {
            let row = readiness.findings().iter().find(|row| row.member == member).unwrap();
            assert_eq!((row.severity, row.allowed_by), (severity, Some(Deviation::LoopbackHttp)));
        }
    }
}

#[test]
fn unbound_tokens_break_fapi_in_both_rows() {
    let document = changed(sandbox(), "dpop_signing_alg_values_supported", Value::Null);
    let document = changed(document, "tls_client_certificate_bound_access_tokens", Value::Null);
    let unbound = rows(&document, None);
    assert_eq!(unusual(&unbound).len(), 2);
    let named = unbound.iter().filter(|row| row.allowed_by == Some(Deviation::UnboundTokens));
    assert!(named.count() == 2 && unbound.iter().all(|row| row.severity != Severity::BreaksClient));
}

#[test]
fn found_value_is_shown_without_whitespace() {
    let text = sandbox().to_string().replacen("[\"S256\"]", "[ \"S256\",\n \"a \\\" b\" ]", 1);
    let readiness = Readiness::of(text.as_bytes(), None, None);
    let row = readiness.findings().iter().find(|row| row.severity == Severity::Advice).unwrap();
    assert_eq!(row.found.as_str(), r#"["S256","a \\" b"]"#);
}

#[test]
fn long_value_is_shown_in_full_and_escaped() {
    let long = format!("https://bank.example/\u{1b}[31m{}", "x".repeat(5000));
    let found = rows(&changed(sandbox(), "token_endpoint", long.into()), None);
    let row = found.iter().find(|row| row.member == "token_endpoint").unwrap();
    assert!(row.found.ends_with("xxx\"") && row.found.len() > 5000 && row.found.is_ascii());
    assert!(!row.found.contains('\u{1b}'));
}

#[test]
fn fetched_document_keeps_its_bytes() {
    let bytes = b"{\"issuer\": \"https://evil.example\"}  ".to_vec();
    let draft = discover_document(&bank_issuer(), WellKnown::OpenidConfiguration, start()).unwrap();
    let (request, sent) = draft.attach(vec![]).unwrap();
    assert_eq!(request.url().path(), "/.well-known/openid-configuration");
    let answer = Response::builder().header("content-type", "application/json");
    let Step::Done(document) = sent.receive(answer.body(bytes.clone()).unwrap(), start()).unwrap()
    else {
        panic!("it asks once")
    };
    assert_eq!(document.as_bytes(), bytes);
}

/// The members that a push needs, and those that no client of this test uses.
const NEEDED_OR_UNUSED: &[&str] = &[
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "pushed_authorization_request_endpoint",
    "jwks_uri",
    "mtls_endpoint_aliases",
    "mtls_endpoint_aliases.token_endpoint",
    "mtls_endpoint_aliases.pushed_authorization_request_endpoint",
    "mtls_endpoint_aliases.introspection_endpoint",
    "mtls_endpoint_aliases.revocation_endpoint",
    "mtls_endpoint_aliases.registration_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "registration_endpoint",
    "userinfo_endpoint",
    "code_challenge_methods_supported",
    "scopes_supported",
    "authorization_details_types_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "dpop_signing_alg_values_supported",
    "request_object_signing_alg_values_supported",
    "tls_client_certificate_bound_access_tokens",
    "introspection_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "require_pushed_authorization_requests",
    "response_types_supported",
    "grant_types_supported",
];

fn any_value() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec![
        "https://bank.example/x",
        "http://bank.example/x",
        "https://bank.example",
        "https://other.example/x",
        "S256",
        "code",
        "ES256",
        "EdDSA",
        "jwt",
        "fdx_v1.0",
        "",
    ]);
    let text = texts.prop_map(Value::from);
    let leaf = prop_oneof![
        text.clone(),
        any::<bool>().prop_map(Value::from),
        any::<u8>().prop_map(Value::from),
        Just(Value::Null)
    ];
    prop_oneof![
        leaf,
        prop::collection::vec(text, 0..3).prop_map(Value::from),
        Just(json!({})),
        Just(json!(["EdDSA", 7]))
    ]
}

proptest! {
    /// What `discover`, `Client::new` and the push refuse is called unusable, and nothing else is.
    /// A request without `openid` needs no key of the server.
    #[test]
    fn breaks_client_means_that_no_push_is_possible(
        changes in prop::collection::vec(
            (prop::sample::select(NEEDED_OR_UNUSED.to_vec()), any_value()),
            0..4,
        ),
        setup in prop::sample::select(setups()),
    ) {
        let mut document = sandbox();
        for (member, value) in changes {
            if member.contains('.') && !document["mtls_endpoint_aliases"].is_object() {
                continue;
            }
            document = changed(document, member, value);
        }
        let config = setup.config();
        let readiness = Readiness::of(document.to_string().as_bytes(), None, Some(&config));
        let refused = client(&document, config).and_then(|client| {
            client.target(Endpoint::Token)?;
            let request = AuthorizationRequest::new(consent_request());
            client.push(&request, entropy(1), start()).map(drop)
        });
        let breaking = readiness.findings().iter();
        let breaking = breaking.filter(|row| row.severity == Severity::BreaksClient);
        let breaking: Vec<_> = breaking.map(|row| (row.member, &row.found)).collect();
        prop_assert_eq!(refused.is_err(), !breaking.is_empty(), "{:?}: {:?}", refused, breaking);
    }

    /// What `discover` and `Client::new` refuse is never called usable.
    #[test]
    fn every_refused_document_has_a_violation_row(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_value()), 0..4),
        setup in prop::sample::select(setups()),
    ) {
        let members: Vec<_> = TABLE.iter().map(|(_, member, ..)| *member).collect();
        let mut document = sandbox();
        for (index, value) in changes {
            let member = members[index.index(members.len())];
            if member.contains('.') && !document["mtls_endpoint_aliases"].is_object() {
                continue;
            }
            document = changed(document, member, value);
        }
        let config = setup.config();
        let worst = Readiness::of(document.to_string().as_bytes(), None, Some(&config)).worst();
        if let Err(error) = client(&document, config) {
            prop_assert_eq!(worst, Severity::BreaksClient, "{}", error);
        }
    }
}
