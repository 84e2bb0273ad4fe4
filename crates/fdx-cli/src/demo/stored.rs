//! The consent of the demo in a store, in a temporary folder.

use std::path::{Path, PathBuf};

use fdx_par::{Client, Granted};
use fdx_rar::ConsentReceipt;
use fdx_store::refresh::{AttemptId, RefreshPolicy};
use fdx_store::transfer::Obtained;
use fdx_store::{RecordId, Tenant};
use fdx_transport_hyper::system_now;
use fdx_wire::{Label, base64url};
use serde::Serialize;

use crate::error::Failure;
use crate::files;
use crate::flow::entropy;
use crate::store::Store;

/// What was read back.
#[derive(Debug, Serialize)]
pub(super) struct Stored {
    id: String,
    state: &'static str,
    receipt_sha256: String,
}

impl Stored {
    /// Describes it in one line.
    pub(super) fn sentence(&self) -> String {
        let Self { id, state, .. } = self;
        format!(
            "Read back from the store: {id}, {state}, with the same tokens and receipt. The store was \
             in a temporary folder, which is removed: fdx connect stores consents for good."
        )
    }
}

/// Stores a consent with its tokens and its receipt, closes the store, and reads it back.
pub(super) fn and_read_back(
    client: &Client,
    granted: &Granted,
    receipt: &ConsentReceipt,
) -> Result<Stored, Failure> {
    let folder = Folder::create()?;
    let path = folder.0.join("consents.db");
    let id = RecordId::from(&AttemptId::new(&entropy()?));
    let grant = granted.stored();
    insert(&Store::create(Some(&path))?, client, &id, (&grant, receipt))?;

    let store = Store::open(Some(&path))?;
    let row = store.find(&id)?;
    let (read, tokens) = (store.receipt(&row)?, store.tokens(&id)?);
    let same_tokens = tokens.is_some_and(|tokens| tokens.expose() == grant.to_json().expose());
    match read.filter(|read| read == receipt && same_tokens) {
        Some(read) => Ok(Stored {
            id: id.to_string(),
            state: row.state.name(),
            receipt_sha256: crate::print::hex(&read.digest()),
        }),
        None => Err(Failure::failed(
            "the store returned another consent",
            "please report this defect of fdx",
        )),
    }
}

fn insert(
    store: &Store,
    client: &Client,
    id: &RecordId,
    (grant, receipt): (&fdx_par::StoredGrant, &ConsentReceipt),
) -> Result<(), Failure> {
    let (dialect, ring) = (client.config().dialect, store.key_ring()?);
    let policy = RefreshPolicy::new(dialect.refresh_tokens());
    let insert = Obtained::new(id, "customer-1", grant, Some(receipt))
        .dialect(Some(dialect.name()))
        .insert(Tenant::default(), &ring, &policy, &entropy()?, system_now());
    let insert = insert.map_err(|error| {
        Failure::failed(format!("sealing the tokens: {error}"), "please report this defect of fdx")
    })?;
    store.run(insert).map(drop)
}

/// A folder that is removed with this value.
struct Folder(PathBuf);

const NAME: Label = Label::new("demo folder");

impl Folder {
    fn create() -> Result<Self, Failure> {
        let name = base64url::encode(&entropy()?.derive(NAME, 0));
        let path = std::env::temp_dir().join(format!("fdx-demo-{name}"));
        files::create_private_directory(Path::new(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
