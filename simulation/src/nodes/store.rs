//! The database of all nodes, and what the world reads from it.

use fdx_jose::{SealingKey, backend};
use fdx_store::seal::{Column, KeyRing, WrappedKey};
use fdx_store::{
    Action, Decision, Failure, Operation, OperationStep, Rows, Statement, StoreError, Tenant, Value,
};
use fdx_store_sqlite::SqliteStore;

use crate::recipient::renewal::stored_refresh_token;

/// One world in this many has its database in a file.
const IN_A_FILE: u64 = 50;

/// The key ring of all nodes.
pub(super) fn ring() -> KeyRing {
    KeyRing::new(backend::ring(), SealingKey::new(1, [7; 32]))
}

pub(super) struct Store {
    sqlite: SqliteStore,
    /// The folder of its files, if it has any. Removed with the value.
    folder: Option<std::path::PathBuf>,
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Store {
    pub(super) fn new(seed: u64) -> Self {
        let folder = seed.is_multiple_of(IN_A_FILE).then(|| {
            let name = format!("fdx-simulation-{}-{seed}", std::process::id());
            std::env::temp_dir().join(name)
        });
        Self { sqlite: opened(folder.as_deref()), folder }
    }

    pub(super) fn perform(&mut self, action: &Action) -> Result<Vec<Rows>, Failure> {
        self.sqlite.perform(action)
    }

    pub(super) fn run<D: Decision>(
        &mut self,
        operation: Operation<D>,
    ) -> Result<D::Output, StoreError> {
        self.sqlite.run(operation)
    }

    /// Runs the read of a slot of the keeper, unless nothing is due there: such a read returns nothing.
    pub(super) fn read_slot<D: Decision>(
        &mut self,
        operation: Operation<D>,
        due: &[i64],
    ) -> Result<D::Output, StoreError> {
        let is_due = |action: &Action| {
            match action {
            Action::Run(statements) => statements.iter().any(|statement| {
                matches!(statement.parameters(), [Value::Integer(slot), ..] if due.contains(slot))
            }),
            _ => false,
        }
        };
        let mut reads = false;
        let mut step = operation.start();
        loop {
            step = match step {
                OperationStep::Done(output) => return output,
                OperationStep::Perform(running) => {
                    let result = if is_due(running.action()) {
                        reads = true;
                        let begun = self.perform(&Action::Begin);
                        begun.and_then(|_| self.perform(running.action()))
                    } else if reads {
                        self.perform(running.action())
                    } else {
                        Ok(match running.action() {
                            Action::Run(all) => {
                                all.iter().map(|_| Rows::selected(vec![])).collect()
                            }
                            _ => Vec::new(),
                        })
                    };
                    running.answered(result)
                }
            }
        }
    }

    /// The rows of a statement of the world's own.
    pub(super) fn rows(&mut self, statement: Statement) -> Vec<Vec<Value>> {
        let rows = || {
            self.perform(&Action::Begin)?;
            let result = self.perform(&Action::Run(vec![statement]))?;
            self.perform(&Action::Commit)?;
            Ok::<_, Failure>(result)
        };
        let rows = rows().unwrap_or_default();
        rows.into_iter().next().map(|rows| rows.rows).unwrap_or_default()
    }

    /// When the next consent is due.
    pub(super) fn next_due(&mut self) -> Option<u64> {
        let rows = self.rows(Statement::new("SELECT MIN(due_at) FROM fdx_consents"));
        match rows.first()?.first()? {
            Value::Integer(at) => u64::try_from(*at).ok(),
            _ => None,
        }
    }

    /// The slots in which something is due at this time.
    pub(super) fn due_slots(&mut self, now: u64) -> Vec<i64> {
        let due = Statement::new("SELECT DISTINCT slot FROM fdx_consents WHERE due_at <= $1")
            .with(i64::try_from(now).unwrap_or(i64::MAX));
        let slot = |row: Vec<Value>| match row.first() {
            Some(Value::Integer(slot)) => Some(*slot),
            _ => None,
        };
        self.rows(due).into_iter().filter_map(slot).collect()
    }

    /// The refresh tokens that are stored for a consent, in any place.
    pub(super) fn refresh_tokens(&mut self, consent: &str) -> Vec<String> {
        let sealed = Statement::new(
            "SELECT t.generation, t.sealed, k.key_id, k.wrapped FROM fdx_tokens t, fdx_keys k \
             WHERE t.consent = $1 AND k.tenant = t.tenant AND k.consent = t.consent",
        )
        .with(consent);
        let ring = ring();
        let open = |row: Vec<Value>| {
            let [
                Value::Integer(generation),
                Value::Bytes(sealed),
                Value::Integer(key_id),
                Value::Bytes(wrapped),
            ] = row.as_slice()
            else {
                return None;
            };
            let wrapped =
                WrappedKey { key_id: u32::try_from(*key_id).ok()?, bytes: wrapped.clone() };
            let key = ring.unwrap(Tenant::default().as_str(), consent, &wrapped).ok()?;
            let text = key.open(Column::Tokens, generation.cast_unsigned(), sealed).ok()?;
            stored_refresh_token(text.expose())
        };
        self.rows(sealed).into_iter().filter_map(open).collect()
    }

    /// Every stored value as bytes, and the bytes of the files.
    pub(super) fn contents(&mut self) -> Vec<Vec<u8>> {
        let mut contents = Vec::new();
        for table in TABLES {
            for value in self.rows(Statement::new(table)).into_iter().flatten() {
                match value {
                    Value::Text(text) => contents.push(text.into_bytes()),
                    Value::Bytes(bytes) => contents.push(bytes),
                    Value::Integer(_) | Value::Null(_) => {}
                }
            }
        }
        let files = self.folder.as_ref().and_then(|folder| std::fs::read_dir(folder).ok());
        let files = files.into_iter().flatten().flatten();
        contents.extend(files.filter_map(|file| std::fs::read(file.path()).ok()));
        contents
    }

    /// The names of the tables that [`contents`](Self::contents) does not read.
    pub(super) fn other_tables(&mut self) -> Vec<String> {
        let names = Statement::new("SELECT name FROM sqlite_schema WHERE type = 'table'");
        let name = |row: Vec<Value>| match row.into_iter().next() {
            Some(Value::Text(name)) => Some(name),
            _ => None,
        };
        let is_read = |name: &String| TABLES.iter().any(|read| read.ends_with(name.as_str()));
        self.rows(names).into_iter().filter_map(name).filter(|name| !is_read(name)).collect()
    }
}

const TABLES: [&str; 9] = [
    "SELECT * FROM fdx_consents",
    "SELECT * FROM fdx_flows",
    "SELECT * FROM fdx_institutions",
    "SELECT * FROM fdx_keys",
    "SELECT * FROM fdx_meta",
    "SELECT * FROM fdx_receipts",
    "SELECT * FROM fdx_refreshes",
    "SELECT * FROM fdx_revocations",
    "SELECT * FROM fdx_tokens",
];

#[allow(clippy::panic, reason = "a simulation without a database proves nothing")]
fn opened(folder: Option<&std::path::Path>) -> SqliteStore {
    let opened = match folder {
        None => SqliteStore::in_memory(),
        Some(folder) => {
            let _ = std::fs::create_dir_all(folder);
            SqliteStore::open(folder.join("consents.db"))
        }
    };
    opened.unwrap_or_else(|error| panic!("no database: {error}"))
}
