//! The operations of receipts on SQLite.

use fdx_jose::{Algorithm, Jwks, PrivateKey, Signer, backend};
use fdx_rar::{
    ConsentDuration, ConsentReceipt, ConsentRequest, DataCluster, Evidence, ResourceType,
};
use fdx_store::receipts::*;
use fdx_store::{Action, RecordId, RecordKey, Statement, Tenant};
use fdx_store_sqlite::SqliteStore;
use fdx_wire::{Issuer, UnixTime};
use proptest::prelude::*;

const START: u64 = 1_767_607_200;
const DAY: u64 = 86_400;

fn at(seconds: u64) -> UnixTime {
    UnixTime::from_seconds(START + seconds)
}

fn key(tenant: &str, id: &str) -> RecordKey {
    RecordKey::new(Tenant::new(tenant).unwrap(), RecordId::new(id).unwrap())
}

fn receipt() -> ConsentReceipt {
    let requested = ConsentRequest::new(ConsentDuration::time_bound(90).unwrap())
        .resource(ResourceType::Account, [DataCluster::Transactions])
        .build()
        .unwrap();
    let issuer = Issuer::parse("https://bank.example").unwrap();
    let evidence = Evidence::of_pushed_request([7; 32]);
    ConsentReceipt::builder(issuer, "app", requested, at(0), evidence).build()
}

fn draft(seconds: u64, cause: &str, event: Event) -> ReceiptDraft {
    ReceiptDraft::new(at(seconds), Cause::new(cause).unwrap(), event)
}

fn revoked() -> Event {
    Event::Revoked(Revocation::new(RevokedBy::Customer))
}

/// Appends `granted`, then further events, one a day.
fn append_all(store: &mut SqliteStore, key: &RecordKey, events: Vec<Event>) -> Head {
    let granted = draft(0, "flow", Event::granted(receipt()));
    let mut head = store.run(append(key.clone(), granted)).unwrap();
    for (number, event) in (1..).zip(events) {
        let draft = draft(number * DAY, &format!("cause-{number}"), event);
        head = store.run(append(key.clone(), draft)).unwrap();
    }
    head
}

fn all_heads(
    store: &mut SqliteStore,
    scope: &Scope,
    as_of: Option<UnixTime>,
    limit: u16,
) -> Vec<Head> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.run(heads(scope.clone(), after, as_of, limit)).unwrap();
        found.extend(page.heads);
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

fn all_entries(store: &mut SqliteStore, key: &RecordKey, limit: u16) -> Vec<StoredEntry> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let page = store.run(history(key.clone(), after, limit)).unwrap();
        found.extend(page.entries);
        match page.next {
            Some(next) => after = next,
            None => return found,
        }
    }
}

fn export(store: &mut SqliteStore, scope: &Scope, roots: &[SignedRoot]) -> String {
    let header = ExportHeader {
        contents: Contents::Entries,
        scope: scope.clone(),
        exported_at: at(0),
        keys: None,
    };
    let (mut writer, mut text) = ExportWriter::begin(header);
    for root in roots {
        text += &writer.root(root).unwrap();
    }
    for head in all_heads(store, scope, None, 2) {
        text += &writer.head(&head).unwrap();
        for entry in all_entries(store, &head.key, 2) {
            text += &writer.entry(&entry).unwrap().unwrap_or_default();
        }
    }
    text + &writer.end()
}

fn verify(text: &str, keys: Option<Jwks>) -> Result<Export, ExportError> {
    let mut verifier = ExportVerifier::new(backend::ring(), keys);
    for line in text.lines() {
        verifier.line(line)?;
    }
    verifier.finish()
}

/// What a party does that can write to the database.
fn execute(store: &mut SqliteStore, statement: Statement) {
    store.perform(&Action::Begin).unwrap();
    let results = store.perform(&Action::Run(vec![statement])).unwrap();
    assert!(results[0].changed > 0);
    store.perform(&Action::Commit).unwrap();
}

/// Three chains of two tenants.
fn filled() -> (SqliteStore, [RecordKey; 3]) {
    let mut store = SqliteStore::in_memory().unwrap();
    let keys = [key("a", "1"), key("a", "2"), key("b", "1")];
    append_all(&mut store, &keys[0], vec![revoked(), Event::Erased {}]);
    append_all(&mut store, &keys[1], vec![]);
    append_all(&mut store, &keys[2], vec![Event::Expired {}]);
    (store, keys)
}

