//! Registration and its management.

use fdx_wire::base64url;
use http::header::AUTHORIZATION;
use serde_json::json;

use super::dpop;
use crate::strict::outgoing::rsa_jwk;
use crate::strict::registering::{ID, INITIAL, again, described, manage, register, token, updated};
use crate::strict::{Check, Pen};

pub(super) fn checks() -> Vec<Check> {
    let mut checks = calls();
    checks.extend(who_and_where());
    checks.extend(what_it_does());
    checks.extend(keys());
    checks.extend(signatures());
    checks
}

fn calls() -> Vec<Check> {
    vec![
        Check::new("RFC 7591 3", "the initial access token is valid", "invalid_token")
            .play("brings none", dpop(), |stage| {
                register(stage, |request| drop(request.headers_mut().remove(AUTHORIZATION)));
            })
            .play("makes one up", dpop(), |stage| {
                register(stage, |request| token(request, "Bearer other"));
            })
            .play("brings it under another scheme", dpop(), |stage| {
                register(stage, |request| token(request, &format!("Basic {INITIAL}")));
            }),
        Check::new(
            "FDX API 6, recipient registration",
            "x-fapi-interaction-id is absent or a UUID",
            "invalid_request",
        )
        .play("registers with another text", dpop(), |stage| {
            register(stage, |request| {
                let _ = request.headers_mut().insert(ID, "1".parse().unwrap());
            });
        })
        .play("is deleted with another text", dpop(), |stage| {
            manage(stage, "DELETE", |request| {
                let _ = request.headers_mut().insert(ID, "1".parse().unwrap());
            });
        }),
        Check::new(
            "RFC 7591 3.1",
            "the body is a JSON object of at most 64 KiB without duplicate members",
            "invalid_request",
        )
        .play("sends a form", dpop(), |stage| {
            register(stage, |request| {
                let form = "application/x-www-form-urlencoded".parse().unwrap();
                let _ = request.headers_mut().insert("content-type", form);
            });
        })
        .play("sends a list", dpop(), |stage| {
            register(stage, |request| *request.body_mut() = b"[]".to_vec());
        })
        .play("says its name twice", dpop(), |stage| {
            register(stage, |request| {
                let body = request.body_mut();
                body.splice(..1, *b"{\"client_name\":\"a\",");
            });
        })
        .play("says too much", dpop(), |stage| {
            described(stage, &json!({ "x": "x".repeat(64 * 1024) }));
        }),
        Check::new(
            "RFC 7592 2",
            "the registration access token is the latest of this client",
            "invalid_token",
        )
        .play("reads with the initial one", dpop(), |stage| {
            manage(stage, "GET", |request| token(request, &format!("Bearer {INITIAL}")));
        })
        .play("reads another client", dpop(), |stage| {
            manage(stage, "GET", |request| {
                *request.uri_mut() = "https://bank.example/register/other".parse().unwrap();
            });
        })
        .play("deletes with a token that was replaced", dpop(), |stage| {
            manage(stage, "GET", |_| ());
            again(stage, "DELETE");
        })
        .play("reads what it has deleted", dpop(), |stage| {
            manage(stage, "DELETE", |_| ());
            again(stage, "GET");
        }),
        Check::new(
            "RFC 7592 2.2",
            "the update contains the client_id of its URL",
            "invalid_client_metadata",
        )
        .play("names none", dpop(), |stage| updated(stage, &json!({ "client_id": null })))
        .play("names another", dpop(), |stage| updated(stage, &json!({ "client_id": "other" }))),
        Check::new(
            "RFC 7592 2.2",
            "the update contains no member that only the server sets",
            "invalid_client_metadata",
        )
        .play("repeats its token", dpop(), |stage| {
            updated(stage, &json!({ "registration_access_token": "t" }));
        })
        .play("repeats its URL", dpop(), |stage| {
            updated(stage, &json!({ "registration_client_uri": "https://bank.example/register" }));
        })
        .play("repeats when it was registered", dpop(), |stage| {
            updated(stage, &json!({ "client_id_issued_at": 1 }));
        }),
    ]
}

