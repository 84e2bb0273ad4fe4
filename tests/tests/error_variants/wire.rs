use fdx_pkce::{CodeVerifier, PkceError};
use fdx_wire::base64url::{self, NotBase64Url};
use fdx_wire::form::{Query, QueryError};
use fdx_wire::json::{self, Kind, Limits};
use serde_json::Value;

use super::Table;

const FORM: &str = "crates/fdx-wire/src/form.rs";
const HERE: &str = "tests/tests/error_variants/wire.rs";
const JOINED: &str = "an_identifier_is_joined_as_one_segment_that_no_server_reads_as_a_way_out";
const JSON_TESTS: &str = "crates/fdx-wire/src/json/tests.rs";
const RFC7636: &str = "crates/fdx-pkce/tests/rfc7636.rs";
const TIME: &str = "crates/fdx-wire/src/time.rs";
const URL_TESTS: &str = "crates/fdx-wire/src/url/tests.rs";

pub(crate) const TABLES: &[Table] = &[
    Table {
        declared: "crates/fdx-wire/src/url/mod.rs",
        name: "UrlError",
        rows: &[
            ("Character", URL_TESTS, "what_two_readers_might_read_differently_is_refused"),
            ("DotSegment", URL_TESTS, JOINED),
            ("Extra", URL_TESTS, "what_two_readers_might_read_differently_is_refused"),
            ("Host", URL_TESTS, "what_two_readers_might_read_differently_is_refused"),
            ("Identifier", URL_TESTS, JOINED),
            ("Length", URL_TESTS, "what_two_readers_might_read_differently_is_refused"),
            ("Port", URL_TESTS, "what_two_readers_might_read_differently_is_refused"),
            ("Scheme", URL_TESTS, "what_two_readers_might_read_differently_is_refused"),
            ("UserInfo", URL_TESTS, "what_two_readers_might_read_differently_is_refused"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-wire/src/form.rs",
        name: "QueryError",
        rows: &[
            ("Duplicate", HERE, "a_parameter_twice"),
            ("Encoding", FORM, "rejects_bad_encodings"),
            ("TooLong", FORM, "rejects_too_many_pairs"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-wire/src/json/error.rs",
        name: "Kind",
        rows: &[
            ("DuplicateKey", JSON_TESTS, "duplicate_members_are_refused_wherever_they_stand"),
            ("NotUtf8", JSON_TESTS, "bytes_that_are_not_utf8_are_refused"),
            ("ReservedName", JSON_TESTS, "rejects_reserved_names_at_any_depth"),
            ("Shape", JSON_TESTS, "an_error_names_its_place_and_not_its_text"),
            ("Syntax", HERE, "what_is_not_json"),
            ("TooDeep", JSON_TESTS, "bounds_hold_on_both_sides"),
            ("TooLarge", JSON_TESTS, "bounds_hold_on_both_sides"),
            ("TooManyMembers", JSON_TESTS, "bounds_hold_on_both_sides"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-wire/src/time.rs",
        name: "TimeError",
        rows: &[("TimeError", TIME, "applies_offsets_and_rejects_local_times")],
        never: &[],
    },
    Table {
        declared: "crates/fdx-wire/src/base64url.rs",
        name: "NotBase64Url",
        rows: &[("NotBase64Url", HERE, "what_is_not_canonical_base64url")],
        never: &[],
    },
    Table {
        declared: "crates/fdx-pkce/src/error.rs",
        name: "PkceError",
        rows: &[
            ("CodeVerifier", HERE, "a_verifier_that_is_too_short"),
            ("CodeChallenge", RFC7636, "rejects_padded_or_short_challenge"),
        ],
        never: &[],
    },
];

#[test]
fn a_parameter_twice() {
    let query = Query::parse("code=a&code=a", 100).unwrap();
    assert_eq!(query.one("code"), Err(QueryError::Duplicate));
}

#[test]
fn what_is_not_json() {
    for text in ["", "{", "{}x", "{'a':1}", "nul"] {
        let error = json::from_slice::<Value>(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Syntax, "{text}");
    }
}

#[test]
fn what_is_not_canonical_base64url() {
    for text in ["A", "AA==", "AB", "A+AA", "A AA", "\u{e4}"] {
        assert_eq!(base64url::decode(text), Err(NotBase64Url), "{text}");
    }
    assert_eq!(base64url::decode_array::<2>("AA"), Err(NotBase64Url));
}

#[test]
fn a_verifier_that_is_too_short() {
    // RFC 7636 4.1: 43*128unreserved
    for text in ["", &"a".repeat(42), &"a".repeat(129), &"+".repeat(43)] {
        assert_eq!(CodeVerifier::parse(text).map(drop), Err(PkceError::CodeVerifier), "{text}");
    }
}
