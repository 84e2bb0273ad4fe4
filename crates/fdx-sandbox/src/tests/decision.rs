use http::{Method, Request, StatusCode};

use super::Bench;
use super::bench::{ISSUER, REDIRECT};
use crate::Outcome;
use crate::customer::{ConsentPage, Decision};

#[track_caller]
fn refused_page(bench: &mut Bench, url: &str, clause: &str) {
    let response = bench.load(url);
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(bench.failed(), clause);
    let html = str::from_utf8(response.body()).unwrap();
    assert!(html.contains(clause), "{html}");
    // RFC 6749 3.1.2.4: no automatic redirect.
    assert!(response.headers().get("location").is_none());
}

#[test]
fn page_needs_client_id_and_request_uri_once() {
    let mut bench = Bench::dpop();
    let request_uri = bench.pushed();
    let url = Bench::authorize_url(&request_uri);
    let clause = "RFC 6749 3.1";
    refused_page(&mut bench, &format!("{url}&client_id=app"), clause);
    refused_page(&mut bench, &format!("{url}&request_uri=other"), clause);
    let issued = "FAPI 2.0 SP 5.3.2.2-3";
    refused_page(&mut bench, &format!("{ISSUER}/authorize?client_id=app"), issued);
    refused_page(&mut bench, &format!("{ISSUER}/authorize"), "RFC 6749 3.1.2.4");
}

/// RFC 9101 6.3: whatever stands next to `request_uri`, the response is that to the pushed request.
#[test]
fn parameters_next_to_request_uri_have_no_effect_and_are_a_finding() {
    let findings = |bench: &Bench| -> Vec<_> {
        let verdicts = bench.institution.last_verdicts().iter();
        let findings = verdicts.filter(|verdict| verdict.outcome == Outcome::Finding);
        findings.map(|finding| finding.clause).collect()
    };
    let extra = [
        "&scope=openid",
        "&state=other",
        "&redirect_uri=https%3A%2F%2Fevil.example%2F",
        "&response_mode=jwt&response_type=token&nonce=n&nonce=n",
        "&request=a.b.c&claims=%7B%7D&unknown",
    ];
    for extra in ["".to_owned(), extra.concat()].into_iter().chain(extra.map(str::to_owned)) {
        let mut bench = Bench::dpop();
        let request_uri = bench.pushed();
        let page = bench.load(&format!("{}{extra}", Bench::authorize_url(&request_uri)));
        assert_eq!(bench.failed(), "", "{extra}");
        let expected: &[_] = if extra.is_empty() { &[] } else { &["FAPI 2.0 SP 5.3.3.2-6"] };
        assert_eq!(findings(&bench), expected, "{extra}");
        let request = ConsentPage::read(&page).unwrap().decide(&Decision::everything()).unwrap();
        let response = bench.institution.handle(&request, None, bench.now);
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(&format!("{REDIRECT}?code=")), "{extra}: {location}");
        assert!(location.contains("&state=the%20state&"), "{extra}: {location}");
    }
}

#[test]
fn accepts_two_page_loads_and_one_decision() {
    let mut bench = Bench::dpop();
    let request_uri = bench.pushed();
    let url = Bench::authorize_url(&request_uri);
    let first = bench.load(&url);
    let second = bench.load(&url);
    assert_eq!(ConsentPage::read(&first), ConsentPage::read(&second));

    // The customer may decide after the request_uri has expired.
    bench.later(600);
    let page = ConsentPage::read(&first).unwrap();
    let request = page.decide(&Decision::everything()).unwrap();
    let decide = |bench: &mut Bench| {
        let response = bench.institution.handle(&request, None, bench.now);
        response.status()
    };
    assert_eq!(decide(&mut bench), StatusCode::SEE_OTHER);
    assert_eq!(decide(&mut bench), StatusCode::BAD_REQUEST);
    assert_eq!(bench.failed(), "RFC 9126 4");
    refused_page(&mut bench, &url, "RFC 9126 4");
}

