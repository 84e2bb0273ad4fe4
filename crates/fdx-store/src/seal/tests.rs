use std::collections::BTreeMap;

use fdx_jose::{SealError, SealingKey, backend};
use fdx_wire::{Entropy, Secret};
use proptest::prelude::*;

use super::*;
use crate::sql::operation::{Action, Decision, Operation, OperationStep};
use crate::sql::statement::{Rows, Statement};
use crate::sql::value::Value;

fn wrapping_key(id: u32) -> SealingKey {
    SealingKey::new(id, [id as u8; 32])
}

fn ring(newest: u32, older: &[u32]) -> KeyRing {
    let ring = KeyRing::new(backend::ring(), wrapping_key(newest));
    older.iter().fold(ring, |ring, id| ring.and_opens(wrapping_key(*id)))
}

fn entropy(byte: u8) -> Entropy {
    Entropy::new([byte; 32])
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// Everything that a sealed value is bound to.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    tenant: String,
    consent: String,
    column: Column,
    generation: u64,
    /// The entropy of the consent's key.
    key: u8,
}

fn place() -> impl Strategy<Value = Place> {
    let ids = || prop::sample::select(vec!["", "a", "b", "ab"]).prop_map(str::to_owned);
    let column = prop::sample::select(Column::ALL.to_vec());
    let generation = prop::sample::select(vec![0, 1, 256, u64::MAX]);
    (ids(), ids(), column, generation, 0..2_u8).prop_map(
        |(tenant, consent, column, generation, key)| Place {
            tenant,
            consent,
            column,
            generation,
            key,
        },
    )
}

impl Place {
    fn key(&self) -> (ConsentKey, WrappedKey) {
        ring(1, &[]).create(&self.tenant, &self.consent, &entropy(self.key)).unwrap()
    }

    fn seal(&self, by: u8, text: &str) -> Vec<u8> {
        let (key, _) = self.key();
        key.seal(self.column, self.generation, &entropy(by), &secret(text)).unwrap()
    }

    fn open(&self, sealed: &[u8]) -> Result<Secret, SealError> {
        self.key().0.open(self.column, self.generation, sealed)
    }

    /// Returns a copy with one part of `other`. The sixth index changes no part.
    fn with(mut self, other: &Self, part: usize) -> Self {
        match part {
            0 => self.tenant.clone_from(&other.tenant),
            1 => self.consent.clone_from(&other.consent),
            2 => self.column = other.column,
            3 => self.generation = other.generation,
            4 => self.key = other.key,
            _ => {}
        }
        self
    }
}

