//! The store of this program: its place, its key, and the loop that drives procedures.

mod drive;
mod key;
mod place;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use fdx_jose::{SealError, backend};
use fdx_rar::ConsentReceipt;
use fdx_store::consents::{ConsentRow, find_consent, pause};
use fdx_store::seal::KeyRing;
use fdx_store::transfer::read_tokens;
use fdx_store::{Decision, Operation, RecordId, RecordKey, StoreError, Tenant};
use fdx_store_sqlite::{Options, Origin, SqliteStore};
use fdx_transport_hyper::system_now;
use fdx_wire::Secret;

use crate::error::Failure;
use crate::files;
use crate::print::message;

pub(crate) use drive::Driving;

/// An open store. The program has one tenant.
pub(crate) struct Store {
    path: PathBuf,
    /// One connection for all procedures: a transaction is never open while another one runs, because
    /// the driver performs the actions of an operation without a pause between them.
    database: RefCell<SqliteStore>,
}

impl Store {
    /// Opens the store at `path`, or at its usual place. Creates it and its key if there is none.
    pub(crate) fn create(path: Option<&Path>) -> Result<Self, Failure> {
        let path = place::of(path)?;
        if let Some(directory) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
            files::make_directory(directory)?;
        }
        if !path.exists() {
            // The key first: a store without its key would be of no use.
            key::create(&key::path(&path))?;
        }
        let opened = Options::new().open(&path);
        Self::opened(path, opened)
    }

    /// Opens the store at `path`, or at its usual place. Fails if there is none.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let path = place::of(path)?;
        if !path.exists() {
            return Err(Failure::usage(
                format!("there is no store at {}", path.display()),
                "name another one with --store; fdx connect and fdx consents import create one",
            ));
        }
        let opened = Options::new().open_existing(&path);
        Self::opened(path, opened)
    }

    fn opened(path: PathBuf, opened: Result<SqliteStore, StoreError>) -> Result<Self, Failure> {
        let doing = format!("opening the store {}", path.display());
        let database = opened.map_err(|error| Failure::store(&doing, &error))?;
        let origin = database.origin().map_err(|error| Failure::store(&doing, &error))?;
        let store = Self { path, database: RefCell::new(database) };
        if let Some(reason) = not_the_last(origin) {
            // Old refresh tokens would end the grants at the institutions.
            store.run(pause(None, reason, system_now()))?;
            message(&format!("warning: {reason}; nothing is refreshed until fdx keeper resume"));
        }
        Ok(store)
    }

    /// Where the store is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs an operation.
    pub(crate) fn run<D: Decision>(&self, operation: Operation<D>) -> Result<D::Output, Failure> {
        let output = self.database.borrow_mut().run(operation);
        output.map_err(|error| self.failure(&error))
    }

    /// Runs something that only SQLite has.
    pub(crate) fn sqlite<T>(
        &self,
        run: impl FnOnce(&mut SqliteStore) -> Result<T, StoreError>,
    ) -> Result<T, Failure> {
        run(&mut self.database.borrow_mut()).map_err(|error| self.failure(&error))
    }

    pub(crate) fn failure(&self, error: &StoreError) -> Failure {
        Failure::store(&format!("the store {}", self.path.display()), error)
    }

    /// The keys that open the tokens, from the file next to the store.
    pub(crate) fn key_ring(&self) -> Result<KeyRing, Failure> {
        key::read(&key::path(&self.path), backend::ring())
    }

    /// The failure of what needs tokens that can't be opened.
    pub(crate) fn locked(&self, doing: &str, error: &SealError) -> Failure {
        let what = format!("{doing}: the tokens can't be opened: {error}");
        let key = key::path(&self.path);
        Failure::failed(what, format!("restore {} from a backup", key.display()))
    }

    /// The last receipt of a grant, if the consent has one.
    pub(crate) fn receipt(&self, consent: &ConsentRow) -> Result<Option<ConsentReceipt>, Failure> {
        let receipt = consent.access.as_deref().map(ConsentReceipt::from_json).transpose();
        receipt.map_err(|error| {
            let what = format!("the receipt of consent {}: {error}", consent.id);
            Failure::stored("store.unexpected_rows", what, "restore a backup")
        })
    }

    /// The tokens of a consent, as JSON. `None` if they are erased.
    pub(crate) fn tokens(&self, id: &RecordId) -> Result<Option<Secret>, Failure> {
        let sealed = self.run(read_tokens(record(id)))?;
        let ring = self.key_ring()?;
        let opened = sealed.map(|sealed| sealed.open(&ring)).transpose();
        opened.map_err(|error| self.locked(&format!("reading consent {id}"), &error))
    }

    /// Finds a consent by the id of its record.
    pub(crate) fn find(&self, id: &RecordId) -> Result<ConsentRow, Failure> {
        self.run(find_consent(record(id)))?.ok_or_else(|| unknown(id))
    }
}

/// The key of a record.
pub(crate) fn record(id: &RecordId) -> RecordKey {
    RecordKey::new(Tenant::default(), id.clone())
}

/// The failure for an id without a consent.
pub(crate) fn unknown(id: &RecordId) -> Failure {
    Failure::usage(
        format!("the store has no consent {id}"),
        "fdx consents list shows the ids of all consents",
    )
}

/// Why the database is not the one that was used last in its place.
fn not_the_last(origin: Origin) -> Option<&'static str> {
    match origin {
        Origin::Same => None,
        Origin::Restored => Some("the database was restored from a backup"),
        Origin::Copied => Some("the database was moved or copied"),
    }
}
