use fdx_rar::{
    AuthorizationDetails, AuthorizationDetailsError, ConsentDuration, ConsentId, ConsentIdError,
    ConsentRequest, ConsentRequestError,
};

use super::Table;

const AUTHORIZATION_DETAILS_TESTS: &str = "crates/fdx-rar/src/authorization_details/tests.rs";
const CONSENT_REQUEST_TESTS: &str = "crates/fdx-rar/src/consent_request/tests.rs";
const HERE: &str = "tests/tests/error_variants/rar.rs";
const NOTIFICATION_TESTS: &str = "crates/fdx-rar/src/notification/tests.rs";
const RECEIPT_TESTS: &str = "crates/fdx-rar/src/receipt/tests.rs";
const SCOPE: &str = "crates/fdx-rar/src/scope.rs";

pub(crate) const TABLES: &[Table] = &[
    Table {
        declared: "crates/fdx-rar/src/scope.rs",
        name: "ScopeError",
        rows: &[("ScopeError", SCOPE, "rejects_texts_that_are_not_tokens")],
        never: &[],
    },
    Table {
        declared: "crates/fdx-rar/src/consent_grant/consent_id.rs",
        name: "ConsentIdError",
        rows: &[("ConsentIdError", HERE, "a_consent_id_with_a_control_character")],
        never: &[],
    },
    Table {
        declared: "crates/fdx-rar/src/notification/mod.rs",
        name: "NotificationError",
        rows: &[
            ("ConsentId", NOTIFICATION_TESTS, "rejects_consent_without_id"),
            ("Json", NOTIFICATION_TESTS, "rejects_anything_but_a_small_json_object"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-rar/src/receipt/mod.rs",
        name: "ReceiptError",
        rows: &[
            ("Contradiction", RECEIPT_TESTS, "rejects_other_versions_and_contradictions"),
            ("Json", RECEIPT_TESTS, "rejects_other_versions_and_contradictions"),
            ("UnknownMember", RECEIPT_TESTS, "rejects_added_members"),
            ("Version", RECEIPT_TESTS, "rejects_other_versions_and_contradictions"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-rar/src/consent_request/mod.rs",
        name: "ConsentRequestError",
        rows: &[
            ("DurationPeriod", HERE, "a_year_and_a_day"),
            ("DurationType", AUTHORIZATION_DETAILS_TESTS, "each_violation_has_its_own_error"),
            ("NoDataClusters", CONSENT_REQUEST_TESTS, "rejects_empty_resource_of_a_repeated_type"),
            ("NoResources", HERE, "a_request_for_nothing"),
            ("NoResourceType", HERE, "a_resource_of_no_type"),
            ("ResourceId", HERE, "a_request_for_a_resource_by_its_id"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-rar/src/authorization_details/mod.rs",
        name: "AuthorizationDetailsError",
        rows: &[
            ("ConsentRequest", AUTHORIZATION_DETAILS_TESTS, "each_violation_has_its_own_error"),
            ("Json", AUTHORIZATION_DETAILS_TESTS, "rejects_anything_but_an_array_of_objects"),
            ("Member", AUTHORIZATION_DETAILS_TESTS, "rejects_common_members_and_fdx_type"),
            ("NoConsentRequest", AUTHORIZATION_DETAILS_TESTS, "each_violation_has_its_own_error"),
            ("NoType", AUTHORIZATION_DETAILS_TESTS, "rejects_common_members_and_fdx_type"),
            ("TwoConsentRequests", AUTHORIZATION_DETAILS_TESTS, "each_violation_has_its_own_error"),
            ("TypeIsFdx", AUTHORIZATION_DETAILS_TESTS, "rejects_common_members_and_fdx_type"),
        ],
        never: &[],
    },
];

#[test]
fn a_consent_id_with_a_control_character() {
    for text in ["", "a\n", "\u{0}", &"a".repeat(257)] {
        assert_eq!(ConsentId::parse(text), Err(ConsentIdError), "{text:?}");
    }
}

#[test]
fn a_year_and_a_day() {
    for days in [0, 366] {
        assert_eq!(ConsentDuration::time_bound(days), Err(ConsentRequestError::DurationPeriod));
    }
}

#[test]
fn a_request_for_nothing() {
    let nothing = ConsentRequest::new(ConsentDuration::OneTime).build();
    assert_eq!(nothing, Err(ConsentRequestError::NoResources));
}

/// What a consent request with this one resource is refused for.
fn refused(resource: &str) -> ConsentRequestError {
    let json = format!(
        r#"[{{"type":"fdx_v1.0","consentRequest":{{"durationType":"ONE_TIME","resources":[{resource}]}}}}]"#
    );
    match AuthorizationDetails::parse(json) {
        Err(AuthorizationDetailsError::ConsentRequest(error)) => error,
        other => panic!("{resource}: {other:?}"),
    }
}

#[test]
fn a_resource_of_no_type() {
    let error = refused(r#"{"dataClusters":["ACCOUNT_BASIC"]}"#);
    assert_eq!(error, ConsentRequestError::NoResourceType);
}

#[test]
fn a_request_for_a_resource_by_its_id() {
    let resource =
        r#"{"resourceType":"ACCOUNT","resourceId":"a","dataClusters":["ACCOUNT_BASIC"]}"#;
    assert_eq!(refused(resource), ConsentRequestError::ResourceId);
}
