//! Every header of every request, with its reason, and responses with a content coding.

use std::collections::{BTreeMap, BTreeSet};

use fdx_par::dialect::UAE;
use fdx_par::{
    Draft, Error, InitialAccess, Output, ResourceRequest, ResponseMode, ServerRule, TokenTypeHint,
    WellKnown, discover, discovery::discover_document,
};
use fdx_rar::{ConsentRevocationRequest, PartyType, RevocationReason, Scopes};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::kit::attached;
use fdx_testkit::providers::provided;
use fdx_testkit::{Setup, World, entropy, usual_request};

use crate::registration::scene;

/// A header, the requests that have it, and the reason.
struct Row {
    header: &'static str,
    value: &'static str,
    requests: &'static [&'static str],
    /// Why these requests have the header.
    why: &'static str,
}

const fn row(
    header: &'static str,
    value: &'static str,
    requests: &'static [&'static str],
    why: &'static str,
) -> Row {
    Row { header, value, requests, why }
}

/// All requests.
const EACH: &[&str] = &[
    "discover",
    "discover document",
    "fetch keys",
    "push",
    "exchange",
    "refresh",
    "refresh unverified",
    "client credentials",
    "introspect",
    "introspect signed",
    "revoke",
    "read consent",
    "read consent by id",
    "revoke consent",
    "list revocations",
    "call",
    "register",
    "read registration",
    "update registration",
    "delete registration",
    "register by certificate",
];

/// A value that differs between requests is written as `<...>`.
const ROWS: &[Row] = &[
    row(
        "accept",
        "application/json",
        &[
            "discover",
            "discover document",
            "push",
            "exchange",
            "refresh",
            "refresh unverified",
            "client credentials",
            "introspect",
            "revoke",
            "read consent",
            "read consent by id",
            "revoke consent",
            "list revocations",
            "call",
            "register",
            "read registration",
            "update registration",
            "delete registration",
            "register by certificate",
        ],
        "RFC 9110 12.5.1: no other media type is read",
    ),
    row(
        "accept",
        "application/jwk-set+json, application/json",
        &["fetch keys"],
        "RFC 7517 8.5.2: the media type of a JWK set; many servers send application/json",
    ),
    row(
        "accept",
        "application/token-introspection+jwt",
        &["introspect signed"],
        "RFC 9701 section 4: requests the signed response",
    ),
    row(
        "accept-encoding",
        "identity",
        EACH,
        "RFC 9110 12.5.3: without it any content coding is acceptable, and nothing here decodes",
    ),
    row(
        "authorization",
        "DPoP <credentials>",
        &["read consent", "read consent by id", "revoke consent", "list revocations", "call"],
        "RFC 9449 section 7.1: the access token and how it is bound",
    ),
    row(
        "authorization",
        "Bearer <credentials>",
        &["register", "read registration", "update registration", "delete registration"],
        "RFC 7591 section 3: the initial access token; RFC 7592 section 2: the registration's own",
    ),
    row(
        "content-type",
        "application/x-www-form-urlencoded",
        &[
            "push",
            "exchange",
            "refresh",
            "refresh unverified",
            "client credentials",
            "introspect",
            "introspect signed",
            "revoke",
        ],
        "RFC 6749 3.2, RFC 7009 2.1, RFC 7662 2.1, RFC 9126 2.1: the body is a form",
    ),
    row(
        "content-type",
        "application/json",
        &["revoke consent", "register", "update registration", "register by certificate"],
        "RFC 7591 3.1, FDX Consent API: the body is JSON",
    ),
    row(
        "dpop",
        "<proof>",
        &[
            "push",
            "exchange",
            "refresh",
            "refresh unverified",
            "client credentials",
            "read consent",
            "read consent by id",
            "revoke consent",
            "list revocations",
            "call",
        ],
        "RFC 9449 4.1, 7.1, 10.1: proves possession of the key that binds code and tokens",
    ),
    row(
        "user-agent",
        concat!("fdx/", env!("CARGO_PKG_VERSION")),
        EACH,
        "RFC 9110 10.1.5: some firewalls block requests without it",
    ),
    row(
        "x-fapi-interaction-id",
        "<uuid>",
        &[
            "read consent",
            "read consent by id",
            "revoke consent",
            "list revocations",
            "call",
            "register",
            "read registration",
            "update registration",
            "delete registration",
            "register by certificate",
        ],
        "FDX API: correlates a call with the institution's records",
    ),
];

