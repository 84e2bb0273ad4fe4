use proptest::prelude::*;
use proptest::sample::Index;

use super::entry::VECTOR;
use super::support::*;
use crate::Tenant;
use crate::receipts::*;

const LATER: u64 = 300_000;

/// An export of these chains with one root over all of them, and its key.
fn with_root(chains: &[Vec<ReceiptEntry>]) -> (Vec<String>, SignedRoot, fdx_jose::Jwks) {
    let signing = signing_key();
    let root = signed_root(&signing, at(LATER), None, chains);
    let lines = export(header(Contents::Entries), core::slice::from_ref(&root), chains);
    (lines, root, keys(&signing))
}

/// The place of a chain and of an entry within it, from any number.
fn place(chains: &[Vec<ReceiptEntry>], index: Index) -> (usize, usize) {
    let places = (0..)
        .zip(chains)
        .flat_map(|(chain, entries)| (0..entries.len()).map(move |entry| (chain, entry)));
    let places: Vec<_> = places.collect();
    places[index.index(places.len())]
}

fn chain_error(error: ExportError) -> Option<ChainError> {
    match error.fault {
        ExportFault::Chain(error) => Some(error),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_export_verifies_alone_and_in_order(chains in chains()) {
        let (lines, root, keys) = with_root(&chains);
        let export = verify(&lines, Some(keys)).unwrap();
        prop_assert_eq!(export.roots, vec![root.root().clone()]);
        prop_assert_eq!(export.counts, root.root().counts);
        prop_assert_eq!(export.keys, KeySource::Caller);
        let entries: Vec<_> = lines.iter().filter(|line| line.starts_with(r#"{"at""#)).collect();
        let expected: Vec<_> = chains.iter().flatten().map(ReceiptEntry::canonical_json).collect();
        prop_assert_eq!(entries, expected);
    }

    #[test]
    fn any_changed_byte_of_any_line_is_found(
        chains in chains(), line: Index, at_byte: Index, byte: u8,
    ) {
        let (lines, _, keys) = with_root(&chains);
        let mut lines: Vec<_> = lines.into_iter().map(String::into_bytes).collect();
        let line = line.index(lines.len());
        let at_byte = at_byte.index(lines[line].len());
        prop_assume!(lines[line][at_byte] != byte);
        lines[line][at_byte] = byte;
        let lines: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
        // The time of the export is the only statement that nothing else in the file confirms.
        if let Ok(export) = verify(&lines, Some(keys)) {
            prop_assert_eq!(line, 0);
            prop_assert_ne!(export.header.exported_at, header(Contents::Entries).exported_at);
        }
    }

    #[test]
    fn a_changed_entry_is_named(chains in chains(), which: Index, at_byte: Index, byte: u8) {
        let (chain, entry) = place(&chains, which);
        let (lines, _, keys) = with_root(&chains);
        let json = chains[chain][entry].canonical_json();
        let line = lines.iter().position(|line| line == json).unwrap();
        let mut bytes = lines[line].clone().into_bytes();
        let at_byte = at_byte.index(bytes.len());
        prop_assume!(bytes[at_byte] != byte);
        bytes[at_byte] = byte;
        let mut lines = lines;
        lines[line] = String::from_utf8_lossy(&bytes).into_owned();
        let error = verify(&lines, Some(keys)).unwrap_err();
        let error = chain_error(error).unwrap();
        prop_assert_eq!(error.key, chains[chain][0].key());
        let number = entry as u64 + 1;
        prop_assert!((number..=number + 1).contains(&error.sequence));
    }

    #[test]
    fn a_removed_or_moved_line_is_found(chains in chains(), one: Index, other: Index) {
        let (lines, _, keys) = with_root(&chains);
        let (one, other) = (one.index(lines.len()), other.index(lines.len()));
        let mut removed = lines.clone();
        removed.remove(one);
        // An export may have any number of roots: its reader says which one is expected.
        let is_root = lines[one].starts_with(r#"{"root""#);
        let verified = verify(&removed, Some(keys.clone()));
        prop_assert_eq!(verified.is_ok(), is_root);
        if one != other {
            let mut moved = lines.clone();
            moved.swap(one, other);
            prop_assert!(verify(&moved, Some(keys)).is_err());
        }
    }

    #[test]
    fn a_removed_entry_is_named(chains in chains(), which: Index) {
        let (chain, entry) = place(&chains, which);
        let (mut lines, _, keys) = with_root(&chains);
        lines.retain(|line| line != chains[chain][entry].canonical_json());
        let error = chain_error(verify(&lines, Some(keys)).unwrap_err()).unwrap();
        prop_assert_eq!(error.key, chains[chain][0].key());
        prop_assert_eq!(error.sequence, entry as u64 + 1);
    }

    /// Without a root, the export of a party that removes the end of a chain verifies.
    #[test]
    fn a_removed_tail_is_found_by_the_root_and_named_by_its_heads(
        chains in chains(), which: Index,
    ) {
        let (chain, entry) = place(&chains, which);
        let (_, root, keys) = with_root(&chains);
        let mut cut = chains.clone();
        cut[chain].truncate(entry);
        cut.retain(|chain| !chain.is_empty());
        prop_assert!(verify(&export(header(Contents::Entries), &[], &cut), None).is_ok());

        let lines = export(header(Contents::Entries), core::slice::from_ref(&root), &cut);
        let fault = verify(&lines, Some(keys.clone())).unwrap_err().fault;
        let differs = matches!(fault, ExportFault::RootDiffers { .. });
        prop_assert!(differs);

        let heads = export(header(Contents::Heads), &[root], &chains);
        let mut earlier = EarlierHeads::new();
        let mut verifier = ExportVerifier::new(fdx_jose::backend::ring(), Some(keys));
        for line in &heads {
            if let ExportLine::Head(head) = verifier.line(line).unwrap() {
                earlier.add(head);
            }
        }
        verifier.finish().unwrap();
        for entry in cut.iter().flatten() {
            earlier.check(entry).unwrap();
        }
        let result = earlier.finish();
        if entry == 0 {
            prop_assert_eq!(result.unwrap(), vec![head(&chains[chain])]);
        } else {
            let error = result.unwrap_err();
            prop_assert_eq!(error.key, chains[chain][0].key());
            prop_assert_eq!((error.sequence, error.fault), (entry as u64 + 1, ChainFault::Missing));
        }
    }

    /// All digests from the changed entry on are computed anew.
    #[test]
    fn a_rewritten_chain_is_found_by_the_root_and_named_by_its_heads(
        chains in chains(), which: Index, other in draft(),
    ) {
        let (place, entry) = place(&chains, which);
        let (_, root, keys) = with_root(&chains);
        let key = chains[place][0].key();
        let mut drafts: Vec<_> = chains[place]
            .iter()
            .map(|it| ReceiptDraft::new(it.at(), it.cause().clone(), it.event().clone()))
            .collect();
        prop_assume!(other.event != drafts[entry].event);
        drafts[entry] = ReceiptDraft { at: drafts[entry].at, ..other };
        let mut rewritten = chains.clone();
        rewritten[place] = chain(&key, &drafts);
        let lines = export(header(Contents::Entries), core::slice::from_ref(&root), &rewritten);
        let fault = verify(&lines, Some(keys)).unwrap_err().fault;
        let differs = matches!(fault, ExportFault::RootDiffers { .. });
        prop_assert!(differs);
        let mut earlier = EarlierHeads::new();
        earlier.add(head(&chains[place]));
        let named = rewritten[place].iter().find_map(|entry| earlier.check(entry).err()).unwrap();
        let sequence = chains[place].len() as u64;
        prop_assert_eq!(named, ChainError { key, sequence, fault: ChainFault::Head });
    }

    /// A later export has more entries and more chains.
    #[test]
    fn a_root_covers_the_entries_before_its_time(chains in chains(), seconds in 0..LATER) {
        let signing = signing_key();
        let first = signed_root(&signing, at(seconds), None, &chains);
        let second = signed_root(&signing, at(LATER), Some(&first), &chains);
        let lines = export(header(Contents::Entries), &[first, second], &chains);
        prop_assert!(verify(&lines, Some(keys(&signing))).is_ok());
    }
}

fn two_chains() -> Vec<Vec<ReceiptEntry>> {
    let draft = |seconds| ReceiptDraft::new(at(seconds), cause("x"), Event::Expired {});
    vec![chain(&key("a"), &[draft(0), draft(1)]), chain(&key("b"), &[draft(2)])]
}

#[test]
fn the_export_is_json_lines_in_canonical_form() {
    let lines = export(header(Contents::Entries), &[], &two_chains());
    assert_eq!(
        lines[0],
        r#"{"header":{"contents":"entries","exportedAt":"2026-01-05T10:00:00Z","format":"fdx-consent-receipts","version":1}}"#
    );
    let digest = two_chains()[0][1].digest();
    assert_eq!(
        lines[1],
        format!(
            r#"{{"head":{{"consent":"a","digest":"{digest}","sequence":2,"tenant":"default"}}}}"#
        )
    );
    assert_eq!(lines[2], two_chains()[0][0].canonical_json());
    let heads = Digest::of(
        two_chains().iter().map(|it| head(it).canonical_json() + "\n").collect::<String>(),
    );
    assert_eq!(lines[6], format!(r#"{{"end":{{"chains":2,"entries":3,"heads":"{heads}"}}}}"#));
    assert_eq!(lines.len(), 7);
}

/// The digests were computed by another program.
#[test]
fn an_export_of_another_program_verifies() {
    let mut lines = vec![
        r#"{"header":{"contents":"entries","exportedAt":"2026-01-05T11:00:00Z","format":"fdx-consent-receipts","version":1}}"#,
        r#"{"head":{"consent":"flow-1","digest":"Tipl7rqEaTh4p1uQlkiaqE1r4BIaQeCuEv3LnyAo8qs","sequence":3,"tenant":"default"}}"#,
    ];
    lines.extend(VECTOR.map(|(entry, _)| entry));
    lines.push(
        r#"{"end":{"chains":1,"entries":3,"heads":"92cb0mOBl-AnriRLwmT9mQevewv74z_-KXZXOpaJedk"}}"#,
    );
    let export = verify(&lines, None).unwrap();
    assert_eq!((export.counts.chains, export.counts.entries), (1, 3));
}

#[test]
fn roots_need_the_keys_of_the_caller_or_of_the_export() {
    let (signing, other) = (signing_key(), signing_key());
    let root = signed_root(&signing, at(LATER), None, &two_chains());
    let roots = core::slice::from_ref(&root);
    let with_keys =
        |keys| export(ExportHeader { keys, ..header(Contents::Entries) }, roots, &two_chains());
    let own = with_keys(Some(keys(&signing)));
    assert_eq!(verify(&own, None).unwrap().keys, KeySource::Export);
    let callers = verify(&own, Some(keys(&signing))).unwrap();
    assert_eq!(callers.keys, KeySource::Caller);
    assert_eq!(callers.header.keys.unwrap().keys().len(), 1);
    let fault = |lines: &[String], keys| verify(lines, keys).unwrap_err().fault;
    assert!(matches!(fault(&own, Some(keys(&other))), ExportFault::Root(RootError::Jws(_))));
    assert_eq!(fault(&with_keys(None), None), ExportFault::Keys);
}

#[test]
fn each_manipulation_of_a_file_has_its_own_fault() {
    let chains = two_chains();
    let signing = signing_key();
    let first = signed_root(&signing, at(1), None, &chains);
    let second = signed_root(&signing, at(LATER), Some(&first), &chains);
    let lines = export(header(Contents::Entries), &[first.clone(), second.clone()], &chains);
    let keys = keys(&signing);
    let check =
        |lines: &[String]| verify(lines, Some(keys.clone())).map_err(|it| (it.line, it.fault));
    assert!(check(&lines).is_ok());
    let without = |place: usize| {
        let mut lines = lines.clone();
        lines.remove(place);
        lines
    };
    assert_eq!(check(&[]).unwrap_err(), (1, ExportFault::CutOff));
    assert_eq!(check(&without(8)).unwrap_err(), (9, ExportFault::CutOff));
    assert_eq!(check(&without(0)).unwrap_err(), (1, ExportFault::Line));
    let follows = ExportFault::Root(RootError::Previous);
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    assert_eq!(check(&swapped).unwrap_err(), (3, follows));
    let cut = export(header(Contents::Entries), &[], &chains[..1]);
    let mut counted = cut.clone();
    *counted.last_mut().unwrap() = lines[8].clone();
    assert_eq!(check(&counted).unwrap_err(), (5, ExportFault::Counts));
    let mut twice = lines.clone();
    twice.splice(6..6, lines[3..6].iter().cloned());
    assert_eq!(check(&twice).unwrap_err(), (7, ExportFault::Order));
    let mut more = lines.clone();
    more.insert(6, lines[5].clone());
    let (line, fault) = check(&more).unwrap_err();
    let after = ChainError { key: key("a"), sequence: 3, fault: ChainFault::AfterHead };
    assert_eq!((line, fault), (7, ExportFault::Chain(after)));
    let mut after_end = lines.clone();
    after_end.push(lines[8].clone());
    assert_eq!(check(&after_end).unwrap_err(), (10, ExportFault::Line));

    let mut spaced = lines.clone();
    spaced[3] = spaced[3].replacen(r#""a","#, r#""a", "#, 1);
    assert_eq!(check(&spaced).unwrap_err(), (4, ExportFault::Line));

    let tenant = Tenant::default();
    let scoped = ExportHeader { scope: Scope::Tenant(tenant), ..header(Contents::Entries) };
    let mut of_tenant = export(scoped, &[], &chains);
    assert!(check(&of_tenant).is_ok());
    of_tenant.insert(1, lines[1].clone());
    assert_eq!(check(&of_tenant).unwrap_err(), (2, ExportFault::RootScope));
    let mut of_heads = export(header(Contents::Heads), &[], &chains);
    of_heads.insert(2, lines[4].clone());
    assert_eq!(check(&of_heads).unwrap_err(), (3, ExportFault::Line));
}

#[test]
fn no_line_is_verified_after_an_error() {
    let lines = export(header(Contents::Entries), &[], &two_chains());
    let mut verifier = ExportVerifier::new(fdx_jose::backend::ring(), None);
    assert!(verifier.line("").is_err());
    for line in &lines {
        assert!(verifier.line(line).is_err());
    }
    assert_eq!(verifier.finish().unwrap_err().fault, ExportFault::CutOff);
}

#[test]
fn the_writer_keeps_the_order_and_leaves_out_later_entries() {
    let chains = two_chains();
    let begin = |contents| ExportWriter::begin(header(contents)).0;
    let mut writer = begin(Contents::Entries);
    writer.head(&head(&chains[0][..1])).unwrap();
    assert!(writer.entry(&row(&chains[0][0])).unwrap().is_some());
    assert_eq!(writer.entry(&row(&chains[0][1])), Ok(None));
    assert_eq!(writer.head(&head(&chains[0])), Err(WriteError::Order));
    let none = Head { sequence: 0, ..head(&chains[1]) };
    assert_eq!(writer.head(&none), Err(WriteError::Order));
    let root = signed_root(&signing_key(), at(LATER), None, &chains);
    assert_eq!(writer.root(&root), Err(WriteError::Root));
    let mut heads = begin(Contents::Heads);
    assert_eq!(heads.entry(&row(&chains[0][0])), Err(WriteError::Contents));
    let other = Scope::Tenant(Tenant::new("other").unwrap());
    let scoped = ExportHeader { scope: other, ..header(Contents::Heads) };
    let mut scoped = ExportWriter::begin(scoped).0;
    assert_eq!(scoped.root(&root), Err(WriteError::Root));
    assert_eq!(scoped.head(&head(&chains[0])), Err(WriteError::Order));
}
