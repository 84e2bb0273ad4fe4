//! The rows of consents: inserted, found, listed, counted, ended.

pub(crate) mod due;
pub(crate) mod find;
pub(crate) mod insert;
pub(crate) mod pause;

pub use due::{Due, DueKind, ReadDue, due, due_slots};
pub use find::{
    ConsentRow, Cursor, Filter, FindConsent, ListConsents, Page, find_consent, list_consents,
};
pub use insert::{InsertConsent, Inserted, NewConsent, insert_consent};
pub use pause::{Pause, Resume, pause, resume};
