//! Encrypted ID tokens: encrypted if and only if that was registered, signed inside, and no error
//! loses the tokens.

use fdx_jose::{
    ContentKey, Decrypter, DecryptionError, DecryptionInput, EncryptionKey, IdTokenError, JweError,
    KeyEncryption,
};
use fdx_par::dialect::MASTERCARD;
use fdx_par::{
    Client, Error, Exchanged, NextStep, StoredGrant, Verification,
    client::{Encrypted, IdTokenEncryption},
};
use fdx_sandbox::customer::Decision;
use fdx_testkit::kit::encrypt_a256gcm;
use fdx_testkit::providers::provided;
use fdx_testkit::{Setup, World, usual_request};
use fdx_wire::base64url;
use serde_json::{Value, json};

const CONTENT_KEY: [u8; 32] = [7; 32];
const ENCRYPTED_KEY: [u8; 256] = [1; 256];

/// A service that decrypts one content key, if it is available.
pub(crate) struct Kms {
    up: bool,
}

impl Decrypter for Kms {
    fn decrypt(&self, input: &DecryptionInput) -> Result<ContentKey, DecryptionError> {
        assert_eq!((input.kid(), input.key()), (Some("enc-1"), encryption_key().thumbprint()));
        if !self.up {
            return Err(DecryptionError::Unavailable { reason: "down".to_owned() });
        }
        let known = input.bytes() == ENCRYPTED_KEY;
        Ok(if known { ContentKey::new(&CONTENT_KEY) } else { ContentKey::unavailable() })
    }
}

pub(crate) const KMS: Kms = Kms { up: true };

