use fdx_par::{Client, Readiness, WellKnown, discover, readiness::Severity};

use crate::message::answered;
use crate::scene::{NOW, config, issuer};

/// A metadata document that is examined.
///
/// # Panics
/// If a row can't be printed, or if metadata are reported as usable that a client rejects.
pub fn readiness(bytes: &[u8]) {
    let (issuer, config) = (issuer(), config());
    let judged = Readiness::of(bytes, Some(&issuer), Some(&config));
    for row in judged.findings() {
        // The value is shown in full: the document is bounded, and an escape has at most ten bytes.
        assert!(row.found.len() <= 10 * bytes.len().max(8));
        assert!(row.found.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
    }
    let unasked = Readiness::of(bytes, None, None);
    assert!(unasked.worst() <= Severity::BreaksFapi);

    let response = http::Response::builder().header("content-type", "application/json");
    let response = response.body(bytes.to_vec()).unwrap();
    let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, NOW).unwrap();
    let usable = answered(draft, &response).is_some_and(|it| Client::new(config, it).is_ok());
    assert!(usable || judged.worst() == Severity::BreaksClient);
}
