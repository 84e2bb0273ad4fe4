//! A configuration must meet the needs of its dialect. Otherwise the error names what is missing.

use core::time::Duration;

use fdx_jose::{Algorithm, AssertionKey, AssertionType, ProofKey, RequestObjectKey, Thumbprint};
use fdx_par::dialect::{self, Line, MASTERCARD, Member, UAE, WSO2};
use fdx_par::not_fapi::{self, AUTIONAL_CLIENT_SECRET, ClientSecret, Departure, MX, Unbound};
use fdx_par::{
    CallFault, Client, ClientAuthentication, ClientConfig, ConfigurationFault, Dialect, Error,
    RequestObjects, SenderConstraint, StoredStateFault,
};
use fdx_testkit::{Setup, World, entropy, keys, patched, start, usual_request};
use fdx_wire::Issuer;
use serde_json::json;

fn ready(dialect: Dialect) -> ClientConfig {
    let key = keys(Algorithm::Ps256).public().clone();
    let mut config = Setup { algorithm: Algorithm::Ps256, ..Setup::default() }.config();
    config.dialect = dialect;
    config.authentication = ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
        key.clone(),
        AssertionType::default(),
    ));
    config.request_objects = RequestObjects::signed(RequestObjectKey::new(key));
    config.sender_constraint = SenderConstraint::NotFapi(Unbound);
    config
}

fn secret() -> ClientAuthentication {
    ClientAuthentication::NotFapi(ClientSecret::new("s3cret".to_owned()))
}

fn made(config: ClientConfig) -> Result<(), Error> {
    let mut world = World::new(Setup::default());
    let metadata = world.client().unwrap().metadata().clone();
    Client::new(config, metadata).map(drop)
}

#[test]
fn names_the_missing_need_of_the_dialect() {
    let es256 = keys(Algorithm::Es256).public().clone();
    let certificate = SenderConstraint::Mtls(Thumbprint::of_certificate(b"a certificate"));
    assert_eq!(made(ready(MASTERCARD)), Ok(()));
    let with = |change: &dyn Fn(&mut ClientConfig)| {
        let mut config = ready(MASTERCARD);
        change(&mut config);
        made(config)
    };
    for (made, fault) in [
        (with(&|c| c.authentication = secret()), ConfigurationFault::DialectPrivateKeyJwt),
        (
            with(&|c| c.request_objects = RequestObjects::Unsigned),
            ConfigurationFault::DialectRequestObject,
        ),
        (
            with(&|c| {
                let key = RequestObjectKey::new(es256.clone());
                c.request_objects = RequestObjects::signed(key);
            }),
            ConfigurationFault::DialectPs256,
        ),
        (
            with(&|c| {
                let key = AssertionKey::new(es256.clone(), AssertionType::default());
                c.authentication = ClientAuthentication::PrivateKeyJwt(key);
            }),
            ConfigurationFault::DialectPs256,
        ),
        (
            with(&|c| c.sender_constraint = certificate.clone()),
            ConfigurationFault::DialectUnboundTokens,
        ),
        (with(&|c| c.dialect = UAE), ConfigurationFault::DialectCertificate),
        (with(&|c| c.dialect = MX), ConfigurationFault::DialectClientSecret),
    ] {
        assert_eq!(made, Err(fault.into()), "{fault:?}");
    }
    // Each error names the setting.
    for fault in ConfigurationFault::ALL.iter().filter(|f| format!("{f:?}").starts_with("Dialect"))
    {
        assert!(fault.to_string().contains(':'), "{fault}");
    }
}

