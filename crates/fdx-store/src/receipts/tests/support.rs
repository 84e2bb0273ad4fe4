//! Strategies and helpers for the tests of receipts.

use fdx_jose::{Algorithm, Jwks, PrivateKey, Signer, backend};
use fdx_rar::{
    ConsentDuration, ConsentGrant, ConsentId, ConsentReceipt, ConsentRequest, ConsentStatus,
    DataCluster, Evidence, GrantedResource, PartyType, ResourceType, RevocationReason, Scopes,
    Timestamp,
};
use fdx_wire::{Issuer, UnixTime};
use proptest::prelude::*;

use crate::receipts::*;
use crate::{RecordId, RecordKey, Tenant};

pub(super) const START: u64 = 1_767_607_200;

pub(super) fn at(seconds: u64) -> UnixTime {
    UnixTime::from_seconds(START + seconds)
}

pub(super) fn key(id: &str) -> RecordKey {
    RecordKey::new(Tenant::default(), RecordId::new(id).unwrap())
}

pub(super) fn cause(text: &str) -> Cause {
    Cause::new(text).unwrap()
}

/// A receipt with these granted resources, each with its clusters, and these scopes.
pub(super) fn receipt(granted: Option<&[(&str, &[&str])]>, scopes: &str) -> ConsentReceipt {
    let request = ConsentRequest::new(ConsentDuration::time_bound(90).unwrap())
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .build()
        .unwrap();
    let issuer = Issuer::parse("https://bank.example").unwrap();
    let evidence = Evidence::of_pushed_request([7; 32]);
    let receipt = ConsentReceipt::builder(issuer, "app-1", request, at(0), evidence)
        .granted_scopes(Scopes::parse(scopes).unwrap());
    let id = ConsentId::parse("c-1").unwrap();
    let mut grant = ConsentGrant::new(id, ConsentStatus::Active);
    if let Some(granted) = granted {
        let resource = |(id, clusters): &(&str, &[&str])| {
            let clusters = clusters.iter().map(|cluster| DataCluster::parse(cluster));
            GrantedResource::new(ResourceType::Account, id, clusters)
        };
        grant = grant.with_resources(granted.iter().map(resource).collect());
    }
    receipt.grant(&grant).build()
}

pub(super) fn any_receipt() -> impl Strategy<Value = ConsentReceipt> {
    let cluster = prop::sample::select(vec!["ACCOUNT_BASIC", "TRANSACTIONS", "BALANCES", "NEW"]);
    let resource =
        (prop::sample::select(vec!["a", "b", "\u{e4}"]), prop::collection::vec(cluster, 0..4));
    let resources = prop::option::of(prop::collection::vec(resource, 0..4));
    (resources, "([!#-Z]{1,3} ){0,3}").prop_map(|(resources, scopes)| {
        let resources = resources.as_ref().map(|list| {
            list.iter().map(|(id, clusters)| (*id, clusters.as_slice())).collect::<Vec<_>>()
        });
        receipt(resources.as_deref(), &scopes)
    })
}

/// Names that are known or not, of any length.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["USER_ACTION|INDIVIDUAL|revoked|DATA_PROVIDER", "\\PC{0,300}"]
}

pub(super) fn outcome() -> impl Strategy<Value = Option<PartOutcome>> {
    use PartOutcome as Is;
    prop::option::of(prop::sample::select(vec![
        Is::Absent,
        Is::AlreadyEnded,
        Is::NoResponse,
        Is::NotFound,
        Is::Refused,
        Is::Requested,
        Is::Revoked,
        Is::Unsupported,
    ]))
}

fn revocation() -> impl Strategy<Value = Revocation> {
    let by = prop::sample::select(vec![
        RevokedBy::Customer,
        RevokedBy::Recipient,
        RevokedBy::Institution,
    ]);
    let names = (prop::option::of(name()), prop::option::of(name()));
    (by, names, outcome(), outcome(), outcome()).prop_map(|(by, names, api, refresh, access)| {
        Revocation {
            by,
            reason: names.0.as_deref().map(RevocationReason::parse),
            initiator: names.1.as_deref().map(PartyType::parse),
            consent_api: api,
            refresh_token: refresh,
            access_token: access,
        }
    })
}

fn change() -> impl Strategy<Value = InstitutionChange> {
    let expiration = prop_oneof![
        (0..4_000_000_000_u64).prop_map(|it| Timestamp::from(UnixTime::from_seconds(it))),
        "\\PC{1,300}".prop_map(|text| Timestamp::parse(&text)),
    ];
    prop_oneof![
        "\\PC{1,300}".prop_map(|status| InstitutionChange {
            status: Some(ConsentStatus::parse(&status)),
            expiration: None,
        }),
        expiration.prop_map(|time| InstitutionChange {
            status: Some(ConsentStatus::Active),
            expiration: Some(time),
        }),
    ]
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let link = prop_oneof![
        "[!-~]{1,128}".prop_map(|id| Renewal::Renews(RecordId::new(id).unwrap())),
        "[!-~]{1,128}".prop_map(|id| Renewal::RenewedBy(RecordId::new(id).unwrap())),
    ];
    prop_oneof![
        any_receipt().prop_map(Event::granted),
        (any_receipt(), any_receipt()).prop_map(|(old, new)| Event::narrowed(&old, new)),
        (any_receipt(), link).prop_map(|(receipt, link)| Event::renewed(receipt, link)),
        revocation().prop_map(Event::Revoked),
        change().prop_map(Event::Changed),
        Just(Event::Expired {}),
        Just(Event::Erased {}),
    ]
}

