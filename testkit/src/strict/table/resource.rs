//! Reading data.

use fdx_jose::Thumbprint;
use fdx_sandbox::{Binding, Peer};

use super::{dpop, mtls};
use crate::strict::{Check, Pen, Step};

const TOKEN: &str = "invalid_token";
const ACCOUNTS: &str = "/fdx/v6/accounts";
const YEAR: u64 = 365 * 86_400;

pub(super) fn checks() -> Vec<Check> {
    let mut all = credentials();
    all.extend(by_key());
    all.extend(by_certificate());
    all.extend(consent());
    all
}

fn credentials() -> Vec<Check> {
    vec![
        Check::new("FAPI 2.0 SP 5.3.4-2", "the query contains no access token", "401")
            .wrong("writes a token into the URL", dpop(), Step::Accounts, |out| {
                out.go(ACCOUNTS, "/fdx/v6/accounts?access_token=t");
            })
            .wrong("hides the token's name in escapes", dpop(), Step::Accounts, |out| {
                out.go(ACCOUNTS, "/fdx/v6/accounts?a=1&access%5Ftoken=t");
            }),
        Check::new(
            "FAPI 2.0 SP 5.3.4-1",
            "exactly one access token is present, in the Authorization header",
            "603",
        )
        .wrong("shows no token", dpop(), Step::Accounts, |out| out.header("authorization", ""))
        .wrong("shows two tokens", dpop(), Step::Accounts, |out| out.repeat("authorization")),
        Check::new(
            "FAPI 2.0 SP 5.3.4-3",
            "the access token was issued here, is not revoked and has not expired",
            TOKEN,
        )
        .wrong("makes up a token", dpop(), Step::Accounts, |out| {
            out.header("authorization", "DPoP made-up");
        })
        .play("reads after the token expired", dpop(), |stage| {
            stage.grant();
            stage.later(300);
            stage.wrong(Step::Accounts, |_| ());
        })
        .play("reads by a refresh token", dpop(), |stage| {
            stage.right(Step::Exchange);
            let header = format!("DPoP {}", stage.answered("refresh_token"));
            stage.wrong(Step::Accounts, move |out| out.header("authorization", &header));
        })
        .play("reads after it revoked the grant", dpop(), |stage| {
            stage.right(Step::Revoke);
            stage.wrong(Step::Accounts, |_| ());
        })
        .play("reads by a token whose code was used twice", dpop(), |stage| {
            stage.right(Step::Exchange);
            let header = format!("DPoP {}", stage.answered("access_token"));
            let earlier = stage.last("/token").form();
            stage.wrong(Step::Exchange, move |out| out.set("code", &earlier["code"]));
            stage.wrong(Step::Accounts, move |out| out.header("authorization", &header));
        }),
    ]
}

fn by_key() -> Vec<Check> {
    let other = Pen::fresh();
    vec![
        Check::new("RFC 9449 7.1", "a token that is bound to a key has the scheme DPoP", TOKEN)
            .wrong("shows it as a bearer token", dpop(), Step::Accounts, |out| {
                let text = out.text("authorization").replace("DPoP ", "Bearer ");
                out.header("authorization", &text);
            }),
        Check::new(
            "RFC 8705 5",
            "a token that is bound to a key is not used at the mTLS authority",
            TOKEN,
        )
        .wrong("goes to the mTLS authority", dpop(), Step::Accounts, |out| {
            out.go("https://bank.example", "https://mtls.bank.example");
        }),
        Check::new("RFC 9449 7.1", "the proof has the key that the token is bound to", TOKEN)
            .wrong("reads by another key", dpop(), Step::Accounts, move |out| out.proof_by(&other)),
    ]
}

fn by_certificate() -> Vec<Check> {
    vec![
        Check::new(
            "RFC 6750 2.1",
            "a token that is bound to a certificate has the scheme Bearer",
            TOKEN,
        )
        .wrong("shows it under DPoP", mtls(), Step::Accounts, |out| {
            let text = out.text("authorization").replace("Bearer ", "DPoP ");
            out.header("authorization", &text);
        }),
        Check::new(
            "RFC 8705 3",
            "the client uses the certificate that the token is bound to",
            TOKEN,
        )
        .wrong("shows another certificate", mtls(), Step::Accounts, |out| {
            out.peer = Peer::certificate(Thumbprint::of_certificate(b"another"));
        })
        .wrong("shows no certificate", mtls(), Step::Accounts, |out| out.anonymous())
        .wrong("goes to the main authority", mtls(), Step::Accounts, |out| {
            out.go("https://mtls.bank.example", "https://bank.example");
        }),
        Check::new("RFC 6750 2.1", "an unbound token has the scheme Bearer", TOKEN).play(
            "shows a token of nobody's under DPoP",
            mtls(),
            |stage| {
                stage.register(|client| client.binding = Binding::Nothing);
                stage.wrong(Step::Accounts, |out| {
                    let text = out.text("authorization").replace("Bearer ", "DPoP ");
                    out.header("authorization", &text);
                });
            },
        ),
    ]
}

