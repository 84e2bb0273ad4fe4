//! The test that provokes each error, of this package unless another is named. The compiler reports
//! a variant without a row, and `cargo xtask test` a row whose test does not exist.

use crate::base64url::NotBase64Url;
use crate::form::QueryError;
use crate::json::Kind;
use crate::members::{MemberFault, ReadError};
use crate::{TimeError, UrlError};

const _: fn(&UrlError) -> &str = |error| match error {
    UrlError::Character
    | UrlError::Extra
    | UrlError::Host
    | UrlError::Length
    | UrlError::Port
    | UrlError::Scheme
    | UrlError::UserInfo => "url::tests::rejects_urls_that_two_readers_read_differently",
    UrlError::DotSegment | UrlError::Identifier => {
        "url::tests::joins_identifier_as_one_segment_without_traversal"
    }
};

const _: fn(&QueryError) -> &str = |error| match error {
    QueryError::Duplicate => "form::tests::rejects_repeated_parameter",
    QueryError::Encoding => "form::tests::rejects_bad_encodings",
    QueryError::TooLong => "form::tests::rejects_too_many_pairs",
};

const _: fn(&Kind) -> &str = |error| match error {
    Kind::DuplicateKey => "json::tests::rejects_duplicate_members_at_any_depth",
    Kind::NotUtf8 => "json::tests::bytes_that_are_not_utf8_are_refused",
    Kind::ReservedName => "json::tests::rejects_reserved_names_at_any_depth",
    Kind::Shape => "json::tests::an_error_names_its_place_and_not_its_text",
    Kind::Syntax => "json::tests::a_two_character_escape_is_the_character_that_it_stands_for",
    Kind::TooDeep | Kind::TooLarge | Kind::TooManyMembers => {
        "json::tests::bounds_hold_on_both_sides"
    }
};

const _: fn(&TimeError) -> &str = |_| "time::tests::applies_offsets_and_rejects_local_times";

const _: fn(&NotBase64Url) -> &str = |_| "base64url::tests::rejects_what_is_not_canonical";

const _: fn(&ReadError) -> &str = |error| match error {
    ReadError::Json(_) => "members::tests::other_documents_are_not_objects",
    ReadError::Member(_) => "fdx-rar consent_grant::tests::every_member_is_read_by_its_class",
};

const _: fn(&MemberFault) -> &str = |_| "members::tests::required_member_is_named_with_its_place";