pub(super) fn draft() -> impl Strategy<Value = ReceiptDraft> {
    let disclosure = ("\\PC{0,300}", any::<[u8; 32]>(), 0..4_000_000_000_u64).prop_map(
        |(version, sha256, shown_at)| Disclosure {
            sha256: Digest::new(sha256),
            version,
            shown_at: UnixTime::from_seconds(shown_at),
        },
    );
    (0..200_000_u64, "[!-~]{1,128}", event(), prop::option::of(disclosure)).prop_map(
        |(seconds, id, event, disclosure)| {
            let draft = ReceiptDraft::new(at(seconds), cause(&id), event);
            match disclosure {
                Some(disclosure) => draft.with_disclosure(disclosure),
                None => draft,
            }
        },
    )
}

/// The entries of a chain with these events.
pub(super) fn chain(key: &RecordKey, drafts: &[ReceiptDraft]) -> Vec<ReceiptEntry> {
    let mut entries: Vec<ReceiptEntry> = Vec::new();
    for draft in drafts {
        let last = entries.last().map(|last| (last.sequence(), last.digest()));
        entries.push(ReceiptEntry::new(key, last, draft).unwrap());
    }
    entries
}

pub(super) fn head(entries: &[ReceiptEntry]) -> Head {
    let last = entries.last().unwrap();
    Head { key: last.key(), sequence: last.sequence(), digest: last.digest() }
}

pub(super) fn row(entry: &ReceiptEntry) -> StoredEntry {
    StoredEntry {
        sequence: entry.sequence(),
        at: entry.at(),
        kind: entry.event().kind().to_owned(),
        cause: entry.cause().as_str().to_owned(),
        digest: entry.digest().to_string(),
        json: entry.canonical_json().to_owned(),
    }
}

/// Chains of several consents, sorted, each with one entry or more.
pub(super) fn chains() -> impl Strategy<Value = Vec<Vec<ReceiptEntry>>> {
    prop::collection::btree_map("[a-c]{1,2}", prop::collection::vec(draft(), 1..4), 1..4)
        .prop_map(|chains| chains.iter().map(|(id, drafts)| chain(&key(id), drafts)).collect())
}

pub(super) fn header(contents: Contents) -> ExportHeader {
    ExportHeader { contents, scope: Scope::All, exported_at: at(0), keys: None }
}

/// The lines of an export, without line feeds.
pub(super) fn export(
    header: ExportHeader,
    roots: &[SignedRoot],
    chains: &[Vec<ReceiptEntry>],
) -> Vec<String> {
    let contents = header.contents;
    let (mut writer, first) = ExportWriter::begin(header);
    let mut text = first;
    for root in roots {
        text += &writer.root(root).unwrap();
    }
    for chain in chains {
        text += &writer.head(&head(chain)).unwrap();
        if contents == Contents::Entries {
            for entry in chain {
                text += &writer.entry(&row(entry)).unwrap().unwrap();
            }
        }
    }
    text += &writer.end();
    assert!(text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

pub(super) fn verify<T: AsRef<str>>(
    lines: &[T],
    keys: Option<Jwks>,
) -> Result<Export, ExportError> {
    let mut verifier = ExportVerifier::new(backend::ring(), keys);
    for line in lines {
        verifier.line(line.as_ref())?;
    }
    verifier.finish()
}

pub(super) fn signing_key() -> PrivateKey {
    PrivateKey::generate(backend::ring(), Algorithm::EdDsa, Some("roots")).unwrap().key
}

pub(super) fn keys(key: &PrivateKey) -> Jwks {
    Jwks::new(vec![key.public().clone()])
}

/// The root of these chains: their last entries before `as_of`.
pub(super) fn signed_root(
    key: &PrivateKey,
    as_of: UnixTime,
    previous: Option<&SignedRoot>,
    chains: &[Vec<ReceiptEntry>],
) -> SignedRoot {
    let mut draft = RootDraft::new(Scope::All, as_of, previous);
    for chain in chains {
        let before = chain.iter().filter(|entry| entry.at() < as_of);
        if let Some(last) = before.max_by_key(|entry| entry.sequence()) {
            draft.push(&head(core::slice::from_ref(last))).unwrap();
        }
    }
    sign(key, draft.finish(key.public(), as_of + ROOT_DELAY).unwrap())
}

pub(super) fn sign(key: &PrivateKey, unsigned: UnsignedRoot) -> SignedRoot {
    unsigned.attach(&key.sign(unsigned.signing_input()).unwrap()).unwrap()
}
