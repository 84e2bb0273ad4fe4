//! Sealed values open only unchanged, with their key and in their context.

use fdx_jose::{SealError, SealingKey, SealingKeys, backend};
use fdx_wire::base64url;
use proptest::prelude::*;

fn keys(id: u32, key: u8) -> SealingKeys {
    SealingKeys::new(backend::ring(), SealingKey::new(id, [key; 32]))
}

#[test]
fn older_key_opens_and_removed_key_does_not() {
    let sealed = keys(1, 1).seal(&[b"c"], [0; 32], b"state").unwrap();
    let rotated = keys(2, 2).and_opens(SealingKey::new(1, [1; 32]));
    assert_eq!(rotated.open(&[b"c"], &sealed).unwrap().expose(), "state");
    let fresh = rotated.seal(&[b"c"], [0; 32], b"state").unwrap();
    assert_eq!(keys(2, 2).open(&[b"c"], &fresh).unwrap().expose(), "state");
    assert_eq!(keys(2, 2).open(&[b"c"], &sealed), Err(SealError::UnknownKey { id: 1 }));
    assert_eq!(keys(1, 3).open(&[b"c"], &sealed), Err(SealError::Unauthentic));
}

#[test]
fn the_format_is_fixed() {
    let sealed = keys(0x01020304, 7).seal(&[], [9; 32], b"ab").unwrap();
    let bytes = base64url::decode(&sealed).unwrap();
    assert_eq!(bytes[..5], [1, 1, 2, 3, 4]);
    assert_eq!(bytes[5..37], [9; 32]);
    assert_eq!(bytes.len(), 37 + 2 + 16);
}

#[test]
fn different_contexts_never_collide() {
    let keys = keys(1, 1);
    let contexts: [&[&[u8]]; 7] =
        [&[], &[b""], &[b"", b""], &[b"ab"], &[b"a", b"b"], &[b"ab", b""], &[b"", b"ab"]];
    for (i, sealing) in contexts.iter().enumerate() {
        let sealed = keys.seal(sealing, [0; 32], b"state").unwrap();
        for (j, opening) in contexts.iter().enumerate() {
            assert_eq!(keys.open(opening, &sealed).is_ok(), i == j, "{i} {j}");
        }
    }
}

#[test]
fn rejects_other_texts() {
    let keys = keys(1, 1);
    let version = base64url::encode(&[2; 80]);
    for (text, error) in [
        (String::new(), SealError::Malformed),
        ("AQ==".to_owned(), SealError::Malformed),
        (base64url::encode(&[1, 0, 0, 0, 1, 5]), SealError::Malformed),
        (version, SealError::Version { actual: 2 }),
        (base64url::encode(&[&[1, 0, 0, 0, 1], &[0; 32][..]].concat()), SealError::Unauthentic),
        ("A".repeat(131_072), SealError::Version { actual: 0 }),
        ("A".repeat(131_073), SealError::TooLarge),
    ] {
        assert_eq!(keys.open(&[], &text), Err(error));
    }
    assert_eq!(keys.seal(&[], [0; 32], b"\xff"), Err(SealError::NotText));
    assert_eq!(keys.seal(&[], [0; 32], &[b'a'; 65_537]), Err(SealError::TooLarge));
    let most = keys.seal(&[], [0; 32], &[b'a'; 65_536]).unwrap();
    assert_eq!(keys.open(&[], &most).unwrap().expose().len(), 65_536);
}

#[test]
fn bytes_have_limits_of_their_own() {
    const MAX: usize = 1024 * 1024;
    let keys = keys(1, 1);
    let most = keys.seal_bytes(&[], [0; 32], &vec![0xff; MAX]).unwrap();
    assert_eq!(keys.open_bytes(&[], &most).unwrap().len(), MAX);
    assert_eq!(keys.seal_bytes(&[], [0; 32], &vec![0; MAX + 1]), Err(SealError::TooLarge));
    let error = |sealed: &[u8]| keys.open_bytes(&[], sealed).map(drop).unwrap_err();
    assert_eq!(error(&[&most[..], &[0]].concat()), SealError::TooLarge);
    assert_eq!(error(&[]), SealError::Malformed);
    assert_eq!(error(&[3]), SealError::Version { actual: 3 });
}