proptest! {
    #[test]
    fn a_sealed_value_opens_only_in_its_place(
        sealed_in in place(),
        other in place(),
        part in 0..6_usize,
        text: String,
    ) {
        let opened_in = sealed_in.clone().with(&other, part);
        let opened = opened_in.open(&sealed_in.seal(9, &text));
        match sealed_in == opened_in {
            true => prop_assert_eq!(opened, Ok(secret(&text))),
            false => prop_assert_eq!(opened, Err(SealError::Unauthentic)),
        }
    }

    #[test]
    fn a_changed_value_does_not_open(
        place in place(),
        text: String,
        at: usize,
        change in 1..=255_u8,
    ) {
        let mut sealed = place.seal(9, &text);
        let at = at % sealed.len();
        sealed[at] ^= change;
        let error = place.open(&sealed).unwrap_err();
        match at {
            0 => prop_assert_eq!(error, SealError::Version { actual: 1 ^ change }),
            _ => prop_assert_eq!(error, SealError::Unauthentic),
        }
    }

    #[test]
    fn a_wrapped_key_unwraps_only_for_its_consent_and_unchanged(
        place in place(),
        other in place(),
        at: usize,
        change: u8,
    ) {
        let (_, mut wrapped) = place.key();
        let at = at % wrapped.bytes.len();
        wrapped.bytes[at] ^= change;
        let same = (&place.tenant, &place.consent) == (&other.tenant, &other.consent);
        let opened = ring(1, &[]).unwrap(&other.tenant, &other.consent, &wrapped);
        prop_assert_eq!(opened.is_ok(), same && change == 0);
        wrapped.bytes[at] ^= change;
        let sealed = place.seal(9, "tokens");
        let key = ring(1, &[]).unwrap(&place.tenant, &place.consent, &wrapped).unwrap();
        prop_assert_eq!(key.open(place.column, place.generation, &sealed), Ok(secret("tokens")));
    }

    /// A salt must not seal two plaintexts, even if a caller uses the same entropy twice.
    #[test]
    fn salts_differ_between_values(one in place(), other in place(), texts: [String; 2]) {
        let [a, b] = [one.seal(9, &texts[0]), other.seal(9, &texts[1])];
        let bound = |place: &Place| Place { key: 0, ..place.clone() };
        let same = bound(&one) == bound(&other) && texts[0] == texts[1];
        prop_assert_eq!(a[5..37] == b[5..37], same);
        prop_assert_ne!(&one.seal(9, &texts[0])[5..37], &one.seal(8, &texts[0])[5..37]);
    }

    #[test]
    fn nothing_prints_a_key_or_a_plaintext(key in "[a-z]{32}", text in "[A-Z]{8,40}") {
        let bytes: [u8; 32] = key.as_bytes().try_into().unwrap();
        let ring = KeyRing::new(backend::ring(), SealingKey::new(1, bytes));
        let (consent_key, wrapped) = ring.create("t", "c", &Entropy::new(bytes)).unwrap();
        let sealed = consent_key.seal(Column::Tokens, 1, &entropy(1), &secret(&text)).unwrap();
        let error = consent_key.open(Column::Tokens, 2, &sealed).unwrap_err();
        let printed = format!("{ring:?} {consent_key:?} {wrapped:?} {error} {error:?}");
        let list = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
        for hidden in [key.clone(), text.clone(), list(key.as_bytes()), list(text.as_bytes())] {
            prop_assert!(!printed.contains(&hidden), "{printed}");
        }
        let derived = Entropy::new(bytes).derive(fdx_wire::Label::new("consent key"), 0);
        prop_assert!(!printed.contains(&list(&derived)), "{printed}");
        prop_assert!(sealed.windows(text.len()).all(|part| part != text.as_bytes()));
    }
}

#[test]
fn the_row_names_the_wrapping_key_that_is_missing() {
    let (_, wrapped) = ring(7, &[]).create("t", "c", &entropy(1)).unwrap();
    assert_eq!(wrapped.key_id, 7);
    let error = ring(8, &[9]).unwrap("t", "c", &wrapped).unwrap_err();
    assert_eq!(error, SealError::UnknownKey { id: 7 });
    assert!(error.to_string().contains("the unknown key 7"));
    let renamed = WrappedKey { key_id: 8, ..wrapped };
    assert_eq!(ring(8, &[7]).unwrap("t", "c", &renamed).unwrap_err(), SealError::Unauthentic);
}

/// The rows of `fdx_keys` for the statements of this module, by the words that tell them apart.
#[derive(Default)]
struct Keys(BTreeMap<(String, String), WrappedKey>);

impl Keys {
    fn run<D: Decision>(&mut self, operation: Operation<D>) -> D::Output {
        let mut step = operation.start();
        loop {
            step = match step {
                OperationStep::Perform(running) => {
                    let results = match running.action() {
                        Action::Run(statements) => {
                            statements.iter().map(|statement| self.perform(statement)).collect()
                        }
                        _ => Vec::new(),
                    };
                    running.answered(Ok(results))
                }
                OperationStep::Done(output) => return output.unwrap(),
            };
        }
    }