/// A request's headers, and the error for a response with a content coding.
struct Seen {
    name: &'static str,
    headers: BTreeSet<(String, String)>,
    reads_body: bool,
    encoded: Result<(), Error>,
}

/// Returns a request's headers, and the error for a response with this status and a gzip body.
fn seen<T: Output>(world: &World, name: &'static str, status: u16, draft: Draft<T>) -> Seen {
    let (request, sent) = attached(draft, &world.keys);
    let http = request.into_http();
    let headers = http.headers().iter().map(|(header, value)| {
        let value = value.to_str().unwrap();
        let value = match (header.as_str(), value.split_once(' ')) {
            ("authorization", Some((scheme, _))) => format!("{scheme} <credentials>"),
            ("dpop", _) => "<proof>".to_owned(),
            ("x-fapi-interaction-id", _) => "<uuid>".to_owned(),
            _ => value.to_owned(),
        };
        (header.as_str().to_owned(), value)
    });
    let headers = headers.collect();
    let gzip = http::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body(b"\x1f\x8b\x08\x00".to_vec())
        .unwrap();
    let reads_body = status != 204 && name != "revoke";
    let encoded = sent.receive(gzip, world.now).map(drop);
    Seen { name, headers, reads_body, encoded }
}

/// Creates a world whose institution requires no nonces, so that each request is sent once.
fn world() -> World {
    World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() })
}

/// Every exchange, once.
fn each_request() -> Vec<Seen> {
    let mut world = world();
    let (now, one) = (world.now, || entropy(77));
    let issuer = world.config.issuer.clone();
    let known = WellKnown::OAuthAuthorizationServer;
    let mut all = vec![
        seen(&world, "discover", 200, discover(&issuer, known, now).unwrap()),
        seen(&world, "discover document", 200, discover_document(&issuer, known, now).unwrap()),
    ];
    let client = world.client().unwrap();
    all.push(seen(&world, "fetch keys", 200, client.fetch_keys(now).unwrap()));
    all.push(seen(&world, "push", 201, client.push(&usual_request(), one(), now).unwrap()));
    let (pending, callback) = world.pending(&client);
    let accepted = world.callback(&client, pending, &callback).unwrap();
    let fdx_par::Callback::Code(accepted) = accepted else { panic!("denied") };
    all.push(seen(&world, "exchange", 200, client.exchange(accepted, one(), now).unwrap()));
    let mut world = self::world();
    let client = world.client().unwrap();
    let unverified = world.exchanged(&client).into();
    let draft = client.refresh_unverified(&unverified, one(), now).unwrap();
    all.push(seen(&world, "refresh unverified", 200, draft));
    let mut world = self::world();
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let draft = client.read_consent(&verified, one(), now).unwrap();
    all.push(seen(&world, "read consent", 200, draft));

    let mut world = self::world();
    let (client, grant) = world.stored();
    let (tokens, id) = (grant.tokens(), grant.consent_id().unwrap());
    let token = tokens.access_token();
    all.push(seen(&world, "refresh", 200, client.refresh(&grant, one(), now).unwrap()));
    let draft = client.client_credentials(&Scopes::new(), one(), now).unwrap();
    all.push(seen(&world, "client credentials", 200, draft));
    all.push(seen(&world, "introspect", 200, client.introspect(token, one(), now).unwrap()));
    let draft = client.introspect_signed(token, one(), now).unwrap();
    all.push(seen(&world, "introspect signed", 200, draft));
    let draft = client.revoke(tokens, TokenTypeHint::RefreshToken, one(), now).unwrap();
    all.push(seen(&world, "revoke", 200, draft));
    let draft = client.read_consent_by_id(id, token, one(), now).unwrap();
    all.push(seen(&world, "read consent by id", 200, draft));
    let (why, who) = (RevocationReason::UserAction, PartyType::DataRecipient);
    let reason = ConsentRevocationRequest::new(why, who);
    let draft = client.revoke_consent(id, token, &reason, one(), now).unwrap();
    all.push(seen(&world, "revoke consent", 204, draft));
    let draft = client.list_revocations(id, token, one(), now).unwrap();
    all.push(seen(&world, "list revocations", 200, draft));
    let accounts = client.config().fdx_base.join_segment("accounts").unwrap();
    let draft = client.call(token, ResourceRequest::get(accounts), one(), now).unwrap();
    all.push(seen(&world, "call", 200, draft));

    let setup = Setup { response_mode: ResponseMode::Jwt, ..Setup::default() };
    let mut world = scene::world(setup);
    let registrar = scene::usual(&mut world, setup);
    let draft = registrar.register(scene::initial(), one(), now).unwrap();
    all.push(seen(&world, "register", 201, draft));
    let registered = scene::registered(&mut world, &registrar);
    let draft = registrar.read(&registered, one(), now).unwrap();
    all.push(seen(&world, "read registration", 200, draft));
    let draft = registrar.update(&registered, one(), now).unwrap();
    all.push(seen(&world, "update registration", 200, draft));
    let draft = registrar.delete(&registered, one(), now).unwrap();
    all.push(seen(&world, "delete registration", 204, draft));
    let mut world = (provided(UAE).unwrap().world)(UAE);
    let client = world.client().unwrap();
    let draft = client.register_by_certificate(one(), now).unwrap();
    all.push(seen(&world, "register by certificate", 204, draft));
    all
}

