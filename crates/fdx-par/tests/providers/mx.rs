use fdx_jose::{SealingKey, SealingKeys};
use fdx_par::not_fapi::{self, MX};
use fdx_par::{Client, Dialect, TokenTypeHint};
use fdx_rar::ReceiptWarning;
use fdx_sandbox::customer::Decision;
use fdx_testkit::providers::provided;
use fdx_testkit::{Setup, WireTexts, entropy};

#[test]
fn every_request_is_as_recorded() {
    let provided = provided(MX).unwrap();
    let mut world = (provided.world)(MX);
    let mut texts = WireTexts::of("mx");

    let client = world.client().unwrap();
    assert!(world.sent.is_empty(), "nothing is published");
    let request = (provided.request)();
    let (url, pending) = not_fapi::authorize(&client, &request, entropy(1), world.now).unwrap();
    texts.browser("authorize", url.as_str());
    let callback = world.customer(url.as_str(), &Decision::less_than_requested());
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    texts.step("exchange", &world);
    let verified = world.verify(&client, exchanged).unwrap();
    assert!(verified.id_token().is_none());
    let granted = verified.without_grant();
    let receipt = client.receipt(&granted, world.now).unwrap();
    assert_eq!(
        receipt.warnings(),
        [
            ReceiptWarning::NotFapi,
            ReceiptWarning::NotSenderConstrained,
            ReceiptWarning::NoConsentId
        ]
    );
    let first = granted.stored();
    let grant = world.renewed(&client, &first);
    texts.step("refresh", &world);
    assert_ne!(grant.tokens().refresh_token(), first.tokens().refresh_token());
    world.accounts(&client, grant.tokens().access_token()).unwrap();
    texts.step("accounts", &world);
    world.revoke(&client, grant.tokens(), TokenTypeHint::AccessToken).unwrap();
    texts.step("revoke-access-token", &world);
    world.revoke(&client, grant.tokens(), TokenTypeHint::RefreshToken).unwrap();
    texts.step("revoke-refresh-token", &world);
    assert!(world.accounts(&client, grant.tokens().access_token()).is_err());
}

#[test]
fn the_receipt_warns_of_how_the_flow_began() {
    let provided = provided(MX).unwrap();
    let mut world = (provided.world)(MX);
    let client = world.client().unwrap();
    let request = (provided.request)();
    let (url, pending) = not_fapi::authorize(&client, &request, entropy(1), world.now).unwrap();
    let keys = SealingKeys::new(client.config().backend, SealingKey::new(1, [7; 32]));
    let sealed = pending.seal(&keys, b"", entropy(2)).unwrap();
    let pending = client.open(&sealed, &keys, b"", world.now).unwrap();
    let callback = world.customer(url.as_str(), &Decision::everything());
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    let granted = world.verify(&client, exchanged).unwrap().without_grant();

    // When the receipt is created, the configuration no longer has the dialect.
    let mut config = client.config().clone().with_dialect(Dialect::default());
    let fapi = Setup::default().config();
    config.authentication = fapi.authentication;
    config.sender_constraint = fapi.sender_constraint;
    let later = Client::new(config, client.metadata().clone()).unwrap();
    let receipt = later.receipt(&granted, world.now).unwrap();
    assert!(receipt.warnings().contains(&ReceiptWarning::NotFapi));
    assert_eq!(receipt.warnings(), client.receipt(&granted, world.now).unwrap().warnings());
}
