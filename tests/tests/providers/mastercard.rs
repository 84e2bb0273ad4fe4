use fdx_par::dialect::MASTERCARD;
use fdx_par::{NextStep, RevocationOutcome};
use fdx_sandbox::customer::Decision;
use fdx_tests::providers::provided;
use fdx_tests::{WireTexts, entropy};

#[test]
fn every_request_is_as_recorded() {
    let provided = provided(MASTERCARD).unwrap();
    let mut world = (provided.world)(MASTERCARD);
    let mut texts = WireTexts::of("mastercard");

    let client = world.client().unwrap();
    texts.step("discover", &world);
    let (url, pending) = world.push(&client, &(provided.request)()).unwrap();
    texts.step("push", &world);
    texts.browser("authorize", &url);
    let callback = world.customer(&url, &Decision::less_than_asked());
    assert!(!callback.contains("iss="), "{callback}");
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    texts.step("exchange", &world);
    let verified = world.verify(&client, exchanged).unwrap();
    texts.step("keys", &world);
    let token = verified.tokens().access_token();
    let draft = client.introspect(token, entropy(3), world.now).unwrap();
    world.run(draft).unwrap();
    texts.step("introspect", &world);
    let granted = world.granted(&client, verified).unwrap();
    texts.step("consent", &world);
    let grant = granted.stored();
    let grant = world.renewed(&client, &grant);
    texts.step("refresh", &world);
    world.accounts(&client, grant.tokens().access_token()).unwrap();
    texts.step("accounts", &world);
    let id = grant.consent_id().unwrap().clone();
    let token = grant.tokens().access_token();
    let revoked = world.revoke_consent(&client, &id, token).unwrap();
    assert_eq!(revoked.outcome(), RevocationOutcome::Revoked);
    texts.step("revoke-consent", &world);
}

/// It answers 404 to what was revoked before, with an error of its own members, and takes tokens
/// without a scheme.
#[test]
fn a_consent_is_revoked_once_and_then_unknown() {
    let provided = provided(MASTERCARD).unwrap();
    let mut world = (provided.world)(MASTERCARD);
    let (client, granted) = world.flow_of(&(provided.request)(), &Decision::everything()).unwrap();
    let id = granted.consent_id().unwrap().clone();
    let own = world.own_token(&client).unwrap();
    let own = own.access_token();
    for outcome in [RevocationOutcome::Revoked, RevocationOutcome::NotFound] {
        let revoked = world.revoke_consent(&client, &id, own).unwrap();
        assert_eq!(revoked.outcome(), outcome);
        let sent = world.sent.last().unwrap().header("authorization");
        assert_eq!(sent, own.token().expose());
        let told = revoked.said().error_description.is_some();
        assert_eq!(told, outcome == RevocationOutcome::NotFound);
    }
    // Its own tokens ended with it.
    let error = world.accounts(&client, granted.tokens().access_token()).unwrap_err();
    assert_eq!(error.next_step(), NextStep::Refresh);
    let error = world.refresh(&client, &granted.stored()).unwrap_err();
    assert_eq!(error.next_step(), NextStep::StartOver);
}
