//! The customer's browser.

use fdx_jose::Algorithm;
use fdx_sandbox::OldKeys;
use fdx_sandbox::customer::Decision;
use http::Uri;

use super::{dpop, jarm};
use crate::strict::{Check, Stage, Step};
use crate::{Outgoing, fresh_key};

const ERROR: &str = "invalid_request";

pub(super) fn checks() -> Vec<Check> {
    let mut all = address();
    all.extend(use_of_request_uri());
    all.extend(decision());
    all
}

fn behind(out: &mut Outgoing, text: &str) {
    let url = format!("{}{text}", out.http.uri());
    *out.http.uri_mut() = url.parse::<Uri>().unwrap();
}

fn address() -> Vec<Check> {
    vec![
        Check::new("RFC 6749 3.1", "the query is percent-encoded UTF-8 of at most 8 KiB", ERROR)
            .wrong("encodes what is not UTF-8", dpop(), Step::Page, |out| behind(out, "&x=%ff"))
            .wrong("sends more than 8 KiB", dpop(), Step::Page, |out| {
                behind(out, &format!("&x={}", "a".repeat(8192)));
            }),
        Check::new("RFC 6749 3.1", "client_id and request_uri occur at most once", ERROR)
            .wrong("adds another request_uri", dpop(), Step::Page, |out| {
                behind(out, "&request_uri=x");
            })
            .wrong("repeats the client_id", dpop(), Step::Page, |out| {
                behind(out, "&client_id=app-1");
            }),
        Check::finding(
            "FAPI 2.0 SP 5.3.3.2-6",
            "the client sends no parameters but client_id and request_uri",
        )
        .wrong("adds a scope", dpop(), Step::Page, |out| behind(out, "&scope=openid"))
        .wrong("adds the state", dpop(), Step::Page, |out| behind(out, "&state=s"))
        .wrong("adds what was not pushed", dpop(), Step::Page, |out| behind(out, "&claims=%7B%7D")),
        Check::new("RFC 6749 3.1.2.4", "client_id is a registered client", ERROR).wrong(
            "is a stranger",
            dpop(),
            Step::Page,
            |out| {
                out.go("client_id=app-1", "client_id=nobody");
            },
        ),
        Check::new(
            "FAPI 2.0 SP 5.3.2.2-3",
            "request_uri was issued to this client by the PAR endpoint",
            ERROR,
        )
        .wrong("makes up a request_uri", dpop(), Step::Page, |out| behind(out, "x"))
        .wrong("asks without a push", dpop(), Step::Page, |out| {
            let url = "https://bank.example/authorize?client_id=app-1&response_type=code";
            *out.http.uri_mut() = url.parse::<Uri>().unwrap();
        })
        .play("brings another client's request_uri", dpop(), |stage| {
            stage.register(|client| client.client_id = "app-2".to_owned());
            stage.wrong(Step::Page, |out| out.go("client_id=app-1", "client_id=app-2"));
        }),
    ]
}

fn use_of_request_uri() -> [Check; 2] {
    [
        Check::new("RFC 9126 4", "request_uri was not used to completion before", ERROR)
            .play("loads the page again after the decision", dpop(), |stage| {
                let (url, _) = stage.pushed();
                let page = stage.load(&url);
                stage.browse(Stage::decision(&page, &Decision::everything()));
                stage.load(&url);
            })
            .play("loads the page again after a refusal", dpop(), |stage| {
                let (url, _) = stage.pushed();
                let page = stage.load(&url);
                stage.browse(Stage::decision(&page, &Decision::refuse()));
                stage.load(&url);
            }),
        Check::new("RFC 9126 2.2", "request_uri has not expired", ERROR).play(
            "first loads the page after 60 seconds",
            dpop(),
            |stage| {
                let (url, _) = stage.pushed();
                stage.later(60);
                stage.load(&url);
            },
        ),
    ]
}

fn decision() -> Vec<Check> {
    vec![
        Check::new("RFC 9700 4.16", "the decision comes from this institution's page", ERROR)
            .wrong("decides from elsewhere", dpop(), Step::Decide, |out| {
                out.header("origin", "https://app.example");
            })
            .wrong("decides from nowhere", dpop(), Step::Decide, |out| {
                out.header("origin", "null")
            }),
        Check::new("RFC 9126 4", "the page was loaded and awaits its decision", ERROR)
            .wrong("decides about a page that nobody saw", dpop(), Step::Decide, |out| {
                out.set("interaction", "made up");
            })
            .play("decides twice", dpop(), |stage| {
                let (url, _) = stage.pushed();
                let page = stage.load(&url);
                stage.browse(Stage::decision(&page, &Decision::everything()));
                stage.browse(Stage::decision(&page, &Decision::refuse()));
            })
            .play("decides after half an hour", dpop(), |stage| {
                let (url, _) = stage.pushed();
                let page = stage.load(&url);
                stage.later(1800);
                stage.browse(Stage::decision(&page, &Decision::everything()));
            }),
        Check::new("FDX Consent API 1.3", "the customer chooses only what was requested", ERROR)
            .wrong("grants what nobody asked for", dpop(), Step::Decide, |out| {
                out.add("ACCOUNT/acc-1/BILLS", "on");
            }),
        Check::new("FDX Consent API 1.3", "the decision is allow or refuse", ERROR)
            .wrong("decides neither", dpop(), Step::Decide, |out| out.set("decision", "maybe"))
            .wrong("decides nothing", dpop(), Step::Decide, |out| out.unset("decision")),
        Check::new(
            "JARM 3",
            "the institution has a key for authorization_signed_response_alg",
            ERROR,
        )
        .play("is answered after the key for it was withdrawn", jarm(), |stage| {
            let (url, _) = stage.pushed();
            let page = stage.load(&url);
            let keys = vec![fresh_key(Algorithm::Es256, Some("new"))];
            stage.world.bank.rotate_keys(keys, OldKeys::Withdrawn);
            stage.browse(Stage::decision(&page, &Decision::everything()));
        }),
    ]
}
