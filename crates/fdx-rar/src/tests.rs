//! The test that provokes each error, of this package unless another is named. The compiler reports
//! a variant without a row, and `cargo xtask test` a row whose test does not exist.

use crate::{
    AuthorizationDetailsError, ConsentIdError, ConsentRequestError, NotificationError,
    ReceiptError, ScopeError,
};

const _: fn(&ScopeError) -> &str = |_| "scope::tests::rejects_texts_that_are_not_tokens";

const _: fn(&ConsentIdError) -> &str =
    |_| "consent_grant::consent_id::tests::rejects_control_characters";

const _: fn(&NotificationError) -> &str = |error| match error {
    NotificationError::ConsentId => "notification::tests::rejects_consent_without_id",
    NotificationError::Json(_) => "notification::tests::rejects_anything_but_a_small_json_object",
};

const _: fn(&ReceiptError) -> &str = |error| match error {
    ReceiptError::Contradiction | ReceiptError::Json(_) | ReceiptError::Version => {
        "receipt::tests::rejects_other_versions_and_contradictions"
    }
    ReceiptError::UnknownMember => "receipt::tests::rejects_added_members",
};

const _: fn(&ConsentRequestError) -> &str = |error| match error {
    ConsentRequestError::DurationPeriod => "consent_request::tests::rejects_more_than_a_year",
    ConsentRequestError::DurationType => {
        "authorization_details::tests::each_violation_has_its_own_error"
    }
    ConsentRequestError::Member => "consent_request::tests::rejects_reserved_and_repeated_members",
    ConsentRequestError::NoDataClusters => {
        "consent_request::tests::rejects_empty_resource_of_a_repeated_type"
    }
    ConsentRequestError::NoResources => "consent_request::tests::rejects_request_for_nothing",
    ConsentRequestError::NoResourceType | ConsentRequestError::ResourceId => {
        "consent_request::tests::rejects_resource_without_type_or_by_id"
    }
};

const _: fn(&AuthorizationDetailsError) -> &str = |error| match error {
    AuthorizationDetailsError::ConsentRequest(_)
    | AuthorizationDetailsError::NoConsentRequest
    | AuthorizationDetailsError::TwoConsentRequests => {
        "authorization_details::tests::each_violation_has_its_own_error"
    }
    AuthorizationDetailsError::Element { .. }
    | AuthorizationDetailsError::Json(_)
    | AuthorizationDetailsError::NotArray => {
        "authorization_details::tests::rejects_anything_but_an_array_of_objects"
    }
    AuthorizationDetailsError::Member
    | AuthorizationDetailsError::NoType
    | AuthorizationDetailsError::TypeIsFdx => {
        "authorization_details::tests::rejects_common_members_and_fdx_type"
    }
};
