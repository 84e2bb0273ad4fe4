//! Refresh tokens.

use fdx_sandbox::RefreshPolicy;

use super::dpop;
use crate::Setup;
use crate::strict::{Check, Step};

const ERROR: &str = "invalid_grant";
const YEAR: u64 = 365 * 86_400;

pub(super) fn checks() -> Vec<Check> {
    let rotating = Setup { refresh: RefreshPolicy::Rotate, ..dpop() };
    vec![
        Check::new("RFC 6749 6", "the refresh token was issued to this client", ERROR)
            .wrong("makes up a refresh token", dpop(), Step::Refresh, |out| {
                out.set("refresh_token", "made-up");
            })
            .wrong("has no refresh token", dpop(), Step::Refresh, |out| out.unset("refresh_token"))
            .play("refreshes by an access token", dpop(), |stage| {
                stage.right(Step::Exchange);
                let token = stage.answered("access_token");
                stage.wrong(Step::Refresh, move |out| out.set("refresh_token", &token));
            })
            .play("refreshes by another client's token", dpop(), |stage| {
                stage.register(|client| client.client_id = "app-2".to_owned());
                stage.wrong(Step::Refresh, |out| out.speak_for("app-2"));
            }),
        Check::new(
            "RFC 9700 4.14.2",
            "the refresh token is not revoked, expired or replaced 60 or more seconds ago",
            ERROR,
        )
        .play("refreshes by a token that it revoked", dpop(), |stage| {
            stage.right(Step::Revoke);
            stage.wrong(Step::Refresh, |_| ());
        })
        .play("refreshes by a token that expired", dpop(), |stage| {
            stage.grant();
            stage.later(YEAR);
            stage.wrong(Step::Refresh, |_| ());
        })
        .play("refreshes by a token that was replaced 60 seconds ago", rotating, |stage| {
            stage.right(Step::Refresh);
            stage.later(60);
            stage.wrong(Step::Refresh, |_| ());
        })
        .play("refreshes by the new token after the old one was stolen", rotating, |stage| {
            stage.right(Step::Refresh);
            let new = stage.answered("refresh_token");
            stage.later(60);
            stage.wrong(Step::Refresh, |_| ());
            stage.wrong(Step::Refresh, move |out| out.set("refresh_token", &new));
        })
        .play("refreshes by a token from a code that was used twice", dpop(), |stage| {
            stage.right(Step::Exchange);
            let token = stage.answered("refresh_token");
            let earlier = stage.last("/token").form();
            stage.wrong(Step::Exchange, move |out| out.set("code", &earlier["code"]));
            stage.wrong(Step::Refresh, move |out| out.set("refresh_token", &token));
        }),
        Check::new("FDX Security Model v5", "the refresh token's consent is active", ERROR).play(
            "refreshes after the consent has ended",
            dpop(),
            |stage| {
                // The code is exchanged half a minute after the consent began.
                stage.late(Step::Exchange, 30);
                let token = stage.answered("refresh_token");
                stage.later(YEAR - 20);
                stage.wrong(Step::Refresh, move |out| out.set("refresh_token", &token));
            },
        ),
        Check::new(
            "RFC 6749 6",
            "scope is absent or contains only granted scopes",
            "invalid_scope",
        )
        .wrong("asks for more than was granted", dpop(), Step::Refresh, |out| {
            out.set("scope", "openid fdx:bills:read");
        }),
    ]
}
