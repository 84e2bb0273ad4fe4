//! DPoP proofs: what each of them is for.

use fdx_sandbox::NoncePolicy;
use serde_json::{Value, json};

use super::{dpop, mtls};
use crate::Setup;
use crate::strict::{Check, Pen, Step};

const ERROR: &str = "invalid_dpop_proof";

pub(super) fn checks() -> Vec<Check> {
    let mut all = vec![once()];
    all.extend(token());
    all.extend(nonce());
    all.extend(code());
    all
}

fn once() -> Check {
    Check::new("RFC 9449 11.1", "the proof's jti has 1 to 256 bytes and was not used before", ERROR)
        .play("pushes by a proof that it pushed by", dpop(), |stage| {
            stage.right(Step::Push);
            let earlier = stage.last("/par").header("dpop");
            stage.wrong(Step::Push, move |out| out.header("dpop", &earlier));
        })
        .play("signs anew and keeps the jti", dpop(), |stage| {
            stage.right(Step::Push);
            let jti = stage.last("/par").proof()["jti"].clone();
            stage.later(1);
            stage.wrong(Step::Push, move |out| out.proof(&json!({ "jti": jti })));
        })
        .play("reads twice by one proof", dpop(), |stage| {
            stage.right(Step::Accounts);
            let earlier = stage.last("/fdx/v6/accounts").header("dpop");
            stage.wrong(Step::Accounts, move |out| out.header("dpop", &earlier));
        })
        .wrong("has an empty jti", dpop(), Step::Push, |out| out.proof(&json!({ "jti": "" })))
        .wrong("has a jti of 257 bytes", dpop(), Step::Push, |out| {
            out.proof(&json!({ "jti": "j".repeat(257) }));
        })
}

fn token() -> [Check; 2] {
    let mut ath =
        Check::new("RFC 9449 4.3-12", "the proof's ath is the SHA-256 of the access token", ERROR);
    for (name, value) in [
        ("reads by a proof for another token", json!("A".repeat(43))),
        ("reads by a proof for no token", Value::Null),
    ] {
        let patch = json!({ "ath": value });
        ath = ath.wrong(name, dpop(), Step::Accounts, move |out| out.proof(&patch));
    }
    let alone = "the proof has ath only with an access token";
    [
        Check::new("RFC 9449 4.2", alone, ERROR).wrong(
            "pushes by a proof for a token",
            dpop(),
            Step::Push,
            |out| {
                out.proof(&json!({ "ath": "A".repeat(43) }));
            },
        ),
        ath,
    ]
}

fn nonce() -> [Check; 3] {
    let silent = Setup { nonces: NoncePolicy::Silent, ..dpop() };
    let wanted = "the proof has the latest nonce of this server";
    let mut authorization = Check::new("RFC 9449 8", wanted, "use_dpop_nonce");
    for (name, step) in [
        ("pushes by a nonce that was made up", Step::Push),
        ("asks for tokens by a nonce that was made up", Step::Exchange),
        ("refreshes by a nonce that was made up", Step::Refresh),
    ] {
        authorization = authorization
            .wrong(name, dpop(), step, |out| out.proof(&json!({ "nonce": "made up" })));
    }
    authorization = authorization
        .wrong("never learns the nonce", dpop(), Step::Push, |out| {
            out.proof(&json!({ "nonce": null }));
        })
        .play("uses a nonce twice", dpop(), |stage| {
            stage.right(Step::Push);
            let nonce = stage.last("/par").proof()["nonce"].clone();
            stage.wrong(Step::Push, move |out| out.proof(&json!({ "nonce": nonce })));
        });
    [
        Check::new("RFC 9449 4.2", "the proof has no nonce that this server did not issue", ERROR)
            .wrong("makes up a nonce", silent, Step::Push, |out| {
                out.proof(&json!({ "nonce": "made up" }));
            }),
        authorization,
        Check::new("RFC 9449 9", wanted, "use_dpop_nonce")
            .wrong("reads by a nonce that was made up", dpop(), Step::Accounts, |out| {
                out.proof(&json!({ "nonce": "made up" }));
            })
            .play("reads by the authorization server's nonce", dpop(), |stage| {
                stage.grant();
                let answers = stage.world.answers.iter().zip(&stage.world.sent);
                let mut told =
                    answers.rev().filter(|(_, asked)| asked.http.uri().path() == "/token");
                let (answer, _) = told.next().unwrap();
                let nonce = answer.headers()["dpop-nonce"].to_str().unwrap().to_owned();
                stage.wrong(Step::Accounts, move |out| out.proof(&json!({ "nonce": nonce })));
            }),
    ]
}

/// What a code is bound to.
fn code() -> Vec<Check> {
    let other = Pen::fresh();
    let jkt = other.key().public().thumbprint().to_string();
    vec![
        Check::new(
            "FAPI 2.0 SP 5.3.2.1-5",
            "a client whose tokens are bound by certificate sends no DPoP",
            "invalid_request",
        )
        .wrong("names a key beside its certificate", mtls(), Step::Push, |out| {
            out.set("dpop_jkt", &Pen::own().key().public().thumbprint().to_string());
        })
        .wrong("sends a proof beside its certificate", mtls(), Step::Push, |out| {
            out.header("dpop", "any");
        }),
        Check::new("RFC 9449 10", "dpop_jkt is a SHA-256 JWK thumbprint", "invalid_request").wrong(
            "names a key by half a thumbprint",
            dpop(),
            Step::Push,
            |out| {
                out.set("dpop_jkt", "abc");
            },
        ),
        Check::new("RFC 9449 10.1", "dpop_jkt is the thumbprint of the key in the proof", ERROR)
            .wrong("names one key and proves another", dpop(), Step::Push, move |out| {
                out.set("dpop_jkt", &jkt);
            }),
        Check::new(
            "RFC 9449 10",
            "the proof has the key that the code is bound to",
            "invalid_grant",
        )
        .wrong(
            "asks for tokens by another key than it pushed by",
            dpop(),
            Step::Exchange,
            move |out| out.proof_by(&other),
        )
        .play("names a key without a proof, and asks for tokens by another", dpop(), |stage| {
            stage.name_key(Pen::own().key().public().thumbprint());
            let other = Pen::fresh();
            stage.wrong(Step::Exchange, move |out| out.proof_by(&other));
        })
        .play(
            "names somebody else's key, and asks for tokens by its own",
            dpop(),
            |stage| {
                stage.name_key(Pen::fresh().key().public().thumbprint());
                stage.wrong(Step::Exchange, |_| ());
            },
        ),
    ]
}
