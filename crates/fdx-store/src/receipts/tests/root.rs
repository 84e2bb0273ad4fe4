use fdx_jose::{Jwks, PrivateKey, Signer, backend, statement};
use fdx_wire::UnixTime;
use fdx_wire::json::{self, Limits, RawJson};
use proptest::prelude::*;
use proptest::sample::Index;

use super::support::*;
use crate::Tenant;
use crate::receipts::*;

const DAY: u64 = 86_400;

fn chain_of(id: &str, days: &[u64]) -> Vec<ReceiptEntry> {
    let draft = |day: &u64| ReceiptDraft::new(at(day * DAY), cause("x"), Event::Expired {});
    chain(&key(id), &days.iter().map(draft).collect::<Vec<_>>())
}

#[test]
fn a_root_counts_the_heads_before_its_time_and_names_the_root_before() {
    let signing = signing_key();
    let chains = [chain_of("a", &[0, 1, 5]), chain_of("b", &[3])];
    let first = signed_root(&signing, at(2 * DAY), None, &chains);
    let heads = Digest::of([head(&chains[0][..2]).canonical_json().as_str(), "\n"].concat());
    assert_eq!(first.root().counts, HeadCounts { chains: 1, entries: 2, heads });
    assert_eq!((first.root().as_of, first.root().previous), (at(2 * DAY), None));
    assert_eq!(first.root().issued_at, at(2 * DAY) + ROOT_DELAY);

    let second = signed_root(&signing, at(9 * DAY), Some(&first), &chains);
    assert_eq!((second.root().counts.chains, second.root().counts.entries), (2, 4));
    assert_eq!(second.root().previous, Some(first.digest()));
    assert_eq!(second.check_follows(&first), Ok(()));
    assert_eq!(first.check_follows(&second), Err(RootError::Previous));
    let third = signed_root(&signing, at(10 * DAY), Some(&second), &chains);
    assert_eq!(third.check_follows(&first), Err(RootError::Previous), "one is missing");
    for root in [&first, &second] {
        let verified = SignedRoot::verify(root.as_str(), backend::ring(), &keys(&signing));
        assert_eq!(verified.as_ref(), Ok(root));
    }
}

#[test]
fn a_root_is_made_in_order_and_not_too_early() {
    let signing = signing_key();
    let first = signed_root(&signing, at(DAY), None, &[]);
    let draft = RootDraft::new(Scope::All, at(DAY), None);
    let second_before = at(DAY) + (ROOT_DELAY - core::time::Duration::from_secs(1));
    let early = draft.clone().finish(signing.public(), second_before);
    assert_eq!(early.unwrap_err(), RootError::TooEarly);
    let repeated = RootDraft::new(Scope::All, at(DAY), Some(&first));
    let repeated = repeated.finish(signing.public(), at(2 * DAY));
    assert_eq!(repeated.unwrap_err(), RootError::Previous);

    let mut draft = draft;
    let [a, b] = ["a", "b"].map(|id| head(&chain_of(id, &[0])));
    draft.push(&b).unwrap();
    assert_eq!(draft.push(&a), Err(RootError::Order));
    assert_eq!(draft.push(&b), Err(RootError::Order));
    let other = Scope::Tenant(Tenant::new("other").unwrap());
    assert_eq!(RootDraft::new(other, at(DAY), None).push(&a), Err(RootError::Order));
}

/// A token of any type with these claims.
fn signed(key: &PrivateKey, typ: &str, claims: &str) -> String {
    let claims: RawJson = json::from_slice(claims.as_bytes(), &Limits::default()).unwrap();
    let input = statement(key.public(), Some(typ), &claims).unwrap();
    input.attach(&key.sign(&input).unwrap()).unwrap()
}

/// Each of them names the digest of the root before.
#[test]
fn a_root_that_is_not_later_or_of_another_scope_does_not_follow() {
    let signing = signing_key();
    let first = signed_root(&signing, at(DAY), None, &[]);
    let follows = |as_of: UnixTime, more: &str| {
        let claims = format!(
            r#"{{"version":1,"iat":1,"as_of":{},"chains":0,"entries":0,"heads":"{}","previous":"{}"{more}}}"#,
            as_of.as_seconds(),
            Digest::of(""),
            first.digest(),
        );
        let root = signed(&signing, "consent-root+jwt", &claims);
        let root = SignedRoot::verify(&root, backend::ring(), &keys(&signing)).unwrap();
        root.check_follows(&first)
    };
    assert_eq!(follows(at(2 * DAY), ""), Ok(()));
    assert_eq!(follows(at(DAY), ""), Err(RootError::Previous));
    assert_eq!(follows(at(2 * DAY), r#","tenant":"t""#), Err(RootError::Previous));
}

#[test]
fn rejects_roots_of_other_keys_types_and_claims() {
    let (signing, other) = (signing_key(), signing_key());
    let verify = |jws: &str, keys: &Jwks| SignedRoot::verify(jws, backend::ring(), keys);
    let root = signed_root(&signing, at(DAY), None, &[]);
    assert!(matches!(verify(root.as_str(), &keys(&other)), Err(RootError::Jws(_))));
    assert!(matches!(verify("root", &keys(&signing)), Err(RootError::Jws(_))));
    let signed = |typ: &str, claims: &str| signed(&signing, typ, claims);
    let heads = Digest::of("");
    let claims =
        format!(r#"{{"version":1,"iat":1,"as_of":1,"chains":0,"entries":0,"heads":"{heads}"}}"#);
    let typ = "consent-root+jwt";
    let read = verify(&signed(typ, &claims), &keys(&signing)).unwrap();
    assert_eq!(read.root().as_of, UnixTime::from_seconds(1));
    assert_eq!(verify(&signed("JWT", &claims), &keys(&signing)), Err(RootError::Type));
    for (from, to) in [
        (r#""version":1"#, r#""version":2"#),
        (r#""version":1"#, r#""version":1,"more":1"#),
        (r#""chains":0,"#, ""),
        (r#""chains":0"#, r#""chains":-1"#),
    ] {
        let other = signed(typ, &claims.replacen(from, to, 1));
        assert_eq!(verify(&other, &keys(&signing)), Err(RootError::Claims), "{to}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_changed_byte_of_a_root_fails(at_byte: Index, byte: u8) {
        let signing = signing_key();
        let root = signed_root(&signing, at(DAY), None, &[chain_of("a", &[0])]);
        let mut bytes = root.as_str().as_bytes().to_vec();
        let place = at_byte.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(SignedRoot::verify(&text, backend::ring(), &keys(&signing)).is_err());
    }
}
