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
