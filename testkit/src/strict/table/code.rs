//! Codes for tokens.

use fdx_jose::Thumbprint;
use fdx_sandbox::{Binding, Peer};

use super::{dpop, mtls};
use crate::strict::{Check, Step};

const ERROR: &str = "invalid_grant";

pub(super) fn checks() -> Vec<Check> {
    let mut all = vec![
        Check::new(
            "FAPI 2.0 SP 5.3.2.2-1",
            "grant_type is authorization_code, refresh_token or client_credentials",
            "unsupported_grant_type",
        )
        .wrong("asks by a password", dpop(), Step::Exchange, |out| {
            out.set("grant_type", "password");
        })
        .wrong("asks for nothing", dpop(), Step::Refresh, |out| out.unset("grant_type")),
    ];
    all.extend(certificate());
    all.extend(code());
    all.extend(proof_of_push());
    all
}

fn certificate() -> [Check; 2] {
    [
        Check::new(
            "RFC 8705 3",
            "the client uses its registered certificate at the mTLS token endpoint",
            "invalid_request",
        )
        .wrong("shows another certificate", mtls(), Step::Exchange, |out| {
            out.peer = Peer::certificate(Thumbprint::of_certificate(b"another"));
        })
        .wrong("shows none", mtls(), Step::Exchange, |out| out.anonymous())
        // The refresh token itself is bound to its client and to no certificate (RFC 8705 7.1):
        // what is refused is to bind the new access token to one that was not registered.
        .wrong("wants the next token bound to another certificate", mtls(), Step::Refresh, |out| {
            out.peer = Peer::certificate(Thumbprint::of_certificate(b"another"));
        })
        .wrong("goes to the main authority", mtls(), Step::Exchange, |out| {
            out.go("https://mtls.bank.example", "https://bank.example");
        }),
        Check::new(
            "RFC 8705 3",
            "the client uses a certificate at the mTLS token endpoint",
            "invalid_request",
        )
        .play("shows none where any would do", mtls(), |stage| {
            stage.register(|client| client.binding = Binding::AnyCertificate);
            stage.wrong(Step::Exchange, |out| out.anonymous());
        }),
    ]
}

fn code() -> Vec<Check> {
    vec![
        Check::new("RFC 6749 4.1.3", "the code was issued to this client", ERROR)
            .wrong("makes up a code", dpop(), Step::Exchange, |out| out.set("code", "made-up"))
            .wrong("has no code", dpop(), Step::Exchange, |out| out.unset("code"))
            .play("exchanges another client's code", dpop(), |stage| {
                stage.register(|client| client.client_id = "app-2".to_owned());
                stage.wrong(Step::Exchange, |out| out.speak_for("app-2"));
            }),
        Check::new("FAPI 2.0 SP 5.3.2.2-9", "the code was not used before", ERROR).play(
            "exchanges a code twice",
            dpop(),
            |stage| {
                stage.right(Step::Exchange);
                let earlier = stage.last("/token").form();
                stage.wrong(Step::Exchange, move |out| {
                    out.set("code", &earlier["code"]);
                    out.set("code_verifier", &earlier["code_verifier"]);
                });
            },
        ),
        Check::new("FAPI 2.0 SP 5.3.2.1-11", "the code is less than 60 seconds old", ERROR).play(
            "exchanges a code after 60 seconds",
            dpop(),
            |stage| {
                stage.late(Step::Exchange, 60);
            },
        ),
    ]
}

fn proof_of_push() -> [Check; 2] {
    [
        Check::new("RFC 6749 4.1.3", "redirect_uri is the pushed one", ERROR)
            .wrong("names another", dpop(), Step::Exchange, |out| {
                out.set("redirect_uri", "https://app.example/other");
            })
            .wrong("names none", dpop(), Step::Exchange, |out| out.unset("redirect_uri")),
        Check::new("RFC 7636 4.6", "code_verifier matches code_challenge", ERROR)
            .wrong("guesses the verifier", dpop(), Step::Exchange, |out| {
                out.set("code_verifier", &"a".repeat(43));
            })
            .wrong("sends no verifier", dpop(), Step::Exchange, |out| out.unset("code_verifier"))
            .wrong("sends a short verifier", dpop(), Step::Exchange, |out| {
                out.set("code_verifier", "short");
            })
            .play("uses a verifier for two codes", dpop(), |stage| {
                stage.right(Step::Exchange);
                let earlier = stage.last("/token").form()["code_verifier"].clone();
                stage.wrong(Step::Exchange, move |out| out.set("code_verifier", &earlier));
            }),
    ]
}
