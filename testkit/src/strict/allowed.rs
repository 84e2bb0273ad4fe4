use fdx_jose::{Jwks, Thumbprint};
use fdx_sandbox::customer::Decision;
use fdx_sandbox::{Binding, Outcome, Peer, Presence, RefreshPolicy};
use serde_json::{Value, json};

use super::outgoing::{at, rsa_jwk};
use super::{Pen, Stage, Step, registering};
use crate::{Outgoing, Requests, Setup};

/// What looks wrong and is right: the institution has to take it.
pub struct Allowed {
    /// The clause that allows it.
    pub clause: &'static str,
    /// What the client does.
    pub name: String,
    setup: Setup,
    play: Box<dyn Fn(&mut Stage)>,
}

/// Everything that has to be taken.
#[must_use]
pub fn allowed() -> Vec<Allowed> {
    let mut all = clocks();
    all.extend([assertion()]);
    all.extend(last_seconds());
    all.extend(fractions());
    all.extend(headers());
    all.extend(targets());
    all.extend(pushes());
    all.extend(without_fdx());
    all.extend(customer());
    all.extend(refresh());
    all.extend(registration());
    all
}

impl Allowed {
    fn new(
        clause: &'static str,
        name: impl Into<String>,
        setup: Setup,
        play: impl Fn(&mut Stage) + 'static,
    ) -> Self {
        Self { clause, name: name.into(), setup, play: Box::new(play) }
    }

    /// Plays it: the rule for which the last request was refused, if it was.
    #[must_use]
    pub fn refused(&self) -> Option<&'static str> {
        let mut stage = Stage::new(self.setup);
        (self.play)(&mut stage);
        let verdicts = stage.world.bank.last_verdicts();
        assert!(!verdicts.is_empty(), "{}: nothing was checked", self.name);
        let failed = verdicts.iter().find(|verdict| verdict.outcome == Outcome::Failed);
        failed.map(|verdict| verdict.rule)
    }
}

/// Else what is wrong with the table's registrations could be something else.
fn registration() -> Vec<Allowed> {
    vec![
        Allowed::new("RFC 7591 3.1", "a client registers", Setup::default(), |stage| {
            registering::register(stage, |_| ());
        }),
        Allowed::new("FAPI 2.0 SP 5.4.1-2", "a key of 2,048 bits", Setup::default(), |stage| {
            let keys = json!([Pen::own().jwk(), rsa_jwk(2048)]);
            registering::described(stage, &json!({ "jwks": { "keys": keys } }));
        }),
        Allowed::new(
            "FAPI 2.0 SP 5.4.3",
            "keys of one id, told apart by their type",
            Setup::default(),
            |stage| {
                let named = |mut key: Value| {
                    key["kid"] = "one".into();
                    key
                };
                let keys = [Pen::own().jwk(), rsa_jwk(2048)].map(named);
                let keys = json!({ "keys": [keys[1], keys[0]] }).to_string();
                let keys = Jwks::parse(keys.as_bytes()).unwrap();
                assert_eq!(keys.keys().len(), 2);
                stage.register(|client| client.jwks = keys);
                stage.wrong(Step::Push, |out| out.assertion_header(&json!({ "kid": "one" })));
            },
        ),
        Allowed::new(
            "RFC 7591 3.1",
            "a client registers without an interaction id",
            Setup::default(),
            |stage| {
                registering::register(stage, |request| {
                    drop(request.headers_mut().remove(registering::ID));
                });
            },
        ),
        Allowed::new("RFC 7592 2.2", "a client is updated", Setup::default(), |stage| {
            registering::update(stage, |_| ());
        }),
    ]
}

/// FAPI 2.0: 0 to 10 seconds ahead must be taken, 11 to 60 may be, and are here.
fn clocks() -> Vec<Allowed> {
    const CLAUSE: &str = "FAPI 2.0 SP 5.3.2.1-13";
    let signed = Setup { requests: Requests::Signed, ..Setup::default() };
    let mut all = Vec::new();
    for seconds in [0, 1, 10, 11, 60] {
        let from = |what| format!("{what} from {seconds} s ahead");
        all.push(Allowed::new(CLAUSE, from("an assertion"), Setup::default(), move |stage| {
            let times = json!({ "iat": at(seconds), "nbf": at(seconds), "exp": at(120) });
            stage.wrong(Step::Push, move |out| out.assertion(&times));
        }));
        all.push(Allowed::new(CLAUSE, from("a proof"), Setup::default(), move |stage| {
            let times = json!({ "iat": at(seconds), "nbf": at(seconds) });
            stage.wrong(Step::Push, move |out| out.proof(&times));
        }));
        all.push(Allowed::new(CLAUSE, from("a request object"), signed, move |stage| {
            let times = json!({ "iat": at(seconds), "nbf": at(seconds) });
            stage.wrong(Step::Push, move |out| out.request_object(&times));
        }));
    }
    all
}

