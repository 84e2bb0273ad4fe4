/// Creates the tables in an empty SQLite database, one statement after the other.
///
/// Tables are `STRICT`: without it, SQLite stores a text in an `INTEGER` column.
pub const SQLITE: &[&str] = &[
    "CREATE TABLE fdx_meta (
        name TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE fdx_flows (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        customer TEXT NOT NULL,
        institution TEXT NOT NULL,
        sealed TEXT,
        callback_by INTEGER NOT NULL,
        claim TEXT,
        claimed_at INTEGER,
        outcome TEXT,
        PRIMARY KEY (tenant, id)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX fdx_flows_by_deadline ON fdx_flows (callback_by)",
    "CREATE TABLE fdx_consents (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        customer TEXT NOT NULL,
        institution TEXT NOT NULL,
        client_id TEXT NOT NULL,
        dialect TEXT,
        consent_id TEXT,
        subject TEXT,
        state TEXT NOT NULL,
        state_since INTEGER NOT NULL,
        reason TEXT,
        access TEXT,
        renews TEXT,
        superseded_by TEXT,
        generation INTEGER NOT NULL,
        verified INTEGER NOT NULL,
        stored_by TEXT,
        access_expires_at INTEGER,
        refresh_expires_at INTEGER,
        consent_expires_at INTEGER,
        refreshed_at INTEGER NOT NULL,
        attempt TEXT,
        deadline INTEGER,
        unanswered INTEGER NOT NULL,
        unanswered_since INTEGER,
        failures INTEGER NOT NULL,
        not_before INTEGER,
        slot INTEGER NOT NULL,
        due_at INTEGER,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (tenant, id)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX fdx_consents_by_customer ON fdx_consents (tenant, customer, id)",
    "CREATE INDEX fdx_consents_by_institution ON fdx_consents (tenant, institution, state, id)",
    "CREATE INDEX fdx_consents_by_state ON fdx_consents (tenant, state, id)",
    "CREATE INDEX fdx_consents_by_due ON fdx_consents (slot, due_at)",
    "CREATE TABLE fdx_keys (
        tenant TEXT NOT NULL,
        consent TEXT NOT NULL,
        key_id INTEGER NOT NULL,
        wrapped BLOB NOT NULL,
        PRIMARY KEY (tenant, consent)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX fdx_keys_by_key ON fdx_keys (tenant, key_id, consent)",
    "CREATE TABLE fdx_tokens (
        tenant TEXT NOT NULL,
        consent TEXT NOT NULL,
        place TEXT NOT NULL,
        generation INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        stored_at INTEGER NOT NULL,
        refused_at INTEGER,
        PRIMARY KEY (tenant, consent, place)
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE fdx_receipts (
        tenant TEXT NOT NULL,
        consent TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        issued_at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        cause TEXT NOT NULL,
        digest TEXT NOT NULL,
        entry TEXT NOT NULL,
        PRIMARY KEY (tenant, consent, sequence)
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE fdx_refreshes (
        tenant TEXT NOT NULL,
        consent TEXT NOT NULL,
        place INTEGER NOT NULL,
        at INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        said TEXT,
        PRIMARY KEY (tenant, consent, place)
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE fdx_institutions (
        tenant TEXT NOT NULL,
        institution TEXT NOT NULL,
        paused_at INTEGER,
        reason TEXT,
        day INTEGER NOT NULL,
        refreshes INTEGER NOT NULL,
        refusals INTEGER NOT NULL,
        PRIMARY KEY (tenant, institution)
    ) STRICT, WITHOUT ROWID",
    "INSERT INTO fdx_meta (name, value) VALUES ('schema', '1')",
];
