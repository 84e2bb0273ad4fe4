//! The rows of consents: inserted, found, listed, counted, ended.

pub(crate) mod complete;
pub(crate) mod due;
pub(crate) mod erase;
pub(crate) mod expire;
pub(crate) mod find;
pub(crate) mod insert;
pub(crate) mod pause;
pub(crate) mod postpone;
pub(crate) mod queues;
pub(crate) mod recording;
pub(crate) mod report;
pub(crate) mod unfinished;

pub use complete::{CompleteConsent, Completed, Completion, complete_consent};
pub use due::{Due, DueKind, MOST_LEFT_OUT, ReadDue, due, due_slots};
pub use erase::{EraseConsent, Erased, erase_consent};
pub use expire::{Elapsed, ExpireConsent, MarkRenewalDue, expire_consent, mark_renewal_due};
pub use find::{
    ConsentRow, Cursor, Filter, FindConsent, ListConsents, Page, find_consent, list_consents,
};
pub use insert::{InsertConsent, Inserted, NewConsent, insert_consent};
pub use pause::{Pause, Resume, pause, resume};
pub use postpone::{Postpone, postpone};
pub use queues::{Queue, QueueKind, ReadQueues, queues};
pub use report::{ReportConsent, Reported, report_consent};
pub use unfinished::{PutOff, PutOffUntil, ReadUnfinished, put_off, read_unfinished};
