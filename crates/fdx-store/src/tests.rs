//! The test that provokes each error, of this package unless another is named. The compiler reports
//! a variant without a row, and `cargo xtask test` a row whose test does not exist.

use crate::StoreError;

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