/// RFC 7519 section 2: a NumericDate can have a fraction.
fn fractions() -> Vec<Allowed> {
    const CLAUSE: &str = "RFC 7519 2";
    let signed = Setup { requests: Requests::Signed, ..Setup::default() };
    let fraction = |seconds: i64| at(seconds).as_f64().unwrap_or_default() + 0.5;
    vec![
        Allowed::new(CLAUSE, "an assertion with fractions", Setup::default(), move |stage| {
            let times = json!({ "iat": fraction(0), "nbf": fraction(0), "exp": fraction(60) });
            stage.wrong(Step::Push, move |out| out.assertion(&times));
        }),
        Allowed::new(CLAUSE, "a proof with fractions", Setup::default(), move |stage| {
            let times = json!({ "iat": fraction(0), "exp": fraction(60) });
            stage.wrong(Step::Push, move |out| out.proof(&times));
        }),
        Allowed::new(CLAUSE, "a request object with fractions", signed, move |stage| {
            let times = json!({ "iat": fraction(0), "nbf": fraction(0), "exp": fraction(60) });
            stage.wrong(Step::Push, move |out| out.request_object(&times));
        }),
        Allowed::new(
            "FAPI 2.0 MS 5.3.1-2",
            "an array as aud of a request object",
            signed,
            |stage| {
                let audience = json!({ "aud": ["https://other.example", "https://bank.example"] });
                stage.wrong(Step::Push, move |out| out.request_object(&audience));
            },
        ),
        Allowed::new("RFC 8707 2", "two resources in one push", Setup::default(), |stage| {
            stage.wrong(Step::Push, |out| {
                out.add("resource", "https://bank.example/fdx/v6");
                out.add("resource", "https://mtls.bank.example/fdx/v6");
            });
        }),
    ]
}

/// RFC 7515 4.1: a recipient need not understand these members of a header. The key comes from the
/// registration, and nothing is fetched.
fn headers() -> Vec<Allowed> {
    const CLAUSE: &str = "RFC 7515 4.1";
    let signed = Setup { requests: Requests::Signed, ..Setup::default() };
    let mut all = Vec::new();
    for (name, patch) in [
        ("jku", json!({ "jku": "https://app.example/jwks" })),
        ("x5u", json!({ "x5u": "https://app.example/x5c" })),
        ("x5c", json!({ "x5c": ["AAAA"] })),
    ] {
        let of = |what| format!("{name} in the header of {what}");
        let header = patch.clone();
        all.push(Allowed::new(CLAUSE, of("an assertion"), Setup::default(), move |stage| {
            let header = header.clone();
            stage.wrong(Step::Push, move |out| out.assertion_header(&header));
        }));
        let header = patch.clone();
        all.push(Allowed::new(CLAUSE, of("a proof"), Setup::default(), move |stage| {
            let header = header.clone();
            stage.wrong(Step::Push, move |out| out.proof_header(&header));
        }));
        all.push(Allowed::new(CLAUSE, of("a request object"), signed, move |stage| {
            let header = patch.clone();
            stage.wrong(Step::Push, move |out| out.request_object_header(&header));
        }));
    }
    all
}

