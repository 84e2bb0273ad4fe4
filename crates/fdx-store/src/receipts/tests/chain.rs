use proptest::prelude::*;
use proptest::sample::Index;

use super::support::*;
use crate::receipts::*;

fn drafts() -> impl Strategy<Value = Vec<ReceiptDraft>> {
    prop::collection::vec(draft(), 1..6)
}

fn texts(entries: &[ReceiptEntry]) -> Vec<String> {
    entries.iter().map(|entry| entry.canonical_json().to_owned()).collect()
}

/// Whether the error names the record, and the entry at this place or the one after it.
fn names(error: &ChainError, place: usize) -> bool {
    let number = place as u64 + 1;
    error.key == key("c") && (error.sequence == number || error.sequence == number + 1)
}

proptest! {
    #[test]
    fn any_chain_of_events_verifies(drafts in drafts()) {
        let entries = chain(&key("c"), &drafts);
        let verified = verify_chain(&key("c"), texts(&entries)).unwrap();
        prop_assert_eq!(verified.head, Some(head(&entries)));
        let earlier = entries.windows(2).filter(|pair| pair[1].at() < pair[0].at());
        let earlier: Vec<_> = earlier.map(|pair| pair[1].sequence()).collect();
        prop_assert_eq!(verified.earlier_than_previous, earlier);
        let mut rows = ChainVerifier::new(key("c"));
        for entry in &entries {
            prop_assert_eq!(&rows.check_row(&row(entry)).unwrap(), entry);
        }
        prop_assert_eq!(rows.check_head(&head(&entries)), Ok(()));
    }

    #[test]
    fn any_changed_byte_is_found_and_its_record_named(
        drafts in drafts(), place: Index, at: Index, byte: u8,
    ) {
        let entries = chain(&key("c"), &drafts);
        let mut lines: Vec<_> = texts(&entries).into_iter().map(String::into_bytes).collect();
        let place = place.index(lines.len());
        let at = at.index(lines[place].len());
        prop_assume!(lines[place][at] != byte);
        lines[place][at] = byte;
        let lines: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
        let mut chain = ChainVerifier::new(key("c"));
        let checked = lines.iter().try_for_each(|line| chain.check(line).map(|_| ()));
        let checked = checked.and_then(|()| chain.check_head(&head(&entries)));
        prop_assert!(names(&checked.unwrap_err(), place));
    }

    #[test]
    fn removed_repeated_and_moved_entries_are_found(drafts in drafts(), one: Index, other: Index) {
        let entries = chain(&key("c"), &drafts);
        let lines = texts(&entries);
        let (one, other) = (one.index(lines.len()), other.index(lines.len()));
        let check = |lines: &[String]| {
            let mut chain = ChainVerifier::new(key("c"));
            lines.iter().try_for_each(|line| chain.check(line).map(|_| ()))?;
            chain.check_head(&head(&entries))
        };
        let mut removed = lines.clone();
        removed.remove(one);
        prop_assert!(names(&check(&removed).unwrap_err(), one));
        let mut repeated = lines.clone();
        repeated.insert(one, lines[one].clone());
        prop_assert!(names(&check(&repeated).unwrap_err(), one));
        if one != other {
            let mut moved = lines.clone();
            moved.swap(one, other);
            prop_assert!(names(&check(&moved).unwrap_err(), one.min(other)));
        }
    }

    /// Each column of a row is compared with the entry.
    #[test]
    fn rows_whose_columns_differ_are_found(draft in draft(), column in 0..5) {
        let entries = chain(&key("c"), &[draft]);
        let mut row = row(&entries[0]);
        match column {
            0 => row.sequence += 1,
            1 => row.at = at(1_000_000),
            2 => row.kind.push('x'),
            3 => row.cause.push('x'),
            _ => row.digest.push('x'),
        }
        let error = ChainVerifier::new(key("c")).check_row(&row).unwrap_err();
        prop_assert_eq!(error, ChainError { key: key("c"), sequence: 1, fault: ChainFault::Columns });
    }
}

fn three() -> Vec<ReceiptEntry> {
    let draft = |place: u64| ReceiptDraft::new(at(place), cause("x"), Event::Expired {});
    chain(&key("c"), &[draft(0), draft(1), draft(2)])
}

fn fault(entries: &[ReceiptEntry]) -> (u64, ChainFault) {
    let error = verify_chain(&key("c"), texts(entries)).unwrap_err();
    assert_eq!(error.key, key("c"));
    (error.sequence, error.fault)
}

#[test]
fn each_manipulation_has_its_own_fault() {
    let [first, second, third] = three().try_into().unwrap();
    let of_other = chain(&key("other"), &[ReceiptDraft::new(at(0), cause("x"), Event::Erased {})]);
    let changed = ReceiptDraft::new(at(9), cause("y"), Event::Erased {});
    let changed = ReceiptEntry::new(&key("c"), Some((1, first.digest())), &changed).unwrap();
    let all =
        |entries: &[&ReceiptEntry]| fault(&entries.iter().copied().cloned().collect::<Vec<_>>());
    assert_eq!(all(&[&second]), (1, ChainFault::Gap { actual: 2 }));
    assert_eq!(all(&[&first, &third]), (2, ChainFault::Gap { actual: 3 }));
    assert_eq!(all(&[&first, &second, &second]), (3, ChainFault::Gap { actual: 2 }));
    assert_eq!(all(&[&first, &changed, &third]), (3, ChainFault::Previous));
    assert_eq!(all(&of_other.iter().collect::<Vec<_>>()), (1, ChainFault::OtherConsent));
}

#[test]
fn a_chain_is_compared_with_its_head() {
    let entries = three();
    let mut chain = ChainVerifier::new(key("c"));
    let compared = |sequence| {
        let error = chain.check_head(&Head { sequence, ..head(&entries) }).unwrap_err();
        (error.sequence, error.fault)
    };
    assert_eq!(compared(3), (1, ChainFault::Missing));
    for entry in &entries[..2] {
        chain.check(entry.canonical_json()).unwrap();
    }
    let compared = |sequence| {
        let error = chain.check_head(&Head { sequence, ..head(&entries) }).unwrap_err();
        (error.sequence, error.fault)
    };
    assert_eq!(compared(3), (3, ChainFault::Missing));
    assert_eq!(compared(2), (2, ChainFault::Head));
    assert_eq!(compared(1), (2, ChainFault::AfterHead));
    assert_eq!(chain.check_head(&head(&entries[..2])), Ok(()));
}

#[test]
fn an_entry_of_the_same_second_is_not_earlier() {
    let draft = |seconds| ReceiptDraft::new(at(seconds), cause("x"), Event::Expired {});
    let entries = chain(&key("c"), &[draft(5), draft(5), draft(4)]);
    let verified = verify_chain(&key("c"), texts(&entries)).unwrap();
    assert_eq!(verified.earlier_than_previous, [3]);
}

#[test]
fn errors_name_tenant_consent_and_number() {
    let entries = three();
    let error = verify_chain(&key("c"), texts(&entries[1..])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "receipt 1 of consent c of tenant default: the entry in its place has the number 2: \
         entries are missing, repeated or moved"
    );
    assert_eq!(error.fault.code(), "receipts.chain.gap");
}