#[test]
fn every_header_of_every_request_has_a_reason() {
    let seen: BTreeMap<_, _> =
        each_request().into_iter().map(|seen| (seen.name, seen.headers)).collect();
    let names: BTreeSet<_> = seen.keys().copied().collect();
    assert_eq!(names, EACH.iter().copied().collect());
    for name in names {
        let rows = ROWS.iter().filter(|row| row.requests.contains(&name));
        let expected: BTreeSet<_> =
            rows.map(|row| (row.header.to_owned(), row.value.to_owned())).collect();
        assert_eq!(seen[name], expected, "{name}");
    }
    for row in ROWS {
        assert!(row.why.starts_with("RFC ") || row.why.starts_with("FDX "), "{}", row.why);
        for request in row.requests {
            assert!(EACH.contains(request), "{request}");
        }
    }
}

#[test]
fn an_open_registration_has_no_authorization() {
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = scene::usual(&mut world, setup);
    let draft = registrar.register(InitialAccess::Open, world.draw(), world.now).unwrap();
    let headers = seen(&world, "register", 201, draft).headers;
    assert!(headers.iter().all(|(name, _)| name != "authorization"), "{headers:?}");
}

#[test]
fn a_content_coding_is_named_in_the_error() {
    for Seen { name, reads_body, encoded, .. } in each_request() {
        match encoded {
            Err(Error::Server(fault)) if reads_body => {
                assert_eq!(fault.rule, ServerRule::ContentEncoding, "{name}");
                assert!(fault.to_string().contains("Content-Encoding gzip"), "{name}: {fault}");
            }
            Ok(()) if !reads_body => {}
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn identity_is_not_a_content_coding() {
    let mut world = world();
    for coding in ["identity", "Identity", "", " identity , identity"] {
        world.tamper_no_more();
        world.tamper(move |_, mut answer| {
            answer.headers_mut().insert("content-encoding", coding.parse().unwrap());
            answer
        });
        assert!(world.client().is_ok(), "{coding:?}");
    }
}

#[test]
fn an_error_in_a_content_coding_keeps_its_status() {
    let mut world = world();
    let client = world.client().unwrap();
    world.tamper_at("/par", |_| {
        http::Response::builder()
            .status(503)
            .header("content-type", "application/json")
            .header("content-encoding", "br\u{1b}[2J".escape_default().to_string())
            .body(br#"{"error":"not_decoded"}"#.to_vec())
            .unwrap()
    });
    let draft = client.push(&usual_request(), world.draw(), world.now).unwrap();
    let error = world.run(draft).map(drop).unwrap_err();
    let said = error.said().unwrap();
    assert_eq!((said.status, &said.error), (503, &None));
    assert!(said.content_encoding.as_ref().unwrap().as_str().starts_with("br"), "{said:?}");
}

#[test]
fn keys_need_no_media_type() {
    let mut world = world();
    let client = world.client().unwrap();
    for media_type in [
        Some("application/jwk-set+json"),
        Some("application/json"),
        None,
        Some("text/html"),
        Some("application/octet-stream"),
    ] {
        world.tamper_no_more();
        world.tamper_at("/jwks", move |mut answer| {
            answer.headers_mut().remove("content-type");
            if let Some(media_type) = media_type {
                answer.headers_mut().insert("content-type", media_type.parse().unwrap());
            }
            answer
        });
        let draft = client.fetch_keys(world.now).unwrap();
        let read = world.run(draft);
        assert!(read.is_ok(), "{media_type:?}: {read:?}");
    }
}
