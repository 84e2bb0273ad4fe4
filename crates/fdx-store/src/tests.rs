//! The test that provokes each error, of this package unless another is named. The compiler reports
//! a variant without a row, and `cargo xtask test` a row whose test does not exist.

use crate::StoreError;
use crate::receipts::{ChainFault, EntryError, ExportFault, RootError, WriteError};

const _: fn(&StoreError) -> &str = |error| match error {
    StoreError::Busy => "operation::an_operation_starts_again_at_most_16_times",
    StoreError::CannotOpen(_) => "fdx-store-sqlite creation::an_existing_store_must_exist",
    StoreError::Damaged(_) => "fdx-store-sqlite failures::a_damaged_database_is_reported",
    StoreError::Database(_) => "fdx-store-sqlite rows::error_texts_contain_no_values",
    StoreError::Disk(_) => "fdx-store-sqlite failure::tests::each_result_of_sqlite_has_its_failure",
    StoreError::Engine(_) => {
        "fdx-store-sqlite options::tests::an_sqlite_that_can_lose_commits_does_not_fit"
    }
    StoreError::Full(_) => "fdx-store-sqlite failures::a_full_disk_leaves_nothing_half_done",
    StoreError::ReadOnly(_) => "fdx-store-sqlite failures::a_read_only_database_is_refused",
    StoreError::RestartTransaction => {
        "operation::inside_a_transaction_an_operation_only_runs_statements"
    }
    StoreError::Schema(_) => "fdx-store-sqlite creation::refuses_other_versions_and_writes_nothing",
    StoreError::UnexpectedRows => "operation::failures_change_no_result_or_end_in_their_error",
};

const _: fn(&EntryError) -> &str = |error| match error {
    EntryError::Event | EntryError::TooLarge => {
        "receipts::tests::entry::an_entry_has_a_bounded_number_and_size"
    }
    EntryError::Json(_) | EntryError::Sequence | EntryError::Version => {
        "receipts::tests::entry::rejects_other_versions_numbers_and_kinds"
    }
    EntryError::NotCanonical => {
        "receipts::tests::entry::rejects_every_other_text_of_the_same_value"
    }
};

const _: fn(&ChainFault) -> &str = |fault| match fault {
    ChainFault::AfterHead | ChainFault::Head | ChainFault::Missing => {
        "receipts::tests::chain::a_chain_is_compared_with_its_head"
    }
    ChainFault::Columns => "receipts::tests::chain::rows_whose_columns_differ_are_found",
    ChainFault::Gap { .. } | ChainFault::OtherConsent | ChainFault::Previous => {
        "receipts::tests::chain::each_manipulation_has_its_own_fault"
    }
    ChainFault::Unreadable(_) => {
        "receipts::tests::chain::any_changed_byte_is_found_and_its_record_named"
    }
};

const _: fn(&RootError) -> &str = |error| match error {
    RootError::Claims | RootError::Jws(_) | RootError::Type => {
        "receipts::tests::root::rejects_roots_of_other_keys_types_and_claims"
    }
    RootError::Order | RootError::Previous | RootError::TooEarly => {
        "receipts::tests::root::a_root_is_made_in_order_and_not_too_early"
    }
};

const _: fn(&ExportFault) -> &str = |fault| match fault {
    ExportFault::Chain(_)
    | ExportFault::Counts
    | ExportFault::CutOff
    | ExportFault::Line
    | ExportFault::Order
    | ExportFault::RootScope => {
        "receipts::tests::export::each_manipulation_of_a_file_has_its_own_fault"
    }
    ExportFault::Keys | ExportFault::Root(_) => {
        "receipts::tests::export::roots_need_the_keys_of_the_caller_or_of_the_export"
    }
    ExportFault::RootDiffers { .. } => {
        "receipts::tests::export::a_removed_tail_is_found_by_the_root_and_named_by_its_heads"
    }
};

const _: fn(&WriteError) -> &str = |error| match error {
    WriteError::Contents | WriteError::Order | WriteError::Root => {
        "receipts::tests::export::the_writer_keeps_the_order_and_leaves_out_later_entries"
    }
};