#[test]
fn an_append_can_be_repeated_at_any_time() {
    let (mut store, [first, ..]) = filled();
    let before = all_entries(&mut store, &first, 100);
    let granted = draft(5, "flow", Event::granted(receipt()));
    let head = store.run(append(first.clone(), granted)).unwrap();
    assert_eq!(head.sequence, 1, "the entry that has this kind and cause");
    assert_eq!(all_entries(&mut store, &first, 100), before);
    let again = draft(5, "flow", Event::Expired {});
    assert_eq!(store.run(append(first, again)).unwrap().sequence, 4, "another kind");
}

#[test]
fn pages_of_any_size_have_every_row_once_and_in_order() {
    let (mut store, keys) = filled();
    let expected: Vec<_> = all_heads(&mut store, &Scope::All, None, 1000);
    assert_eq!(
        expected.iter().map(|head| &head.key).collect::<Vec<_>>(),
        keys.iter().collect::<Vec<_>>()
    );
    assert_eq!(expected.iter().map(|head| head.sequence).collect::<Vec<_>>(), [3, 1, 2]);
    for limit in 1..5 {
        assert_eq!(all_heads(&mut store, &Scope::All, None, limit), expected);
        let of_tenant = Scope::Tenant(Tenant::new("a").unwrap());
        assert_eq!(all_heads(&mut store, &of_tenant, None, limit), expected[..2]);
        let entries = all_entries(&mut store, &keys[0], limit);
        assert_eq!(entries.iter().map(|it| it.sequence).collect::<Vec<_>>(), [1, 2, 3]);
        let mut chain = ChainVerifier::new(keys[0].clone());
        for entry in &entries {
            chain.check_row(entry).unwrap();
        }
        assert_eq!(chain.check_head(&expected[0]), Ok(()));
    }
    let early = all_heads(&mut store, &Scope::All, Some(at(1)), 2);
    assert_eq!(early.iter().map(|head| head.sequence).collect::<Vec<_>>(), [1, 1, 1]);
    assert!(all_heads(&mut store, &Scope::All, Some(at(0)), 2).is_empty());
}