/// Whatever expires is valid in the second before. The table of wrong clients has the next second.
fn last_seconds() -> Vec<Allowed> {
    const YEAR: u64 = 365 * 86_400;
    let signed = Setup { requests: Requests::Signed, ..Setup::default() };
    let last = |clause, name, play: fn(&mut Stage)| {
        Allowed::new(clause, format!("{name} with a second left"), Setup::default(), play)
    };
    let object = |stage: &mut Stage| {
        stage.wrong(Step::Push, |out| out.request_object(&json!({ "exp": at(1) })));
    };
    vec![
        last("RFC 7519 4.1.4", "a proof", |stage| {
            stage.wrong(Step::Push, |out| out.proof(&json!({ "exp": at(1) })));
        }),
        last("RFC 9449 4.3-11", "a proof without exp", |stage| {
            stage.wrong(Step::Push, |out| out.proof(&json!({ "iat": at(-299) })));
        }),
        last("RFC 7523 3-4", "an assertion", |stage| {
            stage.wrong(Step::Push, |out| out.assertion(&json!({ "exp": at(1) })));
        }),
        Allowed::new("FAPI 2.0 MS 5.3.2-4", "a request object with a second left", signed, object),
        last("RFC 9126 2.2", "a request_uri", |stage| {
            let (url, _) = stage.pushed();
            stage.later(59);
            stage.load(&url);
        }),
        last("RFC 9126 4", "a page", |stage| {
            let (url, _) = stage.pushed();
            let page = stage.load(&url);
            stage.later(1799);
            stage.browse(Stage::decision(&page, &Decision::everything()));
        }),
        last("FAPI 2.0 SP 5.3.2.1-11", "a code", |stage| stage.late(Step::Exchange, 59)),
        last("FAPI 2.0 SP 5.3.4-3", "an access token", |stage| {
            stage.grant();
            stage.later(299);
            stage.wrong(Step::Accounts, |_| ());
        }),
        last("RFC 9700 4.14.2", "a refresh token", |stage| {
            stage.grant();
            stage.later(YEAR - 1);
            stage.wrong(Step::Refresh, |_| ());
        }),
    ]
}

/// RFC 9449: `htu` is compared after normalisation, without query and fragment.
fn targets() -> Vec<Allowed> {
    let steps = [(Step::Exchange, "token"), (Step::Accounts, "fdx/v6/accounts")];
    let written = [
        ("a proof that writes the host in capitals", "https://BANK.Example", ""),
        ("a proof that writes the scheme in capitals", "HTTPS://bank.example", ""),
        ("a proof that names the default port", "https://bank.example:443", ""),
        ("a proof with an empty query", "https://bank.example", "?"),
        ("a proof with a query", "https://bank.example", "?a=1"),
        ("a proof with a fragment", "https://bank.example", "#a"),
    ];
    let all = steps.into_iter().flat_map(|step| written.map(|written| (step, written)));
    all.map(|((step, path), (name, origin, end))| {
        let patch = json!({ "htu": format!("{origin}/{path}{end}") });
        let name = format!("{name}, at /{path}");
        Allowed::new("RFC 9449 4.3", name, Setup::default(), move |stage| {
            let patch = patch.clone();
            stage.wrong(step, move |out| out.proof(&patch));
        })
    })
    .collect()
}

/// RFC 7523 lets an assertion have `iat`, and FAPI 2.0 bounds it where it is there. Neither asks
/// for it, though the OpenID Foundation's conformance suite does.
fn assertion() -> Allowed {
    Allowed::new("RFC 7523 3-6", "an assertion without iat", Setup::default(), |stage| {
        stage.wrong(Step::Push, |out| out.assertion(&json!({ "iat": null })));
    })
}

/// What FDX adds to FAPI is absent, and the institution is configured not to require it.
fn without_fdx() -> Vec<Allowed> {
    let plain = Setup { fdx: Presence::Optional, ..Setup::default() };
    let scopes_alone = |name, scope: &'static str| {
        Allowed::new("RFC 9396 2", name, plain, move |stage: &mut Stage| {
            stage.wrong(Step::Push, move |out| {
                out.unset("authorization_details");
                out.set("scope", scope);
            });
        })
    };
    vec![
        scopes_alone("a push of scopes without details", "openid fdx:accountbasic:read"),
        scopes_alone("a push of openid without details", "openid"),
        Allowed::new("RFC 9396 2", "details although they are optional", plain, |stage| {
            stage.right(Step::Push);
        }),
        Allowed::new("FAPI 2.0 SP 5.3.4", "a resource without interaction id", plain, |stage| {
            stage.wrong(Step::Accounts, |out| out.header("x-fapi-interaction-id", ""));
        }),
    ]
}

