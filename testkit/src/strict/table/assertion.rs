//! `private_key_jwt`.

use fdx_jose::{Thumbprint, backend};
use fdx_sandbox::{ClientAuthentication, ClientSecret, Peer, SecretPlace};
use fdx_wire::Secret;
use serde_json::json;

use super::{by, dpop};
use crate::strict::outgoing::{at, changed};
use crate::strict::{Check, Pen, Step};
use crate::{Authentication, CERTIFICATE, signed};

const ERROR: &str = "invalid_client";

pub(super) fn checks() -> Vec<Check> {
    let mut all = vec![shape(), algorithm(), kind(), claims()];
    all.extend(identity());
    all.extend([signature(), audience(), lifetime(), clock(), once(), secret()]);
    all
}

fn shape() -> Check {
    Check::new(
        "FAPI 2.0 SP 5.3.2.1-6",
        "the client authenticates by private_key_jwt, or by its registered certificate",
        ERROR,
    )
    .wrong("pushes without authenticating", dpop(), Step::Push, |out| {
        out.unset("client_assertion");
        out.unset("client_assertion_type");
    })
    .wrong("names another kind of assertion", dpop(), Step::Exchange, |out| {
        let kind = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
        out.set("client_assertion_type", kind);
    })
    .wrong("names no kind of assertion", dpop(), Step::Push, |out| {
        out.unset("client_assertion_type");
    })
    .wrong("sends a secret as well", dpop(), Step::Refresh, |out| out.set("client_secret", "s"))
    .wrong("asks about a token without authenticating", dpop(), Step::Introspect, |out| {
        out.unset("client_assertion");
    })
    .wrong("shows a certificate where it registered its key", dpop(), Step::Push, |out| {
        out.unset("client_assertion");
        out.unset("client_assertion_type");
        out.go("https://bank.example", "https://mtls.bank.example");
        out.peer = Peer::certificate(Thumbprint::of_certificate(CERTIFICATE));
    })
    .wrong("revokes a token without authenticating", dpop(), Step::Revoke, |out| {
        out.unset("client_assertion");
    })
}

fn algorithm() -> Check {
    let mut check = Check::new(
        "FAPI 2.0 SP 5.4.1-1",
        "the assertion is a compact JWS under PS256, ES256 or EdDSA without crit or embedded keys",
        ERROR,
    )
    .wrong("sends a JWS of two parts", dpop(), Step::Push, |out| {
        let text = out.parameter("client_assertion");
        out.set("client_assertion", text.rsplit_once('.').unwrap().0);
    });
    let headers = [
        ("signs by nothing", json!({ "alg": "none" })),
        ("signs by a secret", json!({ "alg": "HS256" })),
        ("signs by RS256", json!({ "alg": "RS256" })),
        ("wants an extension understood", json!({ "crit": ["exp"], "exp": 1 })),
        ("brings its own key", json!({ "jwk": Pen::own().jwk() })),
    ];
    for (name, patch) in headers {
        check = check.wrong(name, dpop(), Step::Push, move |out| out.assertion_header(&patch));
    }
    check
}

fn kind() -> Check {
    let mut check = Check::new(
        "RFC 8725 3.11",
        "the assertion's typ is absent, client-authentication+jwt or JWT",
        ERROR,
    );
    for (name, typ) in [
        ("calls it a proof", "dpop+jwt"),
        ("calls it a request object", "oauth-authz-req+jwt"),
        ("calls it an access token", "at+jwt"),
    ] {
        let patch = json!({ "typ": typ });
        check = check.wrong(name, dpop(), Step::Push, move |out| out.assertion_header(&patch));
    }
    check
}

fn claims() -> Check {
    let mut check = Check::new(
        "RFC 7523 3",
        "the assertion has iss, sub, aud, exp and jti, each of its type",
        ERROR,
    );
    for (name, patch) in [
        ("leaves out jti", json!({ "jti": null })),
        ("leaves out exp", json!({ "exp": null })),
        ("leaves out sub", json!({ "sub": null })),
        ("leaves out iss", json!({ "iss": null })),
        ("leaves out aud", json!({ "aud": null })),
        ("writes exp as a text", json!({ "exp": "soon" })),
        ("writes iat as a text", json!({ "iat": "0.5" })),
        ("writes jti as a number", json!({ "jti": 7 })),
    ] {
        check = check.wrong(name, dpop(), Step::Push, move |out| out.assertion(&patch));
    }
    check
}

fn identity() -> [Check; 3] {
    [
        Check::new("RFC 7523 3-1", "the assertion's iss is a registered client", ERROR).wrong(
            "is a stranger",
            dpop(),
            Step::Push,
            |out| out.speak_for("nobody"),
        ),
        Check::new(
            "RFC 7591 2",
            "the client authenticates by its registered token_endpoint_auth_method",
            ERROR,
        )
        .wrong(
            "signs where it registered a certificate",
            by(Authentication::SelfSignedTlsClientAuth),
            Step::Push,
            |out| {
                let claims = json!({
                    "iss": "app-1", "sub": "app-1", "aud": "https://bank.example",
                    "exp": at(60), "jti": "one",
                });
                let text = signed(Pen::own().key(), Some("client-authentication+jwt"), &claims);
                out.assertion_text(&text);
            },
        ),
        Check::new(
            "RFC 7523 3-2",
            "the assertion's iss and sub and the client_id are equal",
            ERROR,
        )
        .wrong("says that it is somebody else", dpop(), Step::Push, |out| {
            out.assertion(&json!({ "sub": "app-2" }));
        })
        .wrong("pushes as somebody else", dpop(), Step::Push, |out| {
            out.set("client_id", "app-2");
        }),
    ]
}