#[test]
fn non_fapi_configuration_needs_a_dialect_that_allows_it() {
    let mut unbound = Setup::default().config();
    unbound.sender_constraint = SenderConstraint::NotFapi(Unbound);
    let mut secretive = Setup::default().config();
    secretive.authentication = secret();
    for config in [unbound, secretive] {
        assert_eq!(made(config.clone()), Err(ConfigurationFault::NotFapi.into()));
        for dialect in dialect::ALL {
            let config = config.clone().with_dialect(*dialect);
            let named =
                dialect.members().iter().any(|line| line.member.name().contains("not-fapi"));
            assert!(named || made(config).is_err(), "{}", dialect.name());
        }
    }
    // Autional's dialect allows a client secret, but no unbound tokens.
    let mut autional = ready(AUTIONAL_CLIENT_SECRET);
    autional.authentication = secret();
    assert_eq!(made(autional.clone()), Err(ConfigurationFault::NotFapi.into()));
    let key = keys(Algorithm::EdDsa).public().clone();
    autional.sender_constraint = SenderConstraint::Dpop(ProofKey::new(key));
    assert_eq!(made(autional), Ok(()));
}

#[test]
fn dialect_decides_whether_a_request_is_pushed() {
    let issuer = Setup::default().config().issuer;
    let metadata = MX.documented_metadata(&issuer).unwrap();
    let mut config = ready(MX);
    config.authentication = secret();
    let signed = Client::new(config.clone(), metadata.clone()).unwrap_err();
    assert_eq!(signed, ConfigurationFault::RequestObjectNotPushed.into());
    config.request_objects = RequestObjects::Unsigned;
    let mx = Client::new(config, metadata).unwrap();
    let error = mx.push(&usual_request(), entropy(1), start()).unwrap_err();
    assert_eq!(error, CallFault::NotPushed.into());
    let authorized = not_fapi::authorize(&mx, &usual_request(), entropy(1), start());
    let url = authorized.unwrap().0;
    assert!(
        url.as_str().starts_with("https://bank.example/oauth2/v4/authorize?response_type=code")
    );
    assert!(url.as_str().contains("&code_challenge_method=S256"));

    let fapi = World::new(Setup::default()).client().unwrap();
    let refused = not_fapi::authorize(&fapi, &usual_request(), entropy(1), start());
    assert_eq!(refused.unwrap_err(), ConfigurationFault::NotFapi.into());
}

/// A provider with metadata that accepts no pushed requests.
const UNPUSHED: Dialect = Dialect::new("unpushed", "a provider that takes no pushed requests")
    .with_members(&[Line { member: Member::NotFapi(Departure::NotPushed), source: "this test" }]);

#[test]
fn rejects_details_of_unlisted_types() {
    let mut world = World::new(Setup::default());
    let patch = json!({ "authorization_details_types_supported": ["payment"] });
    world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
        patched(answer, &patch)
    });
    let fapi = world.client().unwrap();
    let pushed = fapi.push(&usual_request(), entropy(1), start()).unwrap_err();
    assert_eq!(pushed.code(), CallFault::DetailsTypeNotListed.code());
    assert!(pushed.to_string().contains("fdx_v1.0"), "{pushed}");
    let config = fapi.config().clone().with_dialect(UNPUSHED);
    let unpushed = Client::new(config, fapi.metadata().clone()).unwrap();
    let refused = not_fapi::authorize(&unpushed, &usual_request(), entropy(1), start());
    assert_eq!(refused.map(drop).unwrap_err(), pushed);
}

#[test]
fn documented_endpoints_are_on_the_issuers_origin() {
    let issuer = Issuer::parse("https://bank.example:8443/tenant").unwrap();
    let metadata = MX.documented_metadata(&issuer).unwrap();
    let url = metadata.authorization_endpoint().unwrap().as_str();
    assert_eq!(url, "https://bank.example:8443/oauth2/v4/authorize");
    assert_eq!(metadata.jwks_uri(), None);
    for dialect in dialect::ALL.iter().filter(|dialect| **dialect != MX) {
        let refused = dialect.documented_metadata(&issuer).unwrap_err();
        assert_eq!(refused, ConfigurationFault::MetadataPublished.into(), "{}", dialect.name());
    }
}

