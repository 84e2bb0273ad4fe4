//! Fills a database: in one transaction without a journal, because only the result is measured.

use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use fdx_par::dialect::{RefreshTokens, Replay, Rotation};
use fdx_processes::{First, ISSUER, Recipient};
use fdx_rar::ConsentReceipt;
use fdx_store::consents::insert_consent;
use fdx_store::flows::{NewFlow, insert_flow};
use fdx_store::receipts::{Cause, Event, ReceiptDraft, append};
use fdx_store::refresh::RefreshPolicy;
use fdx_store::seal::Column;
use fdx_store::{Action, Decision, Failure, Operation, OperationStep, Rows, StoreError, Value};
use fdx_store::{RecordId, Statement};
use fdx_store_sqlite::SqliteStore;
use fdx_wire::{Entropy, Secret, UnixTime};
use rusqlite::Connection;
use rusqlite::types::{Value as SqlValue, ValueRef};

use crate::measure::Sizes;

/// When everything happens.
pub(crate) const NOW: u64 = 1_767_607_200;

const DAY: u64 = 24 * 60 * 60;

/// How many consents are due: about 30 of each slot, of which a keeper reads 20 at once.
const DUE: u32 = 30 * 256;

/// What a customer granted.
const RECEIPT: &str = r#"{"clientId":"app","consentId":"c-1","evidence":{"interactionIds":["5b3a9c3e-0f4e-4bd0-9d0e-2f1f0a4b7c11"],"keyThumbprints":["thumb"],"pushedRequestSha256":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"},"expirationBasis":"durationPeriod","expirationDate":"2026-04-05T10:00:00Z","expirationSources":["REQUEST"],"granted":[{"dataClusters":["ACCOUNT_BASIC"],"resourceId":"a-1","resourceType":"ACCOUNT"}],"grantedScopes":["fdx:accountbasic:read"],"grantedSources":["CONSENT_API"],"issuedAt":"2026-01-05T10:00:00Z","issuer":"https://bank.example","requested":{"durationPeriod":90,"durationType":"TIME_BOUND","lookbackPeriod":60,"resources":[{"dataClusters":["ACCOUNT_BASIC","TRANSACTIONS"],"resourceType":"ACCOUNT"}]},"revocationEndpoint":"https://api.bank.example/consents/c-1/revocation","version":2,"withheld":[{"dataCluster":"TRANSACTIONS","resourceType":"ACCOUNT"},{"dataCluster":"TRANSACTIONS","resourceId":"a-1","resourceType":"ACCOUNT"}]}"#;

/// A filled database.
pub(crate) struct Filled {
    pub(crate) sizes: Sizes,
    pub(crate) seconds: f64,
}

/// The recipient of all consents.
pub(crate) fn recipient() -> Result<Recipient, Box<dyn Error>> {
    let tokens = RefreshTokens::new(Rotation::NewSuccessor, Replay::Unspecified, "the benchmark");
    Recipient::new(RefreshPolicy::new(tokens))
}

/// The entropy with this number.
pub(crate) fn entropy(kind: u8, number: u32) -> Entropy {
    let mut bytes = [kind; 32];
    for (byte, part) in bytes.iter_mut().zip(number.to_be_bytes()) {
        *byte = part;
    }
    Entropy::new(bytes)
}

/// The id of a consent or flow: as random as that of a real flow.
pub(crate) fn record_id(kind: u8, number: u32) -> RecordId {
    RecordId::from(&fdx_store::refresh::AttemptId::new(&entropy(kind, number)))
}

/// What has ids.
pub(crate) const CONSENT: u8 = 1;
pub(crate) const FLOW: u8 = 2;
pub(crate) const RECEIPT_CAUSE: u8 = 3;
const CUSTOMER: u8 = 4;
const TOKEN: u8 = 5;

/// Inserts consents with a receipt each, and flows that wait for their callbacks.
pub(crate) fn fill(path: &Path, consents: u32, flows: u32) -> Result<Filled, Box<dyn Error>> {
    // The driver creates the tables, and its witness.
    drop(SqliteStore::open(path)?);
    let began = Instant::now();
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(64);
    let pragmas =
        "PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                   PRAGMA cache_size = -2000000";
    connection.execute_batch(pragmas)?;
    let empty = size(&connection)?;
    let recipient = recipient()?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let event = granted()?;
    for number in 0..consents {
        insert(&connection, &recipient, &event, (number, consents))?;
        if number % 100_000 == 99_999 {
            eprintln!("{} of {consents}", number + 1);
        }
    }
    connection.execute_batch("COMMIT")?;
    let sizes = Sizes::new(&connection, size(&connection)? - empty, consents)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for number in 0..flows {
        run(&connection, insert_flow(flow(&recipient, number)?))?;
    }
    connection.execute_batch("COMMIT")?;
    drop(connection);
    synchronize(path)?;
    Ok(Filled { sizes, seconds: began.elapsed().as_secs_f64() })
}

