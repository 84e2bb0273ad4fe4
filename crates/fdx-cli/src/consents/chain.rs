//! What all readers of receipts share.

use fdx_store::receipts::ChainError;

use crate::error::Failure;

/// How many entries one transaction reads.
pub(super) const PAGE: u16 = 500;

/// The failure of a chain in the store.
pub(super) fn broken(error: &ChainError) -> Failure {
    let next = "keep a copy of the store, and compare it with an earlier export or a backup";
    Failure::stored(error.fault.code(), error.to_string(), next)
}