/// RFC 8705: a connection presents one certificate, to which tokens are bound.
#[test]
fn one_certificate_authenticates_the_client_and_binds_its_tokens() {
    let [one, other] = [b"one", b"two"].map(|der| Thumbprint::of_certificate(der));
    let ways: [fn(Thumbprint) -> ClientAuthentication; 2] =
        [ClientAuthentication::TlsClientAuth, ClientAuthentication::SelfSignedTlsClientAuth];
    for authenticated in ways {
        for (binds, fits) in [(one, true), (other, false)] {
            let mut config = Setup::default().config();
            config.authentication = authenticated(one);
            config.sender_constraint = SenderConstraint::Mtls(binds);
            let refused = Err(ConfigurationFault::CertificateOther.into());
            assert_eq!(made(config), if fits { Ok(()) } else { refused });
        }
    }
}

/// CVE-2025-27370: the metadata of one server has the token endpoint of another, so that the client
/// sends the first server an assertion for the second.
#[test]
fn audience_token_endpoint_must_be_on_the_issuers_origin() {
    let mut config = ready(WSO2);
    config.sender_constraint = Setup::default().config().sender_constraint;
    for (endpoint, fits) in [
        ("https://bank.example/another/token", true),
        ("https://BANK.example:443/token", true),
        ("https://bank.example:8443/token", false),
        ("https://honest.example/token", false),
    ] {
        let mut world = World::new(Setup::default());
        let patch = json!({ "token_endpoint": endpoint, "mtls_endpoint_aliases": null });
        world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
            patched(answer, &patch)
        });
        let metadata = world.client().unwrap().metadata().clone();
        let made = Client::new(config.clone(), metadata).map(drop);
        let refused = Err(ConfigurationFault::AudienceElsewhere.into());
        assert_eq!(made, if fits { Ok(()) } else { refused }, "{endpoint}");
    }
}

#[test]
fn replaced_endpoint_path_is_on_the_issuers_origin() {
    let mut world = World::new(Setup::default());
    let patch = json!({
        "token_endpoint": "https://elsewhere.example/oauth2/v1/token",
        "token_endpoint_auth_signing_alg_values_supported": null,
    });
    world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
        patched(answer, &patch)
    });
    let metadata = world.client().unwrap().metadata().clone();
    let client = Client::new(ready(MASTERCARD), metadata).unwrap();
    let target = client.target(fdx_par::Endpoint::Token).unwrap();
    assert_eq!(target.url.as_str(), "https://bank.example/oauth2/token");
}

#[test]
fn expired_refresh_token_is_not_sent() {
    const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    const THIRTY_DAYS: Dialect = Dialect::new("month", "a provider whose tokens live for a month")
        .with_refresh_token_lifetime(MONTH);
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let config = client.config().clone().with_dialect(THIRTY_DAYS);
    let client = Client::new(config, client.metadata().clone()).unwrap();
    let verified = world.verified(&client);
    let grant = verified.without_grant().stored();
    let expires_at = grant.tokens().refresh_token_expires_at().unwrap();
    assert_eq!(expires_at, world.now + MONTH);
    let day = Duration::from_secs(24 * 60 * 60);
    assert!(client.refresh(&grant, entropy(9), expires_at - day).is_ok());
    let error = client.refresh(&grant, entropy(9), expires_at).unwrap_err();
    assert_eq!(error, StoredStateFault::RefreshTokenExpired.into());
}

#[test]
fn each_dialect_has_one_name_and_each_line_its_source() {
    for (place, dialect) in dialect::ALL.iter().enumerate() {
        assert_eq!(dialect::by_name(dialect.name()), Some(*dialect));
        assert!(dialect::ALL.iter().skip(place + 1).all(|other| other.name() != dialect.name()));
        assert!(!dialect.provider().is_empty());
        for line in dialect.members() {
            assert!(line.source.len() > 10 && !line.member.clause().is_empty(), "{line:?}");
        }
    }
    assert!(dialect::FDX.members().is_empty() && dialect::FDX.needs().is_empty());
    assert_eq!(dialect::by_name("unknown"), None);
}