fn pushes() -> Vec<Allowed> {
    const CLAUSE: &str = "FAPI 2.0 SP 5.3.3.2-4";
    let again = |stage: &mut Stage| {
        let earlier = stage.last("/par").form()["code_challenge"].clone();
        move |out: &mut Outgoing| out.set("code_challenge", &earlier)
    };
    vec![
        Allowed::new(
            CLAUSE,
            "the challenge of a push that was refused for want of a nonce",
            Setup::default(),
            move |stage| {
                stage.wrong(Step::Push, |out| out.proof(&json!({ "nonce": null })));
                assert_eq!(stage.error_code(), "use_dpop_nonce");
                let again = again(stage);
                stage.wrong(Step::Push, again);
            },
        ),
        Allowed::new(
            "RFC 9449 10",
            "a key that is named at the push and first proven for tokens",
            Setup::default(),
            |stage| {
                stage.name_key(Pen::own().key().public().thumbprint());
                stage.wrong(Step::Exchange, |_| ());
                assert!(!stage.last("/par").form()["dpop_jkt"].is_empty());
            },
        ),
        Allowed::new(
            CLAUSE,
            "the challenge that another client pushed",
            Setup::default(),
            move |stage| {
                stage.right(Step::Push);
                stage.register(|client| client.client_id = "app-2".to_owned());
                let again = again(stage);
                stage.wrong(Step::Push, move |out| {
                    again(out);
                    out.speak_for("app-2");
                });
            },
        ),
    ]
}

fn customer() -> Vec<Allowed> {
    vec![
        Allowed::new(
            "FAPI 2.0 SP 5.3.2.2 note 3",
            "the page is loaded twice before the decision",
            Setup::default(),
            |stage| {
                let (url, _) = stage.pushed();
                stage.load(&url);
                let page = stage.load(&url);
                stage.browse(Stage::decision(&page, &Decision::everything()));
            },
        ),
        Allowed::new(
            "RFC 9126 2.2",
            "the customer decides after the request_uri has expired",
            Setup::default(),
            |stage| {
                let (url, _) = stage.pushed();
                let page = stage.load(&url);
                stage.later(600);
                stage.browse(Stage::decision(&page, &Decision::everything()));
            },
        ),
        Allowed::new(
            "RFC 9126 4",
            "the decision on the first of two pages that were loaded",
            Setup::default(),
            |stage| {
                let (url, _) = stage.pushed();
                let page = stage.load(&url);
                stage.load(&url);
                stage.browse(Stage::decision(&page, &Decision::everything()));
            },
        ),
    ]
}

fn refresh() -> Vec<Allowed> {
    let mtls = Setup { binding: crate::Binding::Mtls, ..Setup::default() };
    let rotating = Setup { refresh: RefreshPolicy::Rotate, ..Setup::default() };
    let renewed = || Peer::certificate(Thumbprint::of_certificate(b"a renewed certificate"));
    vec![
        Allowed::new("RFC 9449 5", "a refresh with a new DPoP key", Setup::default(), |stage| {
            let pen = Pen::fresh();
            stage.wrong(Step::Refresh, move |out| out.proof_by(&pen));
        }),
        Allowed::new(
            "RFC 9449 5",
            "the new DPoP key reads by the new token",
            Setup::default(),
            |stage| {
                let (first, second) = Pen::pair();
                stage.wrong(Step::Refresh, move |out| out.proof_by(&first));
                let token = stage.answered("access_token");
                stage.wrong(Step::Accounts, move |out| {
                    out.header("authorization", &format!("DPoP {token}"));
                    out.proof_for(&token);
                    out.proof_by(&second);
                });
            },
        ),
        Allowed::new("RFC 8705 7.1", "a refresh with a renewed certificate", mtls, move |stage| {
            stage.register(|client| client.binding = Binding::AnyCertificate);
            stage.wrong(Step::Refresh, move |out| out.peer = renewed());
        }),
        Allowed::new(
            "RFC 8705 7.1",
            "the renewed certificate reads by the new token",
            mtls,
            move |stage| {
                stage.register(|client| client.binding = Binding::AnyCertificate);
                stage.wrong(Step::Refresh, move |out| out.peer = renewed());
                let token = stage.answered("access_token");
                stage.wrong(Step::Accounts, move |out| {
                    out.header("authorization", &format!("Bearer {token}"));
                    out.peer = renewed();
                });
            },
        ),
        Allowed::new(
            "FAPI 2.0 SP 5.3.2.1-9",
            "the old refresh token once more within a minute",
            rotating,
            |stage| {
                stage.right(Step::Refresh);
                stage.later(59);
                stage.wrong(Step::Refresh, |_| ());
            },
        ),
    ]
}