fn who_and_where() -> Vec<Check> {
    vec![
        wrong("FDX API 6, recipient registration", "client_name is present")
            .play("has no name", dpop(), |s| described(s, &json!({ "client_name": null })))
            .play("has an empty name", dpop(), |s| described(s, &json!({ "client_name": "" })))
            .play("loses its name", dpop(), |s| updated(s, &json!({ "client_name": null }))),
        Check::new(
            "FAPI 2.0 SP 5.3.2.2-8",
            "redirect_uris is not empty, and each is https or a loopback http URI",
            "invalid_redirect_uri",
        )
        .play("has none", dpop(), |s| described(s, &json!({ "redirect_uris": [] })))
        .play("has one that is no list", dpop(), |stage| {
            described(stage, &json!({ "redirect_uris": "https://app.example/callback" }));
        })
        .play("comes back over http", dpop(), |stage| {
            described(stage, &json!({ "redirect_uris": ["http://app.example/callback"] }));
        })
        .play("hides a wrong one behind a right one", dpop(), |stage| {
            let uris = ["https://app.example/callback", "app:callback"];
            updated(stage, &json!({ "redirect_uris": uris }));
        }),
    ]
}

fn what_it_does() -> Vec<Check> {
    vec![
        wrong(
            "FAPI 2.0 SP 5.3.2.1-1",
            "grant_types contains authorization_code and only supported grants",
        )
        .play("wants implicit grants", dpop(), |stage| {
            described(stage, &json!({ "grant_types": ["authorization_code", "implicit"] }));
        })
        .play("wants refresh tokens alone", dpop(), |stage| {
            described(stage, &json!({ "grant_types": ["refresh_token"] }));
        }),
        wrong("FAPI 2.0 SP 5.3.2.2-1", "the only response type is code")
            .play("wants tokens in the callback", dpop(), |stage| {
                described(stage, &json!({ "response_types": ["code", "token"] }));
            })
            .play("wants a hybrid flow", dpop(), |stage| {
                described(stage, &json!({ "response_types": ["code id_token"] }));
            }),
        wrong("RFC 9396 10", "the only type of authorization details is fdx_v1.0").play(
            "wants payments",
            dpop(),
            |stage| {
                let types = ["fdx_v1.0", "payment"];
                described(stage, &json!({ "authorization_details_types": types }));
            },
        ),
        wrong("RFC 7591 2", "every scope is supported")
            .play("wants everything", dpop(), |s| described(s, &json!({ "scope": "openid *" })))
            .play("wants more later", dpop(), |s| updated(s, &json!({ "scope": "everything" }))),
        wrong("FAPI 2.0 SP 5.3.2.1-5", "access tokens are bound either by DPoP or by certificate")
            .play("wants bearer tokens", dpop(), |stage| {
                described(stage, &json!({ "dpop_bound_access_tokens": false }));
            })
            .play("says nothing of binding", dpop(), |stage| {
                updated(stage, &json!({ "dpop_bound_access_tokens": null }));
            })
            .play("wants both", dpop(), |stage| {
                described(stage, &json!({ "tls_client_certificate_bound_access_tokens": true }));
            }),
    ]
}

