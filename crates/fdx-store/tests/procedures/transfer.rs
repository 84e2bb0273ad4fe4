//! Consents that no flow of the store obtained, and tokens that leave the store.

use fdx_par::StoredGrant;
use fdx_rar::ConsentReceipt;
use fdx_store::consents::{Inserted, find_consent};
use fdx_store::receipts::Event;
use fdx_store::transfer::{ExportedConsent, Importer, Obtained, read_tokens};
use fdx_store::{Action, ConsentState, Decision, Operation, OperationStep, RecordId, Tenant};
use fdx_wire::Entropy;

use super::scene::{DAY, Scene, ring};

/// The id of the consents that the tests insert.
const OBTAINED: &str = "obtained-1";

/// A scene whose own consent is another one than `OBTAINED`, and the grant of the scene's receipt.
fn scene() -> (Scene, StoredGrant) {
    let mut scene = Scene::new();
    let sealed = scene.store.run(read_tokens(scene.key())).unwrap().unwrap();
    let grant = scene.client.restore(sealed.open(&ring()).unwrap().expose()).unwrap();
    scene.id = RecordId::new(OBTAINED).unwrap();
    (scene, grant)
}

fn insert(
    scene: &mut Scene,
    grant: &StoredGrant,
    receipt: Option<&ConsentReceipt>,
) -> Result<Inserted, fdx_store::StoreError> {
    let (id, policy) = (scene.id.clone(), *scene.consents.policy());
    let (entropy, now) = (scene.draw(), scene.now());
    let obtained = Obtained::new(&id, "customer-1", grant, receipt).dialect(Some("fdx"));
    let insert = obtained.insert(Tenant::default(), &ring(), &policy, &entropy, now).unwrap();
    scene.store.run(insert)
}

/// Runs an operation, and ends before the action of this number as when the process is killed. Returns
/// whether it was done before.
fn crashes<D: Decision>(scene: &mut Scene, operation: Operation<D>, number: usize) -> bool {
    let mut step = operation.start();
    for _ in 0..number {
        step = match step {
            OperationStep::Perform(running) => {
                let result = scene.store.perform(running.action());
                running.answered(result)
            }
            OperationStep::Done(result) => return result.is_ok(),
        };
    }
    scene.store.perform(&Action::RollBack).unwrap();
    matches!(step, OperationStep::Done(Ok(_)))
}

/// The line of an export with the stored tokens. `None` if the store has none.
fn exported(scene: &mut Scene) -> Option<String> {
    let sealed = scene.store.run(read_tokens(scene.key())).unwrap()?;
    let exported = ExportedConsent::new(&scene.id, "customer-1");
    let line = exported.to_line(&sealed.open(&ring()).unwrap()).unwrap();
    Some(line.expose().to_owned())
}

#[test]
fn an_obtained_consent_has_its_receipt_and_its_tokens_are_used() {
    let (mut scene, grant) = scene();
    let receipt = scene.receipt.clone();
    assert_eq!(insert(&mut scene, &grant, Some(&receipt)), Ok(Inserted::New));
    let row = scene.row();
    assert_eq!((row.state, row.generation, row.reason.as_deref()), (ConsentState::Active, 0, None));
    assert_eq!(row.access, Some(receipt.canonical_json()));
    assert_eq!(row.subject.as_deref(), grant.identity().map(|identity| identity.subject()));
    assert_eq!(row.consent_id.as_deref(), grant.consent_id().map(|id| id.as_str()));
    assert!(row.due_at.is_some_and(|due| due > scene.now()), "{row:?}");
    let [Event::Granted { receipt: stored }] = &scene.events()[..] else { panic!() };
    assert_eq!(**stored, receipt);
    let token = scene.token();
    assert_eq!((token.generation, scene.requests("/token")), (0, 0));
    // It is refreshed as any other.
    scene.pass(DAY);
    assert_eq!(scene.token().generation, 1);
}

#[test]
fn an_obtained_consent_without_a_receipt_says_that_its_coverage_is_unknown() {
    let (mut scene, grant) = scene();
    assert_eq!(insert(&mut scene, &grant, None), Ok(Inserted::New));
    let row = scene.row();
    assert_eq!((row.state, row.access), (ConsentState::Active, None));
    assert!(row.reason.is_some_and(|reason| reason.contains("coverage is unknown")));
    assert!(scene.events().is_empty());
    assert_eq!(scene.token().generation, 0);
}

#[test]
fn an_obtained_consent_is_inserted_whole_or_not_at_all_and_once() {
    for receipt in [true, false] {
        for failing in 0.. {
            let (mut scene, grant) = scene();
            let receipt = receipt.then(|| scene.receipt.clone());
            let events = receipt.iter().len();
            let (id, policy) = (scene.id.clone(), *scene.consents.policy());
            let (entropy, now) = (scene.draw(), scene.now());
            let obtained = Obtained::new(&id, "customer-1", &grant, receipt.as_ref());
            let insert = || obtained.insert(Tenant::default(), &ring(), &policy, &entropy, now);
            let done = crashes(&mut scene, insert().unwrap(), failing);
            let stored = scene.store.run(find_consent(scene.key())).unwrap();
            assert_eq!(
                (stored.is_some(), scene.events().len()),
                (done, events * usize::from(done))
            );
            // The same again, as after an unknown commit.
            assert_eq!(scene.store.run(insert().unwrap()), Ok(Inserted::New), "{failing}");
            assert_eq!(scene.events().len(), events, "{failing}");
            assert_eq!((scene.row().state, scene.row().generation), (ConsentState::Active, 0));
            assert!(exported(&mut scene).is_some());
            if done {
                // Another consent with this id changes nothing.
                let before = exported(&mut scene);
                let other = scene.another_grant();
                let inserted = self::insert(&mut scene, &other, receipt.as_ref());
                assert_eq!((inserted, exported(&mut scene)), (Ok(Inserted::Exists), before));
                break;
            }
        }
    }
}

#[test]
fn stored_tokens_are_exported_and_imported() {
    let (mut scene, grant) = scene();
    let receipt = scene.receipt.clone();
    insert(&mut scene, &grant, Some(&receipt)).unwrap();
    scene.pass(DAY);
    let refreshed = scene.token();
    let line = exported(&mut scene).unwrap();
    let imported = Importer::new(Entropy::new([1; 32])).read(line.as_bytes()).unwrap().unwrap();
    // The current tokens, not the first ones.
    let access_token = imported.grant().tokens().access_token().clone();
    assert_eq!(access_token.token(), refreshed.access_token().token());
    // They move to a store of their own.
    let (mut other, _) = self::scene();
    let (policy, entropy, now) = (*other.consents.policy(), other.draw(), other.now());
    let insert =
        Obtained::from(&imported).insert(Tenant::default(), &ring(), &policy, &entropy, now);
    assert_eq!(other.store.run(insert.unwrap()), Ok(Inserted::New));
    assert_eq!(exported(&mut other), Some(line));
}