/// The end of a day, its root, and an export with it some days later.
#[test]
fn a_database_is_exported_with_its_roots_and_manipulations_are_found() {
    let signing =
        PrivateKey::generate(backend::ring(), Algorithm::EdDsa, Some("roots")).unwrap().key;
    let keys = || Some(Jwks::new(vec![signing.public().clone()]));
    let (mut store, consents) = filled();
    let as_of = at(2 * DAY);
    let mut root = RootDraft::new(Scope::All, as_of, None);
    for head in all_heads(&mut store, &Scope::All, Some(as_of), 2) {
        root.push(&head).unwrap();
    }
    let root = root.finish(signing.public(), as_of + ROOT_DELAY).unwrap();
    let root = root.attach(&signing.sign(root.signing_input()).unwrap()).unwrap();
    let roots = core::slice::from_ref(&root);
    assert_eq!(store.run(last_root(&Scope::All)).unwrap(), None);
    for _ in 0..2 {
        assert_eq!(store.run(keep_root(&root)).unwrap(), RootKept::Newest);
    }
    assert_eq!(store.run(last_root(&Scope::All)).unwrap().as_deref(), Some(root.as_str()));
    let next = RootDraft::new(Scope::All, at(3 * DAY), Some(&root));
    let next = next.finish(signing.public(), at(9 * DAY)).unwrap();
    let next = next.attach(&signing.sign(next.signing_input()).unwrap()).unwrap();
    assert_eq!(store.run(keep_root(&next)).unwrap(), RootKept::Newest);
    assert_eq!(store.run(keep_root(&root)).unwrap(), RootKept::Overtaken);
    let later = draft(9 * DAY, "later", Event::Erased {});
    store.run(append(consents[1].clone(), later)).unwrap();

    let whole = verify(&export(&mut store, &Scope::All, roots), keys()).unwrap();
    assert_eq!((whole.counts.chains, whole.counts.entries), (3, 7));
    assert_eq!((whole.roots[0].counts.chains, whole.roots[0].counts.entries), (3, 5));
    let of_tenant = Scope::Tenant(Tenant::new("b").unwrap());
    let part = verify(&export(&mut store, &of_tenant, &[]), None).unwrap();
    assert_eq!((part.counts.chains, part.counts.entries), (1, 2));

    let changed = Statement::new(
        "UPDATE fdx_receipts SET entry = $1 WHERE tenant = $2 AND consent = $3 AND sequence = $4",
    );
    let entry = &all_entries(&mut store, &consents[0], 9)[1].json;
    let by_other = entry.replace(r#""by":"customer""#, r#""by":"institution""#);
    let change = |entry: &str| changed.clone().with(entry).with("a").with("1").with(2);
    execute(&mut store, change(&by_other));
    let error = verify(&export(&mut store, &Scope::All, roots), keys()).unwrap_err();
    let ExportFault::Chain(error) = error.fault else { panic!("it is about a chain") };
    assert_eq!((error.key, error.sequence), (consents[0].clone(), 3));
    execute(&mut store, change(entry));
    assert!(verify(&export(&mut store, &Scope::All, roots), keys()).is_ok());

    let cut = Statement::new("DELETE FROM fdx_receipts WHERE tenant = $1 AND sequence = $2");
    execute(&mut store, cut.with("b").with(2));
    let cut = export(&mut store, &Scope::All, &[]);
    assert!(verify(&cut, None).is_ok(), "a chain alone does not show that its end is missing");
    let error = verify(&export(&mut store, &Scope::All, roots), keys()).unwrap_err();
    assert!(matches!(error.fault, ExportFault::RootDiffers { .. }));
}

#[test]
fn deletes_whole_chains_after_their_retention_in_batches() {
    let mut store = SqliteStore::in_memory().unwrap();
    let (ended, newer) = (key("a", "old"), key("a", "renewal"));
    let link = |it: fn(RecordId) -> Renewal, key: &RecordKey| it(key.id.clone());
    let renewed_by = Event::renewed(receipt(), link(Renewal::RenewedBy, &newer));
    append_all(&mut store, &ended, vec![renewed_by, revoked()]);
    let renews = Event::renewed(receipt(), link(Renewal::Renews, &ended));
    let renewal = draft(DAY, "new-flow", renews);
    store.run(append(newer.clone(), renewal)).unwrap();
    append_all(&mut store, &key("a", "x"), vec![revoked()]);
    append_all(&mut store, &key("b", "x"), vec![revoked()]);
    let heads = all_heads(&mut store, &Scope::All, None, 10);

    let delete = |store: &mut SqliteStore, days: u64, limit: u16| {
        let (mut deleted, mut after) = (Vec::new(), None);
        loop {
            let tenant = Tenant::new("a").unwrap();
            let policy = RetentionPolicy::UNITED_STATES;
            let batch = delete_ended(tenant, policy, after, at(days * DAY), limit);
            let batch = store.run(batch).unwrap();
            assert!(batch.unverified.is_empty());
            deleted.extend(batch.chains.into_iter().map(|head| head.key.id));
            after = batch.next;
            if after.is_none() {
                return deleted.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>();
            }
        }
    };
    assert!(delete(&mut store, 1097, 2).is_empty());
    assert_eq!(delete(&mut store, 1098, 1), ["x"]);
    // The end of both is reached, and the renewal keeps the chain before it for one batch more.
    assert_eq!(delete(&mut store, 1200, 1), ["renewal"]);
    assert_eq!(delete(&mut store, 1200, 1), ["old"]);
    assert_eq!(all_heads(&mut store, &Scope::All, None, 10), heads[3..]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Appends to several chains, each repeated at random.
    #[test]
    fn any_appends_result_in_chains_that_verify(
        appends in prop::collection::vec((0..3_u8, 0..4_u8, 0..3_u8, 0..9_u64), 1..20),
    ) {
        let mut store = SqliteStore::in_memory().unwrap();
        let mut expected = std::collections::BTreeSet::new();
        for (consent, cause, kind, seconds) in appends {
            let event = match kind {
                0 => Event::Expired {},
                1 => Event::Erased {},
                _ => revoked(),
            };
            expected.insert((consent, cause, event.kind()));
            let key = key("a", &consent.to_string());
            store.run(append(key, draft(seconds, &cause.to_string(), event))).unwrap();
        }
        let export = verify(&export(&mut store, &Scope::All, &[]), None).unwrap();
        prop_assert_eq!(export.counts.entries, expected.len() as u64);
    }
}
