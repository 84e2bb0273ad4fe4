//! Errors, grouped by who is to blame, and their next steps.

pub(crate) mod callback;
pub(crate) mod caller;
pub(crate) mod deviation;
pub(crate) mod error;
pub(crate) mod faults;
pub(crate) mod next_step;
pub(crate) mod notice;
pub(crate) mod refusal;
pub(crate) mod refused;
pub(crate) mod registration;
pub(crate) mod said;
pub(crate) mod server;

pub use callback::{CallbackFault, SealFault};
pub use caller::{CallFault, ConfigurationFault, MetadataFault, ParameterFault, StoredStateFault};
pub use deviation::Deviation;
pub use error::Error;
pub use next_step::{Codes, NEXT_STEPS, NextStep, NextStepRow, RefusalKind, RefusedCall};
pub use notice::Notice;
pub use refusal::Refusal;
pub use refused::Refused;
pub use registration::RegistrationFault;
pub use said::Said;

pub use fdx_wire::members::Excerpt;
pub use server::{ServerFault, ServerRule};
