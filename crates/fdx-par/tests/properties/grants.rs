//! A stored grant is restored with every member.

use fdx_jose::Thumbprint;
use fdx_par::{BoundBy, Client};
use fdx_testkit::{Setup, World};
use fdx_wire::{Secret, UnixTime};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Generates the members of a grant.
fn members() -> impl Strategy<Value = Map<String, Value>> {
    // Times up to the last one that has a text form.
    let seconds = || prop::option::of(0..=UnixTime::from_seconds(u64::MAX).as_seconds());
    let known = (
        "[A-Za-z0-9._~+/-]{1,40}={0,2}",
        prop::sample::select(vec![BoundBy::Dpop, BoundBy::Mtls]),
        any::<[u8; 8]>(),
        prop::collection::btree_set("[!#-\\[\\]-~]{1,9}", 0..4),
    );
    let perhaps = (
        (seconds(), seconds()),
        prop::option::of(any::<String>()),
        prop::option::of((any::<String>(), seconds())),
        // A consent id: printable, without `/ \ % ? #`, and not a dot segment.
        prop::option::of("[!\"$&-\\-0->@-\\[\\]-~][!\"$&-.0->@-\\[\\]-~]{0,255}"),
        prop::option::of("[ -~]{1,64}"),
    );
    (known, perhaps).prop_map(|((token, by, seed, scopes), perhaps)| {
        let (expiries, refresh_token, identity, consent_id, nonce) = perhaps;
        // A grant has an `auth_time` only together with a `sub`.
        let (subject, auth_time) = identity.unzip();
        let members = json!({
            "version": 2,
            "issuer": "https://bank.example",
            "client_id": "app-1",
            "access_token": token,
            "token_type": by.token_type(),
            "bound_to": Thumbprint::of_certificate(&seed).to_string(),
            "expires_at": expiries.0,
            "refresh_token": refresh_token,
            "refresh_token_expires_at": expiries.1,
            "scope": scopes.into_iter().collect::<Vec<_>>().join(" "),
            "subject": subject,
            "auth_time": auth_time.flatten(),
            "consent_id": consent_id,
            "nonce": nonce,
        });
        let Value::Object(members) = members else { return Map::new() };
        members.into_iter().filter(|(_, value)| !value.is_null()).collect()
    })
}

thread_local! {
    static CLIENT: Client = World::new(Setup::default()).client().unwrap();
}

/// Returns the members of a grant from its accessors.
fn members_of(grant: &fdx_par::StoredGrant) -> Value {
    let (tokens, identity) = (grant.tokens(), grant.identity());
    let access_token = tokens.access_token();
    let seconds = |time: Option<UnixTime>| time.map(UnixTime::as_seconds);
    json!({
        "access_token": access_token.token().expose(),
        "token_type": access_token.bound_by().token_type(),
        "bound_to": access_token.bound_to().map(|key| key.to_string()),
        "expires_at": seconds(access_token.expires_at()),
        "refresh_token": tokens.refresh_token().map(Secret::expose),
        "refresh_token_expires_at": seconds(tokens.refresh_token_expires_at()),
        "scope": tokens.scopes().to_string(),
        "subject": identity.map(|identity| identity.subject()),
        "auth_time": seconds(identity.and_then(|identity| identity.auth_time())),
        "consent_id": grant.consent_id().map(|id| id.as_str()),
    })
}

proptest! {
    #[test]
    fn every_grant_is_read_back(members in members()) {
        CLIENT.with(|client| {
            let text = Value::Object(members.clone()).to_string();
            let restored = client.restore(&text).unwrap();
            let restored_members = members_of(&restored);
            for (name, value) in restored_members.as_object().unwrap() {
                prop_assert_eq!(value, members.get(name).unwrap_or(&Value::Null), "{}", name);
            }
            let written = restored.to_json();
            let read: Value = serde_json::from_str(written.expose()).unwrap();
            prop_assert_eq!(read, Value::Object(members));
            let again = client.restore(written.expose()).unwrap().to_json();
            prop_assert_eq!(again.expose(), written.expose());
            Ok(())
        })?;
    }
}
