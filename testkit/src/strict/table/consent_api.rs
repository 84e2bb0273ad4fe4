//! Reading and revoking consents, also by a client's own token.

use super::dpop;
use crate::strict::{Check, Stage};

pub(super) fn checks() -> Vec<Check> {
    vec![
        Check::new(
            "RFC 6749 4.4.2",
            "scope is absent, or is registered and needs no customer",
            "invalid_scope",
        )
        .play("wants a customer's data without the customer", dpop(), |stage| {
            own_token(stage, "fdx:transactions:read");
        })
        .play("wants to know who logged in where nobody does", dpop(), |stage| {
            own_token(stage, "openid");
        })
        .play("wants a scope that is not registered", dpop(), |stage| {
            own_token(stage, "READ_EVERYTHING");
        }),
        Check::new(
            "FAPI 2.0 SP 5.3.4-4",
            "the access token belongs to a customer's consent",
            "insufficient_scope",
        )
        .play("reads accounts by its own token", dpop(), |stage| {
            let (client, own) = own(stage);
            let _ = stage.world.accounts(&client, own.access_token());
        }),
        Check::new(
            "FDX Consent API, GET /consents/{consentId}",
            "the consent was given to the client of the access token",
            "404",
        )
        .play("reads a consent that there is not, by its own token", dpop(), |stage| {
            let (client, own) = own(stage);
            let unknown = "unknown".parse().unwrap();
            let _ = stage.world.read_consent(&client, &unknown, own.access_token());
        }),
        Check::new(
            "FDX Consent API, ConsentRevocationRequest",
            "the body is a JSON object, with a valid reason and initiator if present",
            "401",
        )
        .play("says nothing", dpop(), |stage| revoke(stage, |out| out.http.body_mut().clear()))
        .play("says why in a list", dpop(), |stage| {
            revoke(stage, |out| *out.http.body_mut() = b"[\"USER_ACTION\"]".to_vec());
        })
        .play("writes no JSON", dpop(), |stage| {
            revoke(stage, |out| out.header("content-type", "text/plain"));
        }),
        Check::new(
            "FDX Consent API, PUT revocation",
            "the consent is active, so that it can be revoked",
            "409",
        )
        .play("revokes twice", dpop(), |stage| {
            revoke(stage, |_| ());
            revoke(stage, |_| ());
        })
        .play("revokes what has expired", dpop(), |stage| {
            stage.grant();
            stage.later(365 * 86_400);
            revoke(stage, |_| ());
        }),
    ]
}

/// Requests a token of the client's own.
fn own_token(stage: &mut Stage, scope: &'static str) {
    stage.world.change(move |out| out.set("scope", scope));
    let client = stage.client.clone();
    let _ = stage.world.own_token(&client);
    stage.world.change_no_more();
}

fn own(stage: &mut Stage) -> (fdx_par::Client, fdx_par::tokens::ClientToken) {
    let client = stage.client.clone();
    let own = stage.world.own_token(&client).unwrap();
    (client, own)
}

/// Revokes the grant by the client's own token, with the request changed.
fn revoke(stage: &mut Stage, change: impl Fn(&mut crate::Outgoing) + 'static) {
    let grant = stage.grant();
    let (client, own) = own(stage);
    stage.world.change(change);
    let consent_id = grant.consent_id().unwrap();
    let _ = stage.world.revoke_consent(&client, consent_id, own.access_token());
    stage.world.change_no_more();
}
