//! The body of every request to the authorization server.

use super::dpop;
use crate::strict::{Check, Step};

pub(super) fn checks() -> Vec<Check> {
    vec![
        Check::new(
            "RFC 6749 appendix B",
            "the body is application/x-www-form-urlencoded",
            "invalid_request",
        )
        .wrong("calls the form JSON", dpop(), Step::Push, |out| {
            out.header("content-type", "application/json");
        })
        .wrong("says nothing about the body", dpop(), Step::Exchange, |out| {
            out.header("content-type", "");
        })
        .wrong("says twice what the body is", dpop(), Step::Refresh, |out| {
            out.repeat("content-type");
        }),
        Check::new(
            "RFC 6749 appendix B",
            "the form is percent-encoded UTF-8 of at most 64 KiB",
            "invalid_request",
        )
        .wrong("encodes what is not UTF-8", dpop(), Step::Push, |out| out.append("&x=%ff"))
        .wrong("ends in half an escape", dpop(), Step::Exchange, |out| out.append("&x=%4"))
        .wrong("sends more than 64 KiB", dpop(), Step::Push, |out| {
            out.append(&format!("&x={}", "a".repeat(64 * 1024)));
        }),
        Check::new(
            "RFC 6749 3.2",
            "no parameter but resource occurs more than once",
            "invalid_request",
        )
        .wrong("pushes two scopes", dpop(), Step::Push, |out| out.add("scope", "openid"))
        .wrong("sends the code twice", dpop(), Step::Exchange, |out| {
            let code = out.parameter("code");
            out.add("code", &code);
        })
        .wrong("hides the second name in escapes", dpop(), Step::Push, |out| {
            out.append("&st%61te=x");
        }),
    ]
}
