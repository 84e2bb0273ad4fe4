use fdx_rar::{DataCluster, ResourceType};
use http::Response;

use super::Bench;
use crate::customer::{ConsentPage, Decision, PageError};

fn page(bench: &mut Bench) -> ConsentPage {
    let request_uri = bench.pushed();
    let response = bench.load(&Bench::authorize_url(&request_uri));
    ConsentPage::read(&response).unwrap()
}

#[test]
fn page_offers_every_requested_cluster_of_every_resource() {
    let mut bench = Bench::dpop();
    let page = page(&mut bench);
    let accounts = bench.institution.accounts().len();
    assert_eq!(page.offers().len(), 2 * accounts + 1);
}

#[test]
fn less_than_requested_omits_one_pair_and_all_but_one_account() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::less_than_requested());
    assert_eq!(
        tokens["scope"],
        "openid offline_access fdx:accountbasic:read fdx:customercontact:read"
    );
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(bench.get("/accounts/acc-1", access_token).status(), 200);
    assert_eq!(bench.get("/accounts/acc-2", access_token).status(), 403);
    assert_eq!(bench.get("/accounts/acc-1/transactions", access_token).status(), 403);
}

#[test]
fn rejects_a_decision_beyond_the_offers() {
    let mut bench = Bench::dpop();
    let page = page(&mut bench);
    for decision in [
        Decision::allow().account("acc-1", [DataCluster::Tax]),
        Decision::allow().account("acc-9", [DataCluster::AccountBasic]),
        Decision::allow().customer("acc-1", [DataCluster::AccountBasic]),
    ] {
        assert_eq!(page.decide(&decision).unwrap_err(), PageError::NotOffered);
    }
    let offer = &page.offers()[0];
    assert_eq!(offer.resource_type, ResourceType::Account);
}

#[test]
fn rejects_a_response_without_a_consent_page() {
    let response = Response::new(b"<html></html>".to_vec());
    assert_eq!(ConsentPage::read(&response), Err(PageError::NotAConsentPage));
}