/// RFC 7516 appendix A.1.
fn encryption_key() -> EncryptionKey {
    let vectors = include_str!("../../fdx-jose/tests/vectors/rfc.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let jwk = &vectors["rfc7516_a1"]["private_jwk"];
    let jwk = json!({"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "kid": "enc-1"});
    EncryptionKey::from_jwk(jwk.to_string().as_bytes(), KeyEncryption::RsaOaep).unwrap()
}

fn header() -> Value {
    json!({"alg": "RSA-OAEP", "enc": "A256GCM", "cty": "JWT", "kid": "enc-1"})
}

fn encrypted(header: &Value, encrypted_key: &[u8], plaintext: &str) -> String {
    let header = base64url::encode(header.to_string().as_bytes());
    let (ciphertext, tag) =
        encrypt_a256gcm(&CONTENT_KEY, [9; 12], header.as_bytes(), plaintext.as_bytes());
    let parts = [encrypted_key, &[9; 12], &ciphertext, &tag].map(base64url::encode);
    format!("{header}.{}", parts.join("."))
}

pub(crate) fn usual(id_token: &str) -> String {
    encrypted(&header(), &ENCRYPTED_KEY, id_token)
}

/// Creates a world whose institution applies this change to every ID token, and a client that
/// registered encryption.
pub(crate) fn world(change: fn(&str) -> String) -> (World, Client) {
    encrypting(World::new(Setup::default()), change)
}

fn encrypting(mut world: World, change: fn(&str) -> String) -> (World, Client) {
    world.tamper(move |_, mut answer| {
        if let Ok(mut body) = serde_json::from_slice::<Value>(answer.body())
            && let Some(id_token) = body["id_token"].as_str()
        {
            body["id_token"] = json!(change(id_token));
            *answer.body_mut() = body.to_string().into_bytes();
        }
        answer
    });
    let plain = world.client().unwrap();
    let mut config = plain.config().clone();
    config.id_token_encryption = Some(IdTokenEncryption::new(encryption_key()));
    let client = Client::new(config, plain.metadata().clone()).unwrap();
    (world, client)
}

fn exchanged(world: &mut World, client: &Client) -> Exchanged {
    let (url, pending) = world.push(client, &usual_request()).unwrap();
    let callback = world.customer(&url, &Decision::everything());
    world.exchange(client, pending, &callback).unwrap()
}

pub(crate) fn waiting(world: &mut World, client: &Client) -> Encrypted<Exchanged> {
    let exchanged = exchanged(world, client);
    match client.verify(exchanged, None, world.now).unwrap() {
        Verification::Decrypt(encrypted) => encrypted,
        other => panic!("{other:?}"),
    }
}

/// Returns the error of the first verification, or of the decryption.
fn refused(change: fn(&str) -> String) -> IdTokenError {
    let (mut world, client) = world(change);
    let exchanged = exchanged(&mut world, &client);
    let text = exchanged.to_json();
    let refused = match client.verify(exchanged, None, world.now) {
        Ok(Verification::Decrypt(encrypted)) => encrypted.open_with(&KMS).unwrap_err(),
        Ok(other) => panic!("{other:?}"),
        Err(refused) => refused,
    };
    assert_eq!(refused.unspent.to_json(), text);
    assert_eq!(refused.error.next_step(), NextStep::AskTheInstitution);
    match refused.error {
        Error::IdToken { error, .. } => error,
        other => panic!("{other}"),
    }
}

#[test]
fn an_encrypted_id_token_is_opened_then_verified() {
    let (mut world, client) = world(usual);
    let encrypted = waiting(&mut world, &client);
    assert_eq!(encrypted.input().bytes(), ENCRYPTED_KEY);
    let exchanged = encrypted.open_with(&KMS).unwrap();
    let verified = world.verify(&client, exchanged).unwrap();
    assert!(verified.id_token().is_some());
}

/// Mastercard encrypts if a client registered it, and the inner `typ` is that of an access token.
#[test]
fn mastercard_s_encrypted_id_token_is_opened_then_verified() {
    let provided = provided(MASTERCARD).unwrap();
    let (mut world, client) = encrypting((provided.world)(MASTERCARD), usual);
    let (url, pending) = world.push(&client, &(provided.request)()).unwrap();
    let callback = world.customer(&url, &Decision::everything());
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    let Ok(Verification::Decrypt(encrypted)) = client.verify(exchanged, None, world.now) else {
        panic!("not encrypted");
    };
    let exchanged = encrypted.open_with(&KMS).unwrap();
    assert!(world.verify(&client, exchanged).unwrap().id_token().is_some());
}

#[test]
fn unavailable_decryption_service_keeps_the_tokens() {
    let (mut world, client) = world(usual);
    let refused = waiting(&mut world, &client).open_with(&Kms { up: false }).unwrap_err();
    assert!(matches!(refused.error, Error::Decryption(_)), "{}", refused.error);
    assert_eq!(refused.error.next_step(), NextStep::Retry { after: None });
    let again = client.verify(*refused.unspent, None, world.now).unwrap();
    let Verification::Decrypt(encrypted) = again else { panic!("{again:?}") };
    let key = KMS.decrypt(encrypted.input()).unwrap();
    let exchanged = encrypted.open(&key).unwrap();
    assert!(world.verify(&client, exchanged).is_ok());
}

#[test]
fn an_id_token_that_is_not_encrypted_is_refused() {
    assert_eq!(refused(str::to_owned), IdTokenError::Unencrypted);
}

#[test]
fn rejects_id_token_encrypted_without_registration() {
    let (mut world, _) = world(usual);
    let client = world.client().unwrap();
    let exchanged = exchanged(&mut world, &client);
    let refused = client.verify(exchanged, None, world.now).unwrap_err();
    assert_eq!(refused.error, Error::from(IdTokenError::Encrypted));
}

#[test]
fn encrypted_id_token_contains_a_signed_one() {
    let bare = |_: &str| usual(r#"{"iss":"https://bank.example","sub":"customer"}"#);
    assert_eq!(refused(bare), IdTokenError::Unsigned);
    // Encrypted twice and not signed.
    assert_eq!(refused(|token| usual(&usual(token))), IdTokenError::Unsigned);
    // A text of three parts is verified like any ID token.
    let (mut world, client) = world(|token| {
        let payload = token.split('.').nth(1).unwrap();
        usual(&format!("{}.{payload}.", base64url::encode(br#"{"alg":"none"}"#)))
    });
    let exchanged = waiting(&mut world, &client).open_with(&KMS).unwrap();
    let refused = world.verify(&client, exchanged).unwrap_err();
    assert_eq!(refused.error.code(), "oidc.id_token.jws");
}

#[test]
fn rejects_undecryptable_id_token() {
    let other_key = |token: &str| encrypted(&header(), &[2; 256], token);
    assert_eq!(refused(other_key), IdTokenError::Unopened);
    let changed = |token: &str| usual(token).replace("CQkJCQkJCQkJ", "CQkJCQkJCQkK");
    assert_eq!(refused(changed), IdTokenError::Unopened);
    let zipped = |token: &str| {
        let mut header = header();
        header["zip"] = json!("DEF");
        encrypted(&header, &ENCRYPTED_KEY, token)
    };
    assert_eq!(refused(zipped), IdTokenError::Jwe(JweError::Compressed));
    let other_kid = |token: &str| {
        let mut header = header();
        header["kid"] = json!("enc-2");
        encrypted(&header, &ENCRYPTED_KEY, token)
    };
    assert_eq!(refused(other_kid), IdTokenError::Jwe(JweError::UnknownKey));
}

#[test]
fn refreshed_id_token_must_be_encrypted_too() {
    let (mut world, client) = world(usual);
    let exchanged = waiting(&mut world, &client).open_with(&KMS).unwrap();
    let verified = world.verify(&client, exchanged).unwrap();
    let grant: StoredGrant = world.granted(&client, verified).unwrap().stored();
    let refreshed = world.refresh(&client, &grant).unwrap();
    let verification = client.verify(refreshed, None, world.now).unwrap();
    let Verification::Decrypt(encrypted) = verification else { panic!("{verification:?}") };
    let refused = encrypted.open(&ContentKey::unavailable()).unwrap_err();
    assert_eq!(refused.error, Error::from(IdTokenError::Unopened));
    let verification = client.verify(*refused.unspent, None, world.now).unwrap();
    let Verification::Decrypt(encrypted) = verification else { panic!("{verification:?}") };
    let opened = encrypted.open_with(&KMS).unwrap();
    world.verify_refreshed(&client, opened).unwrap();
    // Accepting a token without encryption would bypass the registration.
    world.tamper(|_, answer| answer);
    let refreshed = world.refresh(&client, &grant).unwrap();
    let refused = client.verify(refreshed, None, world.now).unwrap_err();
    assert_eq!(refused.error, Error::from(IdTokenError::Unencrypted));
}

#[test]
fn the_key_is_published_for_encryption() {
    let (_, client) = world(usual);
    let published: Value = serde_json::from_str(&client.config().public_jwks().to_json()).unwrap();
    let keys = published["keys"].as_array().unwrap();
    let uses: Vec<_> = keys.iter().map(|key| (&key["use"], &key["alg"])).collect();
    assert_eq!(uses, [(&json!("sig"), &json!("EdDSA")), (&json!("enc"), &json!("RSA-OAEP"))]);
    assert!(keys[1].get("d").is_none());
}
