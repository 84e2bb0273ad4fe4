use http::{HeaderValue, Method, Request};
use proptest::prelude::*;

use super::Bench;

const PATHS: [&str; 11] = [
    "/par",
    "/token",
    "/introspect",
    "/revoke",
    "/authorize",
    "/authorize/decision",
    "/jwks",
    "/fdx/v6/accounts",
    "/fdx/v6/accounts/acc-1/transactions",
    "/fdx/v6",
    "/.well-known/openid-configuration",
];

proptest! {
    #[test]
    fn no_request_panics_and_every_response_is_valid_http(
        path in 0..PATHS.len(),
        post: bool,
        query in "[ -~]{0,40}",
        header in prop::collection::vec(any::<u8>(), 0..60),
        form in "([a-z_]{1,12}=[ -~]{0,20}&?){0,6}",
        raw in prop::collection::vec(any::<u8>(), 0..60),
        as_form: bool,
    ) {
        let mut bench = Bench::dpop();
        let mut request = Request::new(if as_form { form.into_bytes() } else { raw });
        let url = format!("https://bank.example:8443{}?{query}", PATHS[path]);
        if let Ok(uri) = url.parse() {
            *request.uri_mut() = uri;
        }
        if post {
            *request.method_mut() = Method::POST;
        }
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert("content-type", form_type);
        if let Ok(value) = HeaderValue::from_bytes(&header) {
            for name in ["authorization", "dpop", "x-fapi-interaction-id", "origin"] {
                request.headers_mut().insert(name, value.clone());
            }
        }
        let response = bench.institution.handle(&request, None, bench.now);
        prop_assert!(response.status().as_u16() < 500);
    }
}