    fn perform(&mut self, statement: &Statement) -> Rows {
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            value => panic!("{value:?}"),
        };
        let words: Vec<_> = statement.sql().split_whitespace().take(3).collect();
        match (words.as_slice(), statement.parameters()) {
            (["SELECT", "key_id,", "wrapped"], [tenant, consent]) => {
                let key = self.0.get(&(text(tenant), text(consent)));
                Rows::selected(key.into_iter().map(|key| columns(key).to_vec()).collect())
            }
            (["SELECT", "key_id,", "COUNT(*)"], [tenant]) => {
                let mut counts = BTreeMap::new();
                let of_tenant = self.0.iter().filter(|((of, _), _)| *of == text(tenant));
                for (_, key) in of_tenant {
                    *counts.entry(i64::from(key.key_id)).or_insert(0) += 1;
                }
                let rows = counts.into_iter();
                Rows::selected(rows.map(|(id, count)| vec![id.into(), count.into()]).collect())
            }
            (["SELECT", "consent,", "key_id,"], [tenant, id, after, Value::Integer(limit)]) => {
                let matches = |((of, consent), key): &(&(String, String), &WrappedKey)| {
                    *of == text(tenant)
                        && Value::from(i64::from(key.key_id)) == *id
                        && *consent > text(after)
                };
                let rows = self.0.iter().filter(matches).take(*limit as usize);
                let rows = rows.map(|((_, consent), key)| {
                    [&[consent.as_str().into()], columns(key).as_slice()].concat()
                });
                Rows::selected(rows.collect())
            }
            (["UPDATE", "fdx_keys", "SET"], [id, bytes, tenant, consent, old @ ..]) => {
                let row = self.0.get_mut(&(text(tenant), text(consent)));
                let row = row.filter(|key| columns(key) == *old);
                let changed = row.map(|key| *key = key_of(id, bytes));
                Rows::changed(changed.iter().count() as u64)
            }
            (["DELETE", "FROM", "fdx_keys"], [tenant, consent]) => {
                let removed = self.0.remove(&(text(tenant), text(consent)));
                Rows::changed(removed.iter().count() as u64)
            }
            _ => panic!("{}", statement.sql()),
        }
    }

    /// Stores the keys of `count` consents, wrapped by `ring`.
    fn fill(&mut self, ring: &KeyRing, consents: impl Iterator<Item = u32>) {
        for consent in consents {
            let consent = format!("{consent:05}");
            let (_, wrapped) = ring.create("t", &consent, &entropy(1)).unwrap();
            self.0.insert(("t".to_owned(), consent), wrapped);
        }
    }

    /// Opens the key of each consent.
    fn open_all(&self, ring: &KeyRing) -> Vec<Result<(), SealError>> {
        let keys = self.0.iter();
        keys.map(|((tenant, consent), key)| ring.unwrap(tenant, consent, key).map(drop)).collect()
    }
}

fn columns(key: &WrappedKey) -> [Value; 2] {
    [i64::from(key.key_id).into(), key.bytes.clone().into()]
}

fn key_of(id: &Value, bytes: &Value) -> WrappedKey {
    match (id, bytes) {
        (Value::Integer(id), Value::Bytes(bytes)) => {
            WrappedKey { key_id: *id as u32, bytes: bytes.clone() }
        }
        other => panic!("{other:?}"),
    }
}

/// Reseals everything. `between` changes the rows between reading and writing a page.
fn reseal(
    keys: &mut Keys,
    ring: &KeyRing,
    mut between: impl FnMut(&mut Keys),
) -> (Progress, u64, Vec<Damaged>) {
    let counts = keys.run(count_keys("t"));
    let mut resealing = Resealing::new("t", ring, &counts);
    let (mut replaced, mut all_damaged) = (0, Vec::new());
    while let Some(operation) = resealing.read_page() {
        let page = keys.run(operation);
        let (operation, damaged) = resealing.rewrap(page, ring, &entropy(2));
        between(keys);
        replaced += keys.run(operation);
        all_damaged.extend(damaged);
    }
    (resealing.progress(), replaced, all_damaged)
}