fn consent() -> Vec<Check> {
    let identity = "x-fapi-interaction-id is a UUID";
    vec![
        Check::new("FDX Security Model v5", "the token's consent is active", TOKEN).play(
            "reads after the consent has ended",
            dpop(),
            |stage| {
                stage.grant();
                stage.later(YEAR - 100);
                stage.right(Step::Refresh);
                let token = stage.answered("access_token");
                stage.later(100);
                stage.wrong(Step::Accounts, move |out| {
                    out.header("authorization", &format!("DPoP {token}"));
                    out.proof_for(&token);
                });
            },
        ),
        Check::new("FDX API 6, headers", identity, "401")
            .wrong("names no interaction", dpop(), Step::Accounts, |out| {
                out.header("x-fapi-interaction-id", "");
            })
            .wrong("names the interaction by a word", dpop(), Step::Accounts, |out| {
                out.header("x-fapi-interaction-id", "reading");
            }),
        Check::new("FDX API 6, headers", "FDX-API-Actor-Type is absent, USER or BATCH", "401")
            .wrong("names the actor in small letters", dpop(), Step::Accounts, |out| {
                out.header("fdx-api-actor-type", "user");
            })
            .wrong("names two actors", dpop(), Step::Accounts, |out| {
                out.header("fdx-api-actor-type", "USER");
                out.repeat("fdx-api-actor-type");
            }),
        Check::new(
            "FDX API 6, headers",
            "the ids of provider and recipient are absent or have 1 to 256 characters",
            "401",
        )
        .wrong("names the provider at length", dpop(), Step::Accounts, |out| {
            out.header("fdx-api-data-provider-id", &"x".repeat(257));
        })
        .wrong("names the recipient at length", dpop(), Step::Accounts, |out| {
            out.header("fdx-api-data-recipient-id", &"x".repeat(257));
        }),
        Check::new(
            "FAPI 1.0 Baseline 6.2.2",
            "x-fapi-auth-date is absent or an HTTP date in its fixed form",
            "401",
        )
        .wrong("dates the login as RFC 3339 does", dpop(), Step::Accounts, |out| {
            out.header("x-fapi-auth-date", "2026-01-05T10:00:00Z");
        })
        .wrong("dates the login as mails do", dpop(), Step::Accounts, |out| {
            out.header("x-fapi-auth-date", "Mon, 5 Jan 2026 10:00:00 +0000");
        }),
        Check::new(
            "FAPI 1.0 Baseline 6.2.2",
            "x-fapi-customer-ip-address is absent or an address of IPv4 or IPv6",
            "401",
        )
        .wrong("says from which host the customer comes", dpop(), Step::Accounts, |out| {
            out.header("x-fapi-customer-ip-address", "customer.example");
        })
        .wrong("lists the customer's addresses", dpop(), Step::Accounts, |out| {
            out.header("x-fapi-customer-ip-address", "192.0.2.1, 192.0.2.2");
        }),
        Check::new(
            "FAPI 2.0 SP 5.3.4-4",
            "the consent covers the requested data",
            "insufficient_scope",
        )
        .play("reads accounts where only the customer was granted", dpop(), |stage| {
            stage.refresh_for("fdx:customercontact:read");
            let token = stage.answered("access_token");
            stage.wrong(Step::Accounts, move |out| {
                out.header("authorization", &format!("DPoP {token}"));
                out.proof_for(&token);
            });
        }),
        Check::new(
            "FDX Consent API, GET /consents/{consentId}",
            "the consent is that of the access token",
            "404",
        )
        .wrong("reads another consent", dpop(), Step::Accounts, |out| {
            out.go(ACCOUNTS, "/fdx/v6/consents/another");
        }),
        Check::new("FDX Core API, accounts", "the account exists", "701").wrong(
            "reads an account that there is not",
            dpop(),
            Step::Accounts,
            |out| {
                out.go(ACCOUNTS, "/fdx/v6/accounts/none");
            },
        ),
    ]
}
