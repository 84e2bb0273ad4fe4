//! UAE Open Finance.

pub(crate) mod dialect;
