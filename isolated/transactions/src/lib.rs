//! What the programs share: a consent to move into the store, and a folder for a database.
//!
//! A recipient has tokens in a table of its own, `old_tokens`, and moves them into fdx-store. One
//! transaction inserts the consent and deletes the old row. The operation of fdx-store is a part of
//! that transaction: it neither begins nor commits. If it returns
//! [`RestartTransaction`](fdx_store::StoreError::RestartTransaction), another process was faster, and
//! the program repeats its transaction from the beginning.
//!
//! | program | database | how to run it |
//! |---|---|---|
//! | `with_rusqlite` | SQLite | without arguments |
//! | `with_sqlx` | SQLite, next to `fdx-store-sqlite` in the same program | without arguments |
//! | `with_tokio_postgres` | PostgreSQL | with the settings of an empty database, such as `host=127.0.0.1 user=app` |
//!
//! In each program, another process does the same meanwhile, so that the first attempt fails.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

use fdx_jose::{SealingKey, backend};
use fdx_par::dialect::RefreshTokens;
use fdx_store::consents::{FindConsent, find_consent};
use fdx_store::refresh::RefreshPolicy;
use fdx_store::seal::KeyRing;
use fdx_store::transfer::{Importer, InsertObtained, Obtained};
use fdx_store::{Operation, RecordId, RecordKey, Tenant};
use fdx_wire::{Entropy, UnixTime};

/// How often a transaction is begun at most.
pub const ATTEMPTS: u32 = 10;

/// The recipient's own table, with its only row.
pub const OWN_TABLE: [&str; 2] = [
    "CREATE TABLE old_tokens (customer TEXT NOT NULL)",
    "INSERT INTO old_tokens (customer) VALUES ('customer-17')",
];

const ID: &str = "record-17";
/// A line that the recipient exported.
const LINE: &[u8] = br#"{
    "id": "record-17", "customer": "customer-17",
    "issuer": "https://bank.example", "client_id": "app", "consent_id": "c-17",
    "access_token": "access-17", "token_type": "Bearer",
    "bound_to": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", "expires_at": 1767607200,
    "refresh_token": "refresh-17", "scope": "openid fdx:accountbasic:read"
}"#;

/// Returns the operation that inserts the consent of the exported line.
///
/// # Errors
/// If the random number generator fails.
pub fn insert() -> Result<Operation<InsertObtained>, Box<dyn Error>> {
    let imported = Importer::new(Entropy::from_os()?).read(LINE)?.ok_or("the line is empty")?;
    // A real recipient reads its keys from a secret store.
    let ring = KeyRing::new(backend::ring(), SealingKey::new(1, [7; 32]));
    let policy = RefreshPolicy::new(RefreshTokens::FAPI);
    let now = UnixTime::from_seconds(1_767_607_200);
    let obtained = Obtained::from(&imported);
    Ok(obtained.insert(Tenant::default(), &ring, &policy, &Entropy::from_os()?, now)?)
}

/// Returns the operation that finds the consent.
///
/// # Errors
/// None with this id.
pub fn find() -> Result<Operation<FindConsent>, Box<dyn Error>> {
    Ok(find_consent(RecordKey::new(Tenant::default(), RecordId::new(ID)?)))
}

/// Prints what the store has.
///
/// # Errors
/// If the store does not have the consent.
pub fn print(
    attempts: u32,
    row: Option<fdx_store::consents::ConsentRow>,
    old_rows: i64,
) -> Result<(), Box<dyn Error>> {
    let row = row.ok_or("the store does not have the consent")?;
    println!("attempts     {attempts}");
    println!("consent      {} of {}, {}", row.id, row.customer, row.state.name());
    println!("old rows     {old_rows}");
    Ok(())
}

/// A folder that is removed when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// Creates a folder for this process and this purpose.
    ///
    /// # Errors
    /// If the system refuses it.
    pub fn new(purpose: &str) -> io::Result<Self> {
        let path = env::temp_dir().join(format!("fdx-{purpose}-{}", process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