fn signature() -> Check {
    Check::new("RFC 7523 3-9", "the assertion is signed by one of the client's keys", ERROR)
        .wrong("signs by a key that it did not register", dpop(), Step::Push, |out| {
            let claims = crate::claims(&out.parameter("client_assertion"));
            let text = Pen::fresh().sign(&json!({ "alg": "EdDSA" }), &claims.to_string());
            out.set("client_assertion", &text);
        })
        .wrong("changes what was signed", dpop(), Step::Exchange, |out| {
            let text = changed(&out.parameter("client_assertion"), &json!({ "jti": "another" }));
            out.set("client_assertion", &text);
        })
        .wrong("signs by another algorithm than its key's", dpop(), Step::Push, |out| {
            out.assertion_header(&json!({ "alg": "ES256" }));
        })
        .wrong("names a key that it does not have", dpop(), Step::Push, |out| {
            out.assertion_header(&json!({ "kid": "another" }));
        })
        .play("signs by a key that it no longer has", dpop(), |stage| {
            let pkcs8 = backend::ring().generate_pkcs8(fdx_jose::Algorithm::EdDsa).unwrap();
            let key = fdx_jose::PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, None).unwrap();
            stage.right(Step::Push);
            stage.register(|client| client.jwks = fdx_jose::Jwks::new(vec![key.public().clone()]));
            stage.wrong(Step::Push, |_| ());
        })
}

fn audience() -> Check {
    let mut check = Check::new(
        "FAPI 2.0 SP 5.3.2.1-8",
        "the assertion's aud is the issuer, as one string",
        ERROR,
    );
    let issuer = "https://bank.example";
    for (name, step, audience) in [
        ("names the issuer in an array", Step::Push, json!([issuer])),
        ("names the issuer and somebody else", Step::Push, json!([issuer, "https://x.example"])),
        ("names the token endpoint", Step::Exchange, json!("https://bank.example/token")),
        ("names the PAR endpoint", Step::Push, json!("https://bank.example/par")),
        ("writes a slash behind the issuer", Step::Refresh, json!("https://bank.example/")),
        ("writes the issuer in capitals", Step::Push, json!("https://BANK.example")),
        ("names another institution", Step::Introspect, json!("https://other.example")),
    ] {
        let patch = json!({ "aud": audience });
        check = check.wrong(name, dpop(), step, move |out| out.assertion(&patch));
    }
    check
}

fn lifetime() -> Check {
    let mut check = Check::new(
        "RFC 7523 3-4",
        "the assertion has not expired and expires within an hour",
        ERROR,
    );
    for (name, exp) in [
        ("shows it in the second in which it expires", 0),
        ("shows it a second after it expired", -1),
        ("makes it for more than an hour", 3601),
    ] {
        let patch = json!({ "exp": at(exp) });
        check = check.wrong(name, dpop(), Step::Push, move |out| out.assertion(&patch));
    }
    check
}

fn clock() -> Check {
    let mut check = Check::new(
        "FAPI 2.0 SP 5.3.2.1-13",
        "the assertion's iat and nbf are at most 60 seconds ahead",
        ERROR,
    );
    for (name, patch) in [
        ("signs 61 seconds ahead", json!({ "iat": at(61) })),
        ("signs for 61 seconds ahead", json!({ "nbf": at(61) })),
    ] {
        check = check.wrong(name, dpop(), Step::Push, move |out| out.assertion(&patch));
    }
    check
}

fn once() -> Check {
    let long = "j".repeat(257);
    Check::new(
        "RFC 7523 3-7",
        "the assertion's jti has 1 to 256 bytes and was not used before",
        ERROR,
    )
    .play("pushes by an assertion that it pushed by", dpop(), |stage| {
        stage.right(Step::Push);
        let earlier = stage.last("/par").form()["client_assertion"].clone();
        stage.wrong(Step::Push, move |out| out.set("client_assertion", &earlier));
    })
    .play("asks for tokens by an assertion that it pushed by", dpop(), |stage| {
        stage.right(Step::Push);
        let earlier = stage.last("/par").form()["client_assertion"].clone();
        stage.wrong(Step::Exchange, move |out| out.set("client_assertion", &earlier));
    })
    .play("signs anew and keeps the jti", dpop(), |stage| {
        stage.right(Step::Push);
        let jti = stage.last("/par").assertion()["jti"].clone();
        stage.later(1);
        stage.wrong(Step::Push, move |out| out.assertion(&json!({ "jti": jti })));
    })
    .wrong("has an empty jti", dpop(), Step::Push, |out| out.assertion(&json!({ "jti": "" })))
    .wrong("has a jti of 257 bytes", dpop(), Step::Push, move |out| {
        out.assertion(&json!({ "jti": long }));
    })
}

/// Not FAPI, and refused for every client that did not register one.
fn secret() -> Check {
    let registered = |place| {
        move |client: &mut fdx_sandbox::RegisteredClient| {
            let secret = Secret::new("right".to_owned());
            let secret = ClientSecret { secret, place };
            client.authentication = ClientAuthentication::ClientSecret(secret);
        }
    };
    Check::new(
        "RFC 6749 2.3.1",
        "the client secret is correct and only in its registered place",
        ERROR,
    )
    .play("guesses its secret", dpop(), move |stage| {
        stage.register(registered(SecretPlace::Body));
        stage.wrong(Step::Push, |out| out.set("client_secret", "wrong"));
    })
    .play("signs where it registered a secret", dpop(), move |stage| {
        stage.register(registered(SecretPlace::Body));
        stage.wrong(Step::Push, |_| ());
    })
    .play("writes its secret into the body instead of the header", dpop(), move |stage| {
        stage.register(registered(SecretPlace::Basic));
        stage.wrong(Step::Push, |out| out.set("client_secret", "right"));
    })
}