/// Waits until a file is on the disk: each commit would wait for it later.
pub(crate) fn synchronize(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

fn insert(
    connection: &Connection,
    recipient: &Recipient,
    event: &Event,
    (number, consents): (u32, u32),
) -> Result<(), Box<dyn Error>> {
    let (id, now) = (record_id(CONSENT, number), UnixTime::from_seconds(NOW));
    let entropy = entropy(CONSENT, number);
    let refresh_token = record_id(TOKEN, number);
    let first = First {
        id: id.clone(),
        customer: record_id(CUSTOMER, number).as_str().to_owned(),
        refresh_token: refresh_token.as_str(),
        access_expires_at: UnixTime::from_seconds(NOW + DAY),
        due_at: UnixTime::from_seconds(match is_due(number, consents) {
            true => NOW - u64::from(number % 3600),
            false => NOW + u64::from(number % 600_000) + 1,
        }),
    };
    let mut consent = recipient.consent(first, &entropy)?;
    consent.consent_expires_at = Some(UnixTime::from_seconds(NOW + 365 * DAY));
    let key = consent.key.clone();
    run(connection, insert_consent(consent, now))?;
    let draft = ReceiptDraft::new(now, Cause::from(id), event.clone());
    run(connection, append(key.clone(), draft))?;
    // The row contains what was granted, as the completion of a consent writes it.
    let access =
        Statement::new("UPDATE fdx_consents SET access = $1 WHERE tenant = $2 AND id = $3")
            .with(RECEIPT)
            .with(key.tenant.as_str())
            .with(key.id.as_str());
    rows(connection, &access)?;
    Ok(())
}

/// Whether a consent is due. As many are due in each store, far apart.
fn is_due(number: u32, consents: u32) -> bool {
    let distance = (consents / DUE).max(1);
    number.is_multiple_of(distance) && number / distance < DUE
}

/// The event of each receipt.
pub(crate) fn granted() -> Result<Event, Box<dyn Error>> {
    Ok(Event::granted(ConsentReceipt::from_json(RECEIPT)?))
}

fn flow(recipient: &Recipient, number: u32) -> Result<NewFlow, Box<dyn Error>> {
    let (id, entropy) = (record_id(FLOW, number), entropy(FLOW, number));
    let tenant = recipient.consents().tenant();
    let (key, wrapped_key) = recipient.ring().create(tenant.as_str(), id.as_str(), &entropy)?;
    // A pending state has about this length.
    let pending = Secret::new("p".repeat(1500));
    Ok(NewFlow {
        customer: record_id(CUSTOMER, number).as_str().to_owned(),
        institution: ISSUER.to_owned(),
        renews: None,
        wrapped_key,
        sealed: Some(key.seal(Column::Pending, 0, &entropy, &pending)?),
        callback_by: UnixTime::from_seconds(NOW + 600),
        key: recipient.key(id),
    })
}

fn size(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    connection.query_row(sql, [], |row| row.get(0))
}

/// Runs an operation inside the transaction.
fn run<D: Decision>(
    connection: &Connection,
    operation: Operation<D>,
) -> Result<D::Output, StoreError> {
    let mut step = operation.inside_a_transaction().start();
    loop {
        step = match step {
            OperationStep::Done(output) => return output,
            OperationStep::Perform(running) => {
                let results = match running.action() {
                    Action::Run(statements) => {
                        statements.iter().map(|statement| rows(connection, statement)).collect()
                    }
                    _ => Ok(Vec::new()),
                };
                running.answered(results.map_err(|error: rusqlite::Error| {
                    Failure::Store(StoreError::Database(error.to_string()))
                }))
            }
        }
    }
}

fn rows(connection: &Connection, statement: &Statement) -> rusqlite::Result<Rows> {
    let mut prepared = connection.prepare_cached(statement.sql())?;
    let parameters =
        rusqlite::params_from_iter(statement.parameters().iter().map(|value| match value {
            Value::Integer(number) => SqlValue::Integer(*number),
            Value::Text(text) => SqlValue::Text(text.clone()),
            Value::Bytes(bytes) => SqlValue::Blob(bytes.clone()),
            Value::Null(_) => SqlValue::Null,
        }));
    if !prepared.readonly() {
        return Ok(Rows::changed(prepared.execute(parameters)? as u64));
    }
    let columns = prepared.column_count();
    let rows = prepared.query_and_then(parameters, |row| {
        (0..columns).map(|column| value(row.get_ref(column)?)).collect()
    })?;
    Ok(Rows::selected(rows.collect::<rusqlite::Result<_>>()?))
}

fn value(value: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null(fdx_store::Type::Text),
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        text => Value::Text(text.as_str()?.to_owned()),
    })
}