#[test]
fn the_text_form_is_the_base64url_of_the_bytes() {
    let keys = keys(1, 1);
    let bytes = keys.seal_bytes(&[b"c"], [5; 32], b"state").unwrap();
    assert_eq!(keys.seal(&[b"c"], [5; 32], b"state").unwrap(), base64url::encode(&bytes));
    let binary = keys.seal_bytes(&[b"c"], [5; 32], b"\xff").unwrap();
    assert_eq!(keys.open(&[b"c"], &base64url::encode(&binary)), Err(SealError::NotText));
}

#[test]
fn the_id_of_the_key_is_known_without_the_key() {
    for id in [0, 1, 0xffff_ffff] {
        let sealed = keys(id, 1).seal_bytes(&[], [0; 32], b"state").unwrap();
        assert_eq!(SealingKeys::key_id_of(&sealed), Ok(id));
        assert_eq!(SealingKeys::key_id_of(&sealed[..5]), Ok(id));
        assert_eq!(SealingKeys::key_id_of(&sealed[..4]), Err(SealError::Malformed));
    }
    assert_eq!(SealingKeys::key_id_of(&[2, 0, 0, 0, 0]), Err(SealError::Version { actual: 2 }));
    let rotated = keys(2, 2).and_opens(SealingKey::new(1, [1; 32]));
    assert_eq!(rotated.ids().collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn sealing_keys_do_not_print() {
    let printed = format!("{:?}", keys(1, 0xab).and_opens(SealingKey::new(2, [0xcd; 32])));
    assert!(!printed.contains("171") && !printed.contains("205") && !printed.contains("ab"));
    assert!(printed.contains("[redacted]"));
}

proptest! {
    #[test]
    fn what_is_sealed_opens(
        id: u32,
        key: [u8; 32],
        salt: [u8; 32],
        text: String,
        context: Vec<Vec<u8>>,
    ) {
        let keys = SealingKeys::new(backend::ring(), SealingKey::new(id, key));
        let context: Vec<&[u8]> = context.iter().map(Vec::as_slice).collect();
        let sealed = keys.seal(&context, salt, text.as_bytes()).unwrap();
        prop_assert_eq!(&sealed, &keys.seal(&context, salt, text.as_bytes()).unwrap());
        let opened = keys.open(&context, &sealed).unwrap();
        prop_assert_eq!(opened.expose(), text);
    }

    #[test]
    fn sealed_bytes_open(salt: [u8; 32], bytes: Vec<u8>, context: Vec<Vec<u8>>) {
        let keys = keys(1, 1);
        let context: Vec<&[u8]> = context.iter().map(Vec::as_slice).collect();
        let sealed = keys.seal_bytes(&context, salt, &bytes).unwrap();
        let opened = keys.open_bytes(&context, &sealed).unwrap();
        prop_assert_eq!(opened.as_bytes(), bytes);
    }

    #[test]
    fn a_changed_bit_does_not_open(salt: [u8; 32], text in ".{0,40}", at: usize, bit in 0..8) {
        let keys = keys(1, 1);
        let sealed = keys.seal(&[b"c"], salt, text.as_bytes()).unwrap();
        let mut bytes = base64url::decode(&sealed).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(keys.open(&[b"c"], &base64url::encode(&bytes)).is_err());
    }

    #[test]
    fn another_salt_is_another_text(a: [u8; 32], b: [u8; 32]) {
        let keys = keys(1, 1);
        let seal = |salt| base64url::decode(&keys.seal(&[], salt, b"state").unwrap()).unwrap();
        prop_assert_eq!(seal(a)[37..] == seal(b)[37..], a == b);
    }

    #[test]
    fn no_text_panics(text: String, bytes: Vec<u8>) {
        let keys = keys(0, 0);
        prop_assert!(keys.open(&[], &text).is_err());
        prop_assert!(keys.open(&[], &base64url::encode(&bytes)).is_err());
        prop_assert!(keys.open_bytes(&[], &bytes).is_err());
    }
}