fn keys() -> Vec<Check> {
    vec![
        wrong("RFC 7591 2", "a JWK Set is in jwks or at jwks_uri, and not in both")
            .play("has keys in two places", dpop(), |stage| {
                described(stage, &json!({ "jwks_uri": "https://app.example/jwks" }));
            })
            .play("has keys where nothing is", dpop(), |stage| {
                let uri = "https://app.example/jwks";
                described(stage, &json!({ "jwks": null, "jwks_uri": uri }));
            })
            .play("has no JWK Set", dpop(), |s| described(s, &json!({ "jwks": [] }))),
        wrong("RFC 7591 2", "the keys in the JWK Set are public")
            .play("publishes its private key", dpop(), |stage| {
                let mut key = Pen::own().jwk();
                key["d"] = "A".repeat(43).into();
                described(stage, &json!({ "jwks": { "keys": [key] } }));
            })
            .play("publishes a secret beside its key", dpop(), |stage| {
                let secret = json!({ "kty": "oct", "k": "AAAA" });
                updated(stage, &json!({ "jwks": { "keys": [Pen::own().jwk(), secret] } }));
            }),
        wrong("FAPI 2.0 SP 5.4.1-2", "the RSA keys in the JWK Set have at least 2,048 bits")
            .play("has a key of 1,024 bits", dpop(), |stage| {
                described(stage, &json!({ "jwks": { "keys": [rsa_jwk(1024)] } }));
            })
            .play("has a key of 2,047 bits beside a right one", dpop(), |stage| {
                let mut key = rsa_jwk(2048);
                let modulus = key["n"].as_str().unwrap().replacen("__", "f_", 1);
                key["n"] = modulus.into();
                updated(stage, &json!({ "jwks": { "keys": [Pen::own().jwk(), key] } }));
            })
            .play("has a key that is long by its zeros", dpop(), |stage| {
                let mut key = rsa_jwk(1024);
                let modulus = [&[0; 128][..], &[0xff; 128]].concat();
                key["n"] = base64url::encode(&modulus).into();
                described(stage, &json!({ "jwks": { "keys": [Pen::own().jwk(), key] } }));
            }),
        wrong(
            "FAPI 2.0 SP 5.3.2.1-6",
            "token_endpoint_auth_method is private_key_jwt or a method by certificate",
        )
        .play("says nothing of it", dpop(), |stage| {
            described(stage, &json!({ "token_endpoint_auth_method": null }));
        })
        .play("wants a secret", dpop(), |stage| {
            described(stage, &json!({ "token_endpoint_auth_method": "client_secret_basic" }));
        })
        .play("wants to be nobody", dpop(), |stage| {
            updated(stage, &json!({ "token_endpoint_auth_method": "none" }));
        }),
        wrong(
            "RFC 8705 2.1.2",
            "the metadata contains the client's key, certificate or certificate name",
        )
        .play("has no key", dpop(), |s| described(s, &json!({ "jwks": { "keys": [] } })))
        .play("has a key of another kind", dpop(), |stage| {
            let mut key = Pen::own().jwk();
            key["crv"] = "X25519".into();
            described(stage, &json!({ "jwks": { "keys": [key] } }));
        })
        .play("has no certificate", dpop(), |stage| {
            let method = "self_signed_tls_client_auth";
            described(stage, &json!({ "token_endpoint_auth_method": method }));
        })
        .play("has two names", dpop(), |stage| {
            described(
                stage,
                &json!({
                    "token_endpoint_auth_method": "tls_client_auth",
                    "tls_client_auth_subject_dn": "CN=a",
                    "tls_client_auth_san_dns": "a.example",
                }),
            );
        }),
    ]
}

fn signatures() -> Vec<Check> {
    vec![
        wrong("FAPI 2.0 SP 5.4.1-1.2", "every signing algorithm is PS256, ES256 or EdDSA")
            .play("wants ID tokens under RS256", dpop(), |stage| {
                described(stage, &json!({ "id_token_signed_response_alg": "RS256" }));
            })
            .play("signs nothing", dpop(), |stage| {
                described(stage, &json!({ "request_object_signing_alg": "none" }));
            })
            .play("signs assertions with a secret", dpop(), |stage| {
                updated(stage, &json!({ "token_endpoint_auth_signing_alg": "HS256" }));
            }),
        wrong(
            "OIDC Registration 2",
            "openid comes with id_token_signed_response_alg, whose default is RS256",
        )
        .play("leaves it to the default", dpop(), |stage| {
            described(stage, &json!({ "id_token_signed_response_alg": null }));
        }),
        wrong("RFC 7591 2", "the institution has a key for every algorithm of its signatures")
            .play("wants what the institution has no key for", dpop(), |stage| {
                described(stage, &json!({ "authorization_signed_response_alg": "ES256" }))
            }),
        wrong("RFC 7591 2", "the metadata requests no encryption, which is not supported").play(
            "wants encrypted ID tokens",
            dpop(),
            |stage| described(stage, &json!({ "id_token_encrypted_response_alg": "RSA-OAEP" })),
        ),
    ]
}

fn wrong(clause: &'static str, rule: &'static str) -> Check {
    Check::new(clause, rule, "invalid_client_metadata")
}
