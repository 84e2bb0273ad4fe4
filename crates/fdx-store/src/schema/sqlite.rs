/// Creates the tables in an empty SQLite database, one statement after the other.
///
/// Tables are `STRICT`: without it, SQLite stores a text in an `INTEGER` column. Those with short rows
/// are `WITHOUT ROWID`. A row of such a table that is longer than 1,002 bytes, a quarter of a page,
/// continues in a page of its own, so tables with sealed values or receipts have a rowid.
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
        renews TEXT,
        sealed BLOB,
        callback_by INTEGER NOT NULL,
        claim TEXT,
        claimed_at INTEGER,
        outcome TEXT,
        error TEXT,
        description TEXT,
        PRIMARY KEY (tenant, id)
    ) STRICT",
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
    ) STRICT",
    "CREATE INDEX fdx_consents_by_customer ON fdx_consents (tenant, customer, id)",
    "CREATE INDEX fdx_consents_by_institution ON fdx_consents (tenant, institution, state, id)",
    "CREATE INDEX fdx_consents_by_state ON fdx_consents (tenant, state, id)",
    "CREATE INDEX fdx_consents_by_subject ON fdx_consents (tenant, institution, subject)",
    // For the keeper, with all that it reads, because the due consents of a slot are far apart.
    "CREATE INDEX fdx_consents_by_due ON fdx_consents
        (slot, due_at, tenant, id, institution, state, consent_expires_at)",
    "CREATE INDEX fdx_consents_by_state_due ON fdx_consents (tenant, state, due_at, id)",
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
    ) STRICT",
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
    ) STRICT",
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
    "CREATE TABLE fdx_revocations (
        tenant TEXT NOT NULL,
        consent TEXT NOT NULL,
        cause TEXT NOT NULL,
        revoked_by TEXT NOT NULL,
        reason TEXT,
        initiator TEXT,
        consent_api TEXT,
        refresh_token TEXT,
        access_token TEXT,
        failures INTEGER NOT NULL,
        begun_at INTEGER NOT NULL,
        ended_at INTEGER,
        PRIMARY KEY (tenant, consent)
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
    // Each refresh reads the paused institutions, which are few. `paused_at IS NOT NULL` would not use
    // the index, `paused_at >= 0` does.
    "CREATE INDEX fdx_institutions_paused ON fdx_institutions (tenant, paused_at)
        WHERE paused_at IS NOT NULL",
    "INSERT INTO fdx_meta (name, value) VALUES ('schema', '1')",
];