#[test]
fn resealing_moves_every_known_key_and_names_the_rest() {
    let mut keys = Keys::default();
    keys.fill(&ring(1, &[]), 0..1100);
    keys.fill(&ring(2, &[]), 1100..1103);
    keys.fill(&ring(3, &[]), 1103..1104);
    keys.fill(&ring(9, &[]), 1104..1106);
    let damaged = keys.0.get_mut(&("t".to_owned(), "00700".to_owned())).unwrap();
    damaged.bytes[40] ^= 1;
    let of_other_tenant = damaged.clone();
    keys.0.insert(("other".to_owned(), "00000".to_owned()), of_other_tenant);

    let newest = ring(3, &[1, 2]);
    let (progress, replaced, damaged) = reseal(&mut keys, &newest, |_| {});
    assert_eq!(progress, Progress { done: 1103, remaining: 0, locked: 2, damaged: 1 });
    assert_eq!(replaced, 1102);
    let expected = Damaged { consent: "00700".to_owned(), error: SealError::Unauthentic };
    assert_eq!(damaged, [expected]);

    // The old keys can go. The keys that they still wrap are named.
    let alone = ring(3, &[]);
    let counts = keys.run(count_keys("t"));
    assert_eq!(counts.iter().collect::<Vec<_>>(), [(1, 1), (3, 1103), (9, 2)]);
    assert_eq!(counts.locked(&alone).collect::<Vec<_>>(), [(1, 1), (9, 2)]);
    let page = keys.run(read_keys("t", 9, None, 1));
    assert_eq!((&*page.entries[0].consent, page.more), ("01104", true));
    let page = keys.run(read_keys("t", 9, Some("01104"), 2));
    assert_eq!((&*page.entries[0].consent, page.more), ("01105", false));
    let opened = keys.open_all(&alone);
    assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), 1103);
    assert_eq!(opened[1105], Err(SealError::UnknownKey { id: 9 }));
}

#[test]
fn resealing_again_or_by_two_changes_nothing() {
    let mut keys = Keys::default();
    keys.fill(&ring(1, &[]), 0..700);
    let newest = ring(2, &[1]);
    // Another process wraps each page between reading and writing it.
    let (progress, replaced, _) = reseal(&mut keys, &newest, |keys| {
        assert!(reseal(keys, &newest, |_| {}).1 <= 700);
    });
    assert_eq!((progress.done, progress.remaining, replaced), (700, 0, 0));
    let before = keys.0.clone();
    let (progress, replaced, _) = reseal(&mut keys, &newest, |_| {});
    assert_eq!((progress.done, replaced), (700, 0));
    assert_eq!(keys.0, before);
    assert!(keys.open_all(&ring(2, &[])).iter().all(Result::is_ok));
}

#[test]
fn resealing_never_replaces_the_key_of_a_consent_that_was_erased_and_imported_again() {
    let mut keys = Keys::default();
    keys.fill(&ring(1, &[]), 0..1);
    let (_, imported) = ring(1, &[]).create("t", "00000", &entropy(3)).unwrap();
    let newest = ring(2, &[1]);
    let mut first = true;
    let (_, replaced, _) = reseal(&mut keys, &newest, |keys| {
        if std::mem::take(&mut first) {
            let place = ("t".to_owned(), "00000".to_owned());
            keys.0.remove(&place);
            keys.0.insert(place, imported.clone());
        }
    });
    assert_eq!((replaced, keys.run(read_key("t", "00000"))), (0, Some(imported)));
}

#[test]
fn a_key_row_is_read_strictly() {
    let mut keys = Keys::default();
    assert_eq!(keys.run(read_key("t", "c")), None);
    for row in [vec![], vec![1.into()], vec![(-1).into(), vec![1_u8].into()]] {
        let rows = Rows::selected(vec![row]);
        assert!(super::keys::read(rows).is_err());
    }
}
