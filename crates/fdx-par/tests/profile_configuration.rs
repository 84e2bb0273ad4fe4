//! Configurations that are rejected for every server.

use fdx_jose::Algorithm;
use fdx_par::{CallFault, Client, ConfigurationFault, Error};
use fdx_testkit::{Requests, Setup, World, patched, usual_request};
use fdx_wire::{HttpsUrl, Issuer, base64url};
use serde_json::{Value, json};

#[test]
fn an_issuer_has_no_query_and_no_fragment() {
    for text in
        ["https://bank.example?", "https://bank.example?a=b", "https://bank.example/fdx?tenant=1"]
    {
        assert!(Issuer::parse(text).is_err(), "{text}");
        // The control: without the query the issuer is accepted.
        assert!(HttpsUrl::parse(text).is_ok(), "{text}");
    }
    for text in ["https://bank.example#", "https://bank.example/#a", "http://bank.example", ""] {
        assert!(Issuer::parse(text).is_err(), "{text}");
    }
    assert!(Issuer::parse("https://bank.example/fdx/").is_ok());
}

/// The lists of algorithms that a client's signatures need.
const ALGORITHM_LISTS: [&str; 3] = [
    "token_endpoint_auth_signing_alg_values_supported",
    "dpop_signing_alg_values_supported",
    "request_object_signing_alg_values_supported",
];

/// A client that signs assertions, proofs and request objects.
fn signs_everything() -> Setup {
    Setup { requests: Requests::Signed, ..Setup::default() }
}

/// RFC 9864: a server may know Ed25519 by its fully specified name only.
#[test]
fn signatures_name_ed25519_as_the_server_lists_it() {
    for (listed, alg) in [
        (json!(["Ed25519"]), "Ed25519"),
        (json!(["ES256", "Ed25519"]), "Ed25519"),
        (json!(["Ed25519", "EdDSA"]), "EdDSA"),
        (json!(["EdDSA"]), "EdDSA"),
        (json!(null), "EdDSA"),
    ] {
        let mut world = World::new(Setup { algorithm: Algorithm::EdDsa, ..signs_everything() });
        let patch = ALGORITHM_LISTS.map(|list| (list.to_owned(), listed.clone()));
        let patch = Value::Object(patch.into_iter().collect());
        world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
            patched(answer, &patch)
        });
        let client = world.client().unwrap();
        let draft = client.push(&usual_request(), world.draw(), world.now).unwrap();
        let inputs = draft.signing_inputs();
        assert_eq!(inputs.len(), 3, "assertion, proof and request object");
        for input in inputs {
            let text = str::from_utf8(input.bytes()).unwrap();
            let header = base64url::decode(text.split('.').next().unwrap()).unwrap();
            let header: Value = serde_json::from_slice(&header).unwrap();
            assert_eq!(header["alg"], alg, "{listed}: {:?}", input.role());
        }
    }
}

#[test]
fn a_key_whose_algorithm_the_server_does_not_list_is_not_configured() {
    for list in ALGORITHM_LISTS {
        for (listed, taken) in [
            (json!(["ES256"]), Ok(())),
            (json!(["RS256", "ES256"]), Ok(())),
            (json!(["PS256", "EdDSA"]), Err(ConfigurationFault::AlgorithmNotListed)),
            (json!(["es256"]), Err(ConfigurationFault::AlgorithmNotListed)),
            // An empty list counts as absent.
            (json!([]), Ok(())),
        ] {
            let setup = Setup { algorithm: Algorithm::Es256, ..signs_everything() };
            let mut world = World::new(setup);
            let patch = json!({ list: listed });
            world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
                patched(answer, &patch)
            });
            let created = world.client().map(drop).map_err(|error| match error {
                Error::Metadata(fault) => fault.fault,
                other => panic!("{list}: {other}"),
            });
            assert_eq!(created, taken, "{list}: {listed}");
        }
    }
}

#[test]
fn details_of_a_type_that_the_server_does_not_list_are_not_pushed() {
    for (listed, taken) in [
        (json!(null), Ok(())),
        (json!(["payment", "fdx_v1.0"]), Ok(())),
        (json!(["payment"]), Err(CallFault::DetailsTypeNotListed.code())),
        (json!(["FDX_v1.0"]), Err(CallFault::DetailsTypeNotListed.code())),
        // An empty list counts as absent.
        (json!([]), Ok(())),
    ] {
        let mut world = World::new(Setup::default());
        let patch = json!({ "authorization_details_types_supported": listed });
        world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
            patched(answer, &patch)
        });
        let client = world.client().unwrap();
        let drafted = client.push(&usual_request(), world.draw(), world.now);
        assert_eq!(drafted.map(drop).map_err(|error| error.code()), taken, "{listed}");
    }
}

#[test]
fn rejects_configuration_with_metadata_of_another_issuer() {
    let mut world = World::new(Setup::default());
    let metadata = world.client().unwrap().metadata().clone();
    for issuer in ["https://bank.example/", "https://other.example", "https://BANK.example"] {
        let mut config = Setup::default().config();
        config.issuer = Issuer::parse(issuer).unwrap();
        let error = Client::new(config, metadata.clone()).unwrap_err();
        assert_eq!(error, ConfigurationFault::IssuerMismatch.into(), "{issuer}");
    }
}
