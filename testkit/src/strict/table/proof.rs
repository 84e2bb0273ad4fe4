//! DPoP proofs: what each of them must be.

use serde_json::{Value, json};

use super::dpop;
use crate::strict::outgoing::{at, changed, rsa_jwk};
use crate::strict::{Check, Pen, Step};

const ERROR: &str = "invalid_dpop_proof";

pub(super) fn checks() -> Vec<Check> {
    let mut all = vec![
        Check::new("RFC 9449 4.3-1", "exactly one DPoP header is present", ERROR)
            .wrong("asks for tokens without a proof", dpop(), Step::Exchange, |out| {
                out.header("dpop", "");
            })
            .wrong("sends a proof twice", dpop(), Step::Push, |out| out.repeat("dpop"))
            .wrong("refreshes without a proof", dpop(), Step::Refresh, |out| {
                out.header("dpop", "");
            })
            .wrong("reads data without a proof", dpop(), Step::Accounts, |out| {
                out.header("dpop", "");
            }),
    ];
    all.extend(headers());
    all.extend([signature(), members()]);
    all.extend(target());
    all.extend(age());
    all
}

fn patched(
    mut check: Check,
    step: Step,
    rows: impl IntoIterator<Item = (&'static str, Value)>,
) -> Check {
    for (name, patch) in rows {
        check = check.wrong(name, dpop(), step, move |out| out.proof(&patch));
    }
    check
}

fn headers() -> [Check; 2] {
    let mut private = Pen::own().jwk();
    private["d"] = json!("A".repeat(43));
    let mut agreement = Pen::own().jwk();
    agreement["crv"] = json!("X25519");
    let mut kinds = Check::new("RFC 9449 4.3-4", "the proof's typ is dpop+jwt", ERROR);
    for (name, typ) in [
        ("calls it a JWT", json!("JWT")),
        ("does not say what it is", Value::Null),
        ("calls it an assertion", json!("client-authentication+jwt")),
    ] {
        let patch = json!({ "typ": typ });
        kinds = kinds.wrong(name, dpop(), Step::Push, move |out| out.proof_header(&patch));
    }
    let mut keys = Check::new(
        "RFC 9449 4.3-2",
        "the proof is a JWS under PS256, ES256 or EdDSA with a public jwk and no private member",
        ERROR,
    );
    for (name, patch) in [
        ("signs by nothing", json!({ "alg": "none" })),
        ("signs by a secret", json!({ "alg": "HS256" })),
        ("signs by RS256", json!({ "alg": "RS256" })),
        ("wants an extension understood", json!({ "crit": ["exp"], "exp": 1 })),
        ("shows no key", json!({ "jwk": null })),
        ("shows a key of 1,024 bits", json!({ "alg": "PS256", "jwk": rsa_jwk(1024) })),
        ("shows a key that only agrees", json!({ "jwk": agreement })),
        ("shows its private key", json!({ "jwk": private })),
    ] {
        keys = keys.wrong(name, dpop(), Step::Push, move |out| out.proof_header(&patch));
    }
    let keys = keys.wrong("sends a proof that is no JWS", dpop(), Step::Push, |out| {
        out.header("dpop", "not a jws");
    });
    [kinds, keys]
}

fn signature() -> Check {
    let check = Check::new("RFC 9449 4.3-6", "the proof is signed by the key in its jwk", ERROR)
        .wrong("changes what was signed", dpop(), Step::Push, |out| {
            let text = changed(&out.text("dpop"), &json!({ "jti": "another" }));
            out.header("dpop", &text);
        });
    [
        ("pushes by a proof that its key did not sign", Step::Push),
        ("refreshes by a proof that its key did not sign", Step::Refresh),
        ("reads data by a proof that its key did not sign", Step::Accounts),
    ]
    .into_iter()
    .fold(check, |check, (name, step)| {
        let other = Pen::fresh().jwk();
        check.wrong(name, dpop(), step, move |out| out.proof_header(&json!({ "jwk": other })))
    })
}

fn members() -> Check {
    patched(
        Check::new(
            "RFC 9449 4.3-3",
            "the proof has jti, htm, htu and iat, each of its type",
            ERROR,
        ),
        Step::Push,
        [
            ("leaves out jti", json!({ "jti": null })),
            ("leaves out htm", json!({ "htm": null })),
            ("leaves out htu", json!({ "htu": null })),
            ("leaves out iat", json!({ "iat": null })),
            ("writes iat as a text", json!({ "iat": "now" })),
            ("names several methods", json!({ "htm": ["POST"] })),
        ],
    )
}

fn target() -> [Check; 2] {
    let method = "the proof's htm is the request's method";
    let url = "the proof's htu is the request's URL, query and fragment aside";
    let methods = patched(
        Check::new("RFC 9449 4.3-8", method, ERROR),
        Step::Exchange,
        [
            ("proves another method", json!({ "htm": "GET" })),
            ("writes the method in small letters", json!({ "htm": "post" })),
        ],
    );
    let urls = patched(
        Check::new("RFC 9449 4.3-9", url, ERROR),
        Step::Exchange,
        [
            ("proves another endpoint", json!({ "htu": "https://bank.example/par" })),
            ("proves another authority", json!({ "htu": "https://mtls.bank.example/token" })),
            ("proves the issuer", json!({ "htu": "https://bank.example" })),
            ("proves another port", json!({ "htu": "https://bank.example:8443/token" })),
            ("writes the path in capitals", json!({ "htu": "https://bank.example/TOKEN" })),
            ("adds a slash", json!({ "htu": "https://bank.example/token/" })),
            ("proves plain http", json!({ "htu": "http://bank.example/token" })),
            ("proves a path without authority", json!({ "htu": "/token" })),
            ("hides another path in a query", json!({ "htu": "https://bank.example/?/token" })),
        ],
    );
    [
        patched(methods, Step::Accounts, [("reads by a proof for POST", json!({ "htm": "POST" }))]),
        patched(
            urls,
            Step::Accounts,
            [("reads by a proof for another resource", {
                json!({ "htu": "https://bank.example/fdx/v6/customers/current" })
            })],
        ),
    ]
}

fn age() -> [Check; 3] {
    let iat = "the proof's iat is at most 60 seconds ahead and less than 300 seconds old";
    let nbf = "the proof's nbf is absent or at most 60 seconds ahead";
    [
        patched(
            Check::new("RFC 9449 4.3-11", iat, ERROR),
            Step::Push,
            [
                ("signs 61 seconds ahead", json!({ "iat": at(61) })),
                ("signed 300 seconds ago", json!({ "iat": at(-300) })),
            ],
        ),
        patched(
            Check::new("FAPI 2.0 SP 5.3.2.1-13", nbf, ERROR),
            Step::Push,
            [("signs for 61 seconds ahead", json!({ "nbf": at(61) }))],
        ),
        patched(
            Check::new("RFC 7519 4.1.4", "the proof's exp is absent or in the future", ERROR),
            Step::Push,
            [
                ("shows one that has expired", json!({ "exp": at(-1) })),
                ("shows it in the second in which it expires", json!({ "exp": at(0) })),
            ],
        ),
    ]
}
