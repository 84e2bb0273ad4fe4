use fdx_par::Error;
use fdx_par::dialect::UAE;
use fdx_par::dialect::uae::{ConsentState, ReportedConsent};
use fdx_par::error::Deviation;
use fdx_rar::{Expiration, GrantSource};
use fdx_sandbox::customer::Decision;
use fdx_testkit::providers::provided;
use fdx_testkit::{WireTexts, entropy};
use fdx_wire::form::Query;

#[test]
fn every_request_is_as_recorded() {
    let provided = provided(UAE).unwrap();
    let mut world = (provided.world)(UAE);
    let mut texts = WireTexts::of("uae");

    let client = world.client().unwrap();
    texts.step("discover", &world);
    let draft = client.register_by_certificate(entropy(8), world.now).unwrap();
    let (request, _) = draft.attach(Vec::new()).unwrap();
    let certificate = client.config().sender_constraint.thumbprint();
    assert!(certificate.is_some() && request.certificate_thumbprint() == certificate);
    let draft = client.register_by_certificate(entropy(9), world.now).unwrap();
    world.run(draft).unwrap();
    texts.step("register", &world);
    let (url, pending) = world.push(&client, &(provided.request)()).unwrap();
    texts.step("push", &world);
    texts.browser("authorize", &url);
    let callback = world.customer(&url, &Decision::everything());
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    texts.step("exchange", &world);
    let verified = world.verify(&client, exchanged).unwrap();
    texts.step("keys", &world);
    let consent = ReportedConsent::find(verified.authorization_details().unwrap()).unwrap();
    assert_eq!(consent.status(), Some(&ConsentState::Authorized));
    let granted = verified.without_grant();
    let receipt = client.receipt(&granted, world.now).unwrap();
    assert_eq!(receipt.consent_id().unwrap().as_str(), consent.consent_id());
    assert_eq!(receipt.expiration(), Expiration::Stated(consent.expires_at().unwrap()));
    assert_eq!(receipt.expiration_sources(), [GrantSource::TokenResponse]);
    let first = granted.stored();
    let grant = world.renewed(&client, &first);
    texts.step("refresh", &world);
    // The response had no refresh token, so the old one is kept.
    assert_eq!(grant.tokens().refresh_token(), first.tokens().refresh_token());
    world.accounts(&client, grant.tokens().access_token()).unwrap();
    texts.step("accounts", &world);
}

#[test]
fn a_consent_that_is_not_authorized_is_refused() {
    let provided = provided(UAE).unwrap();
    let other = ["AwaitingAuthorization", "Rejected", "Suspended", "Revoked", "Expired", "?"];
    let others = other.map(|status| format!("{status:?}"));
    let values = ["7", "{}", "null"].map(str::to_owned);
    for status in others.into_iter().chain(values) {
        let mut world = (provided.world)(UAE);
        let client = world.client().unwrap();
        let client = (provided.registers)(&mut world, client).unwrap();
        let (url, pending) = world.push(&client, &(provided.request)()).unwrap();
        let callback = world.customer(&url, &Decision::everything());
        let said = status.clone();
        world.tamper(move |_, mut answer| {
            let status = &said;
            let body = String::from_utf8_lossy(answer.body()).into_owned();
            *answer.body_mut() = body.replace("\"Authorized\"", status).into_bytes();
            answer
        });
        let exchanged = world.exchange(&client, pending, &callback).unwrap();
        let error = Error::from(world.verify(&client, exchanged).unwrap_err());
        assert_eq!(error.code(), "fdx.consent.inactive", "{status}");
    }
}

/// FAPI 2.0 Security Profile 5.3.3.2-6: the URL has only client_id and request_uri.
#[test]
fn url_parameters_are_off_unless_they_are_switched_on() {
    let provided = provided(UAE).unwrap();
    for (dialect, names) in [
        (UAE, &["client_id", "request_uri"][..]),
        (UAE.with_options(), &["client_id", "request_uri", "response_type", "scope"]),
    ] {
        let mut world = (provided.world)(dialect);
        let client = world.client().unwrap();
        let client = (provided.registers)(&mut world, client).unwrap();
        let (url, pending) = world.push(&client, &(provided.request)()).unwrap();
        let query = Query::parse(url.split_once('?').unwrap().1, 4096).unwrap();
        assert_eq!(query.names().collect::<Vec<_>>(), names);
        assert_eq!(dialect.allows(Deviation::AuthorizationUrlParameters), names.len() == 4);
        // The provider completes both.
        let callback = world.customer(&url, &Decision::everything());
        let exchanged = world.exchange(&client, pending, &callback).unwrap();
        assert!(world.verify(&client, exchanged).is_ok());
    }
}
