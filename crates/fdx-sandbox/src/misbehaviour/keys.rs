//! JWK Sets (RFC 7517).

use serde_json::{Value, json};

use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;
use crate::misbehaviour::{id_token_change, jwt};

rows! {
    /// Defects and peculiarities of the JWK Set.
    WrongKeys {
        Decoys: "keys-decoys", "FAPI 2.0 SP 5.4.3; suite happy-path", Accept,
            "lists keys of other types before the right key, with its key id";
        Weak: "keys-weak", "FAPI 2.0 SP 5.4.1-2", Accept,
            "signs with PS256, and lists a 1,024-bit RSA key before the right key, with its key id";
        WrongCurve: "keys-wrong-curve", "FAPI 2.0 SP 5.4.1-3", Accept,
            "signs with ES256, and lists a secp256k1 key before the right key, with its key id";
        Private: "keys-private", "RFC 7517 9.2", Accept,
            "signs with ES256, and lists another key with its private member before the right key";
        ForEncryption: "keys-for-encryption", "RFC 7517 4.2", Accept,
            "signs with ES256, and lists another key for encryption before the right key";
        Symmetric: "keys-symmetric", "CVE-2023-48223", Accept,
            "signs with ES256, and lists a symmetric key with alg ES256 before the right key, with \
             its key id";
        TenThousand: "keys-ten-thousand", "RFC 7517 5; CVE-2024-24814", Refuse("fdx.body.nested"),
            "lists 10,000 keys";
        HundredAndOne: "keys-hundred-and-one", "RFC 7517 5", Refuse("oidc.id_token.key.unknown"),
            "lists 101 keys, none of which signs";
        None: "keys-none", "RFC 7517 5", Refuse("oidc.id_token.key.unknown"), "lists no key";
        NotASet: "keys-not-a-set", "RFC 7517 5.1", Refuse("rfc8259.json.member"),
            "has no member keys";
        OnlyPrivate: "keys-right-one-private", "RFC 7517 9.2",
            Refuse("oidc.id_token.key.unknown"), "lists the right key with a private member";
        OnlyForEncryption: "keys-right-one-for-encryption", "RFC 7517 4.2",
            Refuse("oidc.id_token.key.unknown"), "lists the right key for encryption only";
        Withdrawn: "keys-right-one-withdrawn", "RFC 7517 5; suite oidcc signing-key-rotation",
            Refuse("oidc.id_token.key.unknown"),
            "lists another key instead of its signing key";
        RotatedBetweenTwoCalls: "keys-rotated-between-two-calls",
            "OIDC Core 10.1.1; suite oidcc signing-key-rotation-just-before-signing", Accept,
            "signs the callback with one key and the ID token with the next, which it lists only \
             then";
    }
}

/// A modulus of 1,024 bits with unknown primes.
const WEAK: &str = "vRrBHU7COx5jv0QyviUJoxWAl9YjqDsK7dDjoheMXayPlulIGJ6Tj3kTpztwqSElnt_YpXsuP0g\
    cnTHz3qVftAkpyZWGego3mM1bnSSifzrQRzIHa0hkbQrXci9vYSbLi4gSMBjFcsh-ifg86HwAkxxed5mIacvo__QGiw4M\
    yqE";
/// The generator of that curve.
const SECP256K1: [&str; 2] =
    ["eb5mfvncu6xVoGKVzocLBwKb_NstzijZWfKBWxb4F5g", "SDradyajxGVdpPv8DhEIqP0XtEimhVQZnEfQj_sQ1Lg"];

impl WrongKeys {
    pub(crate) fn flow(self) -> Flow {
        match self {
            Self::Weak => Flow::Ps256,
            Self::WrongCurve | Self::Private | Self::ForEncryption | Self::Symmetric => Flow::Es256,
            Self::RotatedBetweenTwoCalls => Flow::MessageSigning,
            _ => Flow::Any,
        }
    }

    pub(crate) fn tamper(self, stage: &mut Stage<'_>) -> Option<()> {
        if self == Self::RotatedBetweenTwoCalls {
            return rotated(stage);
        }
        if !stage.is(Moment::Keys) {
            return None;
        }
        match self {
            Self::Decoys => {
                before(stage, json!({ "kty": "RSA", "n": "A".repeat(342), "e": "AQAB" }))?;
                before(stage, jwk(stage)?)
            }
            Self::Weak => before(stage, json!({ "kty": "RSA", "n": WEAK, "e": "AQAB" })),
            Self::WrongCurve => {
                let [x, y] = SECP256K1;
                before(stage, json!({ "kty": "EC", "crv": "secp256k1", "x": x, "y": y }))
            }
            Self::Private => before(stage, jwt::stranger_in_private()?),
            Self::ForEncryption => before(stage, with(jwk(stage)?, "use", "enc")?),
            Self::Symmetric => {
                let secret = with(with(jwk(stage)?, "kty", "oct")?, "alg", "ES256")?;
                before(stage, with(secret, "k", WEAK)?)
            }
            Self::TenThousand => stage.member("keys", json!(vec![json!({}); 10_000])),
            Self::HundredAndOne => stage.member("keys", json!(vec![json!({}); 101])),
            Self::None => stage.member("keys", json!([])),
            Self::NotASet => stage.without("keys"),
            Self::OnlyPrivate => each(stage, "d", "AA"),
            Self::OnlyForEncryption => each(stage, "use", "enc"),
            Self::Withdrawn => {
                let other = jwk(stage)?;
                stage.member("keys", json!([other]))
            }
            Self::RotatedBetweenTwoCalls => None,
        }
    }
}

/// The public part of the foreign key.
fn jwk(stage: &Stage<'_>) -> Option<Value> {
    let key = jwt::stranger(stage.config)?;
    serde_json::from_str(key.public().jwk()).ok()
}

fn with(mut key: Value, name: &str, text: &str) -> Option<Value> {
    key.as_object_mut()?.insert(name.to_owned(), json!(text));
    Some(key)
}

/// Inserts `key` at the start, with the key id of the key there.
fn before(stage: &mut Stage<'_>, key: Value) -> Option<()> {
    stage.json(|body| {
        let Some(keys) = body.get_mut("keys").and_then(Value::as_array_mut) else {
            return;
        };
        let kid = keys.first().and_then(|first| first.get("kid")).cloned();
        let mut key = key;
        if let Some(members) = key.as_object_mut() {
            match kid {
                Some(kid) => members.insert("kid".to_owned(), kid),
                None => members.remove("kid"),
            };
        }
        keys.insert(0, key);
    })
}

fn each(stage: &mut Stage<'_>, name: &str, value: &str) -> Option<()> {
    stage.json(|body| {
        let keys = body.get_mut("keys").and_then(Value::as_array_mut).into_iter().flatten();
        for key in keys.filter_map(Value::as_object_mut) {
            key.insert(name.to_owned(), json!(value));
        }
    })
}

fn rotated(stage: &mut Stage<'_>) -> Option<()> {
    if stage.is(Moment::Token) {
        return id_token_change::signed_by_stranger(stage);
    }
    if stage.is(Moment::Keys) && stage.fired > 0 {
        let next = jwk(stage)?;
        return stage.json(|body| {
            let keys = body.get_mut("keys").and_then(Value::as_array_mut);
            keys.into_iter().for_each(|keys| keys.push(next.clone()));
        });
    }
    None
}