#[test]
fn sharing_nothing_shows_the_page_again() {
    let mut bench = Bench::dpop();
    let request_uri = bench.pushed();
    let first = bench.load(&Bench::authorize_url(&request_uri));
    let page = ConsentPage::read(&first).unwrap();
    let request = page.decide(&Decision::allow()).unwrap();
    let again = bench.institution.handle(&request, None, bench.now);
    assert_eq!(again.status(), StatusCode::OK);
    assert!(str::from_utf8(again.body()).unwrap().contains("Nothing is selected."));
    assert_eq!(ConsentPage::read(&again).unwrap(), page);
    // The customer can still decide.
    let request = page.decide(&Decision::everything()).unwrap();
    let response = bench.institution.handle(&request, None, bench.now);
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(response.headers()["location"].to_str().unwrap().contains("?code="));
}

#[test]
fn authorization_response_contains_state_and_iss() {
    for (decision, begins) in
        [(Decision::everything(), "code="), (Decision::refuse(), "error=access_denied&")]
    {
        let mut bench = Bench::dpop();
        let request_uri = bench.pushed();
        let location = bench.decided(&request_uri, &decision);
        let query = location.strip_prefix(&format!("{REDIRECT}?")).unwrap();
        assert!(query.starts_with(begins), "{query}");
        let ends = "&state=the%20state&iss=https%3A%2F%2Fbank.example%3A8443";
        assert!(query.ends_with(ends), "{query}");
    }
}

#[test]
fn page_loads_no_resources_and_can_not_be_framed() {
    let mut bench = Bench::dpop();
    let request_uri = bench.pushed();
    let response = bench.load(&Bench::authorize_url(&request_uri));
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    for part in
        ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self' https://app.example;"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    // FAPI 2.0 SP 5.2.3-3: no CORS at the authorization endpoint.
    assert!(response.headers().get("access-control-allow-origin").is_none());
    let html = str::from_utf8(response.body()).unwrap();
    for loads in ["<script", "src=", "href=", "url(", "@import"] {
        assert!(!html.contains(loads), "{loads}");
    }
}

#[test]
fn rejects_forged_and_unknown_decisions() {
    let mut bench = Bench::dpop();
    let request_uri = bench.pushed();
    let page = bench.load(&Bench::authorize_url(&request_uri));
    let request = ConsentPage::read(&page).unwrap();
    let request = request.decide(&Decision::everything()).unwrap();

    let mut forged = request.clone();
    let origin = "https://evil.example".parse().unwrap();
    forged.headers_mut().insert("origin", origin);
    let mut more = request.clone();
    more.body_mut().extend(b"&ACCOUNT%2Facc-1%2FTAX=on");
    let mut unsure = request.clone();
    let body = String::from_utf8(unsure.body().clone()).unwrap();
    *unsure.body_mut() = body.replace("=allow", "=perhaps").into();
    for (request, clause) in
        [(forged, "RFC 9700 4.16"), (more, "FDX Consent API 1.3"), (unsure, "FDX Consent API 1.3")]
    {
        let response = bench.institution.handle(&request, None, bench.now);
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(bench.failed(), clause);
    }
    let response = bench.institution.handle(&request, None, bench.now);
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
}

#[test]
fn endpoints_accept_only_their_method_at_their_authority() {
    let mut bench = Bench::dpop();
    for (method, url, status) in [
        (Method::GET, "https://bank.example:8443/par", 405),
        (Method::PUT, "https://bank.example:8443/token", 405),
        (Method::POST, "https://bank.example:8443/authorize", 405),
        (Method::GET, "https://bank.example:8444/authorize", 404),
        (Method::GET, "https://bank.example:8443/nothing", 404),
        (Method::GET, "https://elsewhere.example:8443/jwks", 421),
    ] {
        let mut request = Request::new(Vec::new());
        *request.method_mut() = method;
        *request.uri_mut() = url.parse().unwrap();
        let response = bench.institution.handle(&request, None, bench.now);
        assert_eq!(response.status(), status, "{url}");
    }
    let by_host = Request::builder().uri("/jwks").header("host", "BANK.example:8443");
    let request = by_host.body(Vec::new()).unwrap();
    let response = bench.institution.handle(&request, None, bench.now);
    assert_eq!(response.status(), StatusCode::OK);
}
