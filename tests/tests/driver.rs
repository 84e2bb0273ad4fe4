//! A consent from its request to its revocation, by the driver of the transport, over TLS, in a file.

use fdx_jose::{SealingKey, backend};
use fdx_par::dialect::RefreshTokens;
use fdx_par::{Client, WellKnown, discover};
use fdx_rar::{PartyType, RevocationReason};
use fdx_sandbox::customer::Decision;
use fdx_store::consents::find_consent;
use fdx_store::procedure::{Access, Consents, Finished, RevocationResult, Started, Step};
use fdx_store::receipts::history;
use fdx_store::refresh::RefreshPolicy;
use fdx_store::seal::KeyRing;
use fdx_store::{ConsentState, RecordKey, Tenant};
use fdx_store_sqlite::SqliteStore;
use fdx_testkit::{Setup, entropy, keys, kit, usual_request};
use fdx_tests::TlsBank;
use fdx_transport_hyper::{BlockingStore, Driver, Roots, Transport, system_now};
use fdx_wire::HttpsUrl;

const CUSTOMER: &str = "customer-17";

#[tokio::test]
async fn a_consent_is_begun_finished_refreshed_and_revoked() {
    let setup = Setup::default();
    let bank = TlsBank::open(vec![keys(setup.algorithm)], &[], |_| ()).await;
    bank.institution.lock().unwrap().register(setup.registered());
    let roots = Roots::pem(bank.authority.certificate_pem()).unwrap();
    let transport = Transport::builder().root_certificates(roots).build().unwrap();
    let signer = keys(setup.algorithm);
    let draft = discover(&bank.issuer, WellKnown::OAuthAuthorizationServer, system_now());
    let metadata = transport.run(draft.unwrap(), &signer, system_now).await.unwrap();
    let mut config = setup.config();
    config.issuer = bank.issuer.clone();
    config.fdx_base = HttpsUrl::parse(&format!("{}/fdx/v6", bank.issuer.as_str())).unwrap();
    let consents = Consents::new(
        Client::new(config, metadata).unwrap(),
        Tenant::default(),
        KeyRing::new(backend::ring(), SealingKey::new(1, [7; 32])),
        None,
        RefreshPolicy::new(RefreshTokens::FAPI),
    )
    .unwrap();
    let driver =
        Driver::new(transport, signer, BlockingStore::new(SqliteStore::in_memory().unwrap()));

    let begin = consents.begin(CUSTOMER, &usual_request(), entropy(1), system_now());
    let Started::Redirect(redirect) = driver.run(begin).await else { panic!("not begun") };
    let callback = kit::customer(
        &mut bank.institution.lock().unwrap(),
        redirect.url.as_str(),
        &Decision::everything(),
        system_now(),
    );
    // In a task of its own, as a service does it: a closed browser tab ends no flow.
    let finish = consents.finish(CUSTOMER, &callback, entropy(2), system_now());
    let finished = tokio::spawn({
        let driver = driver.clone();
        async move { driver.run(finish).await }
    });
    let Finished::Granted(granted) = finished.await.unwrap() else { panic!("not granted") };
    let id = granted.consent.id;

    let refresh = consents.refresh(&id, entropy(3), system_now());
    let Access::Token(token) = driver.run(refresh).await else { panic!("not refreshed") };
    assert_eq!(token.generation, 1);

    let (reason, initiator) = (RevocationReason::UserAction, PartyType::DataRecipient);
    let revoke = consents.revoke(&id, reason, initiator, entropy(5), system_now());
    let revoked = driver.run(revoke).await;
    assert!(matches!(revoked, RevocationResult::Revoked(_)), "{revoked:?}");

    let key = RecordKey::new(Tenant::default(), id);
    let find = Step::operation(find_consent(key.clone()), system_now());
    assert_eq!(driver.run(find).await.unwrap().unwrap().state, ConsentState::Revoked);
    let history = Step::operation(history(key, 0, 10), system_now());
    assert_eq!(driver.run(history).await.unwrap().entries.len(), 2, "granted and revoked");
}
