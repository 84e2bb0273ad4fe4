//! The tables, for each engine.
//!
//! | table | contents |
//! |---|---|
//! | `fdx_meta` | the version of the schema, settings of the keeper, the newest root of receipts |
//! | `fdx_flows` | flows between the redirect and the consent: claimed once, with their outcome |
//! | `fdx_consents` | one row for each consent: its state, generation, attempt and due time |
//! | `fdx_keys` | the wrapped key of each consent. Deleting it erases the consent's tokens |
//! | `fdx_tokens` | sealed tokens: the current ones, and responses that lost a comparison |
//! | `fdx_receipts` | the chain of receipts of each consent, append-only |
//! | `fdx_refreshes` | the last refreshes of each consent |
//! | `fdx_revocations` | the revocation of each revoked consent: its initiator, and the outcome of each part |
//! | `fdx_institutions` | what is known about each institution: paused, refusals |
//!
//! Every key begins with the tenant. There are no foreign keys, sequences, triggers or partitions:
//! some engines have none. Times are whole seconds since 1970. Texts are compared by their bytes (in
//! PostgreSQL `COLLATE "C"`): pages and exports are in this order.

mod sqlite;

pub use sqlite::SQLITE;

/// Creates the same tables in an empty PostgreSQL database, one statement after the other.
///
/// Without `COLLATE "C"`, texts would be compared by the rules of the database's language.
pub fn postgres() -> impl Iterator<Item = String> {
    SQLITE.iter().map(|sql| {
        sql.replace(" STRICT, WITHOUT ROWID", "")
            .replace(" STRICT", "")
            .replace(" TEXT", " TEXT COLLATE \"C\"")
            .replace(" INTEGER", " BIGINT")
            .replace(" BLOB", " BYTEA")
    })
}

/// The version of these tables, in `fdx_meta` under the name `schema`. A release reads and writes its
/// own version and the one before.
pub const VERSION: i64 = 1;
