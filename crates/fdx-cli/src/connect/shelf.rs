//! Puts the consent into the store.

use std::path::Path;

use fdx_par::{Dialect, StoredGrant};
use fdx_rar::ConsentReceipt;
use fdx_store::refresh::{AttemptId, RefreshPolicy};
use fdx_store::seal::KeyRing;
use fdx_store::transfer::Obtained;
use fdx_store::{RecordId, Tenant};
use fdx_transport_hyper::system_now;

use crate::args::ConnectArgs;
use crate::error::Failure;
use crate::flow::entropy;
use crate::store::Store;

/// The place of a consent in the store.
pub(super) struct Shelf {
    store: Store,
    ring: KeyRing,
    customer: String,
}

impl Shelf {
    /// Opens the store, or creates it.
    pub(super) fn open(args: &ConnectArgs) -> Result<Self, Failure> {
        let store = Store::create(args.store.as_deref())?;
        let ring = store.key_ring()?;
        Ok(Self { store, ring, customer: args.customer.clone() })
    }

    /// Stores a consent with its tokens and its receipt.
    pub(super) fn keep(
        &self,
        grant: &StoredGrant,
        receipt: &ConsentReceipt,
        dialect: Dialect,
    ) -> Result<RecordId, Failure> {
        let id = RecordId::from(&AttemptId::new(&entropy()?));
        let policy = RefreshPolicy::new(dialect.refresh_tokens());
        let insert = Obtained::new(&id, &self.customer, grant, Some(receipt))
            .dialect(Some(dialect.name()))
            .insert(Tenant::default(), &self.ring, &policy, &entropy()?, system_now());
        let insert = insert.map_err(|error| {
            Failure::failed(format!("sealing the tokens: {error}"), "import the file of tokens")
        })?;
        self.store.run(insert)?;
        Ok(id)
    }

    pub(super) fn path(&self) -> &Path {
        self.store.path()
    }
}
