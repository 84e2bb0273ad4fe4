//! Introspection and revocation.

use super::dpop;
use crate::strict::{Check, Step};

const ERROR: &str = "invalid_request";

pub(super) fn checks() -> Vec<Check> {
    vec![
        Check::new("RFC 7662 2.1", "the token parameter is present", ERROR).wrong(
            "asks about nothing",
            dpop(),
            Step::Introspect,
            |out| out.unset("token"),
        ),
        Check::new(
            "RFC 9701 6",
            "the client registered an introspection_signed_response_alg that this institution supports",
            ERROR,
        )
        .play("wants a signed answer that it did not register", dpop(), |stage| {
            stage.register(|client| client.introspection_signed_response_alg = None);
            stage.wrong(Step::Introspect, |out| {
                out.header("accept", "application/token-introspection+jwt");
            });
        }),
        Check::new("RFC 7009 2.1", "the token parameter is present", ERROR).wrong(
            "revokes nothing",
            dpop(),
            Step::Revoke,
            |out| out.unset("token"),
        ),
        Check::new("RFC 7009 2.1", "the token was issued to this client", ERROR).play(
            "revokes another client's token",
            dpop(),
            |stage| {
                stage.register(|client| client.client_id = "app-2".to_owned());
                stage.wrong(Step::Revoke, |out| out.speak_for("app-2"));
            },
        ),
    ]
}
