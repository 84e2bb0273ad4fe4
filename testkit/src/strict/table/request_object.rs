//! Signed pushes (JAR).

use fdx_jose::Algorithm;
use serde_json::{Value, json};

use super::{dpop, signed};
use crate::strict::outgoing::{at, changed};
use crate::strict::{Check, Pen, Step};

const ERROR: &str = "invalid_request_object";

pub(super) fn checks() -> Vec<Check> {
    let mut all = outside();
    all.extend(signatures());
    all.extend(claims());
    all.extend([audience(), clock(), begin(), end(), once(), types()]);
    all
}

fn patched(mut check: Check, rows: impl IntoIterator<Item = (&'static str, Value)>) -> Check {
    for (name, patch) in rows {
        check = check.wrong(name, signed(), Step::Push, move |out| out.request_object(&patch));
    }
    check
}

fn outside() -> Vec<Check> {
    vec![
        Check::new("RFC 9126 2.1", "request_uri is not pushed", "invalid_request")
            .wrong("pushes a request_uri", dpop(), Step::Push, |out| {
                out.set("request_uri", "urn:ietf:params:oauth:request_uri:x");
            })
            .wrong("pushes one beside a request object", signed(), Step::Push, |out| {
                out.set("request_uri", "https://app.example/request");
            }),
        Check::new(
            "RFC 9101 10.5",
            "a request object is present if one is required",
            "invalid_request",
        )
        .wrong("pushes nothing that is signed", signed(), Step::Push, |out| out.unset("request"))
        .play("pushes plainly where it registered to sign", dpop(), |stage| {
            stage.register(|client| {
                client.request_objects = fdx_sandbox::RequestObjects::Required;
            });
            stage.wrong(Step::Push, |_| ());
        }),
        Check::new(
            "RFC 9126 3",
            "the only parameters next to a request object are client_id and the client's credentials",
            "invalid_request",
        )
        .wrong("asks for a scope outside of it", signed(), Step::Push, |out| {
            out.set("scope", "openid");
        })
        .wrong("names a key outside of it", signed(), Step::Push, |out| {
            out.set("dpop_jkt", "x");
        })
        .wrong("sends an unknown parameter outside of it", signed(), Step::Push, |out| {
            out.set("anything", "x");
        }),
    ]
}

fn signatures() -> Vec<Check> {
    let mut algorithms = Check::new(
        "FAPI 2.0 SP 5.4.1-1",
        "the request object is a compact JWS under PS256, ES256 or EdDSA without crit or a key",
        ERROR,
    )
    .wrong("sends plain JSON", signed(), Step::Push, |out| out.set("request", "{}"))
    .wrong("sends an empty text", signed(), Step::Push, |out| out.set("request", ""));
    for (name, patch) in [
        ("signs by nothing", json!({ "alg": "none" })),
        ("signs by RS256", json!({ "alg": "RS256" })),
        ("wants an extension understood", json!({ "crit": ["exp"], "exp": 1 })),
        ("brings its own key", json!({ "jwk": Pen::own().jwk() })),
    ] {
        algorithms = algorithms
            .wrong(name, signed(), Step::Push, move |out| out.request_object_header(&patch));
    }
    vec![
        algorithms,
        Check::new(
            "FAPI 2.0 MS 5.3.2-5",
            "the request object's typ is absent or oauth-authz-req+jwt",
            ERROR,
        )
        .wrong("calls it a JWT", signed(), Step::Push, |out| {
            out.request_object_header(&json!({ "typ": "JWT" }));
        })
        .wrong("calls it an assertion", signed(), Step::Push, |out| {
            out.request_object_header(&json!({ "typ": "client-authentication+jwt" }));
        }),
        Check::new(
            "OIDC Registration 2",
            "the request object's alg is the registered request_object_signing_alg",
            ERROR,
        )
        .play("signs by another algorithm than it registered", signed(), |stage| {
            stage.register(|client| client.request_object_signing_alg = Some(Algorithm::Es256));
            stage.wrong(Step::Push, |_| ());
        }),
        Check::new(
            "RFC 9101 6.2",
            "the request object is signed by one of the client's keys",
            ERROR,
        )
        .wrong("signs by a key that it did not register", signed(), Step::Push, |out| {
            let claims = crate::claims(&out.parameter("request"));
            let text = Pen::fresh().sign(&json!({ "alg": "EdDSA" }), &claims.to_string());
            out.set("request", &text);
        })
        .wrong("cuts the signature off", signed(), Step::Push, |out| {
            let text = out.parameter("request");
            out.set("request", &format!("{}.", text.rsplit_once('.').unwrap().0));
        })
        .wrong("changes what was signed", signed(), Step::Push, |out| {
            let text = changed(&out.parameter("request"), &json!({ "scope": "openid" }));
            out.set("request", &text);
        }),
    ]
}

fn claims() -> Vec<Check> {
    let object = "the request object's claims are a JSON object without duplicate members";
    let required = "the request object has iss, aud, nbf and exp, each of its type";
    vec![
        Check::new("RFC 9101 4", object, ERROR)
            .wrong("says a thing twice", signed(), Step::Push, |out| {
                let claims = crate::claims(&out.parameter("request")).to_string();
                let twice = claims.replacen('{', "{\"scope\":\"openid\",", 1);
                out.set("request", &Pen::own().sign(&json!({ "alg": "EdDSA" }), &twice));
            })
            .wrong("signs an array", signed(), Step::Push, |out| {
                out.set("request", &Pen::own().sign(&json!({ "alg": "EdDSA" }), "[]"));
            }),
        patched(
            Check::new(
                "RFC 9101 4",
                "the request object contains neither request nor request_uri",
                ERROR,
            ),
            [
                ("puts a request object into it", json!({ "request": "x" })),
                ("puts a request_uri into it", json!({ "request_uri": "https://app.example/r" })),
            ],
        ),
        patched(
            Check::new(
                "RFC 9101 10.8",
                "the request object has no sub, so that it can not serve as a client assertion",
                ERROR,
            ),
            [("names a subject", json!({ "sub": "app-1" }))],
        ),
        patched(
            Check::new("FAPI 2.0 MS 5.3.2", required, ERROR),
            [
                ("leaves out iss", json!({ "iss": null })),
                ("leaves out aud", json!({ "aud": null })),
                ("leaves out nbf", json!({ "nbf": null })),
                ("leaves out exp", json!({ "exp": null })),
                ("writes exp as a text", json!({ "exp": "soon" })),
            ],
        ),
        patched(
            Check::new("RFC 9101 4", "the request object's iss is the client", ERROR),
            [("signs in another's name", json!({ "iss": "app-2" }))],
        ),
        patched(
            Check::new(
                "RFC 9126 3",
                "the client_id in the request object is the client that authenticated",
                ERROR,
            ),
            [
                ("asks for another client", json!({ "client_id": "app-2" })),
                ("leaves out client_id", json!({ "client_id": null })),
            ],
        ),
    ]
}

fn audience() -> Check {
    patched(
        Check::new(
            "FAPI 2.0 MS 5.3.2-2",
            "the request object's aud is or contains the issuer",
            ERROR,
        ),
        [
            ("names another issuer in an array", json!({ "aud": ["https://other.example"] })),
            ("names the PAR endpoint", json!({ "aud": "https://bank.example/par" })),
            ("writes a slash behind the issuer", json!({ "aud": "https://bank.example/" })),
        ],
    )
}

fn clock() -> Check {
    patched(
        Check::new(
            "FAPI 2.0 SP 5.3.2.1-13",
            "the request object's iat and nbf are at most 60 seconds ahead",
            ERROR,
        ),
        [
            ("signs 61 seconds ahead", json!({ "iat": at(61) })),
            ("signs for 61 seconds ahead", json!({ "nbf": at(61), "exp": at(300) })),
        ],
    )
}

fn begin() -> Check {
    patched(
        Check::new(
            "FAPI 2.0 MS 5.3.2-3",
            "the request object's nbf is at most 60 minutes ago",
            ERROR,
        ),
        [("signed for more than an hour ago", json!({ "nbf": at(-3601) }))],
    )
}

fn end() -> Check {
    patched(
        Check::new(
            "FAPI 2.0 MS 5.3.2-4",
            "the request object has not expired, and exp is at most 60 minutes after nbf",
            ERROR,
        ),
        [
            ("sends it in the second in which it expires", json!({ "exp": at(0), "nbf": at(-9) })),
            ("makes it for more than an hour", json!({ "nbf": at(0), "exp": at(3601) })),
            ("lets it end before it begins", json!({ "nbf": at(50), "exp": at(40) })),
        ],
    )
}

fn once() -> Check {
    let check = Check::new(
        "RFC 7519 4.1.7",
        "the request object's jti is absent, or has 1 to 256 bytes and was not used before",
        ERROR,
    )
    .play("pushes what it pushed before", signed(), |stage| {
        stage.right(Step::Push);
        let earlier = stage.last("/par").form()["request"].clone();
        stage.wrong(Step::Push, move |out| out.set("request", &earlier));
    });
    patched(
        check,
        [
            ("has an empty jti", json!({ "jti": "" })),
            ("has a jti of 257 bytes", json!({ "jti": "j".repeat(257) })),
        ],
    )
}

fn types() -> Check {
    patched(
        Check::new(
            "RFC 9101 4",
            "max_age is a number, authorization_details an array, every other parameter is text",
            ERROR,
        ),
        [
            ("writes max_age as a text", json!({ "max_age": "300" })),
            ("writes the details as a text", json!({ "authorization_details": "[]" })),
            ("writes state as a number", json!({ "state": 7 })),
            ("writes scope as an array", json!({ "scope": ["openid"] })),
        ],
    )
}
