//! The test that provokes each error, of this package unless another is named. The compiler reports
//! a variant without a row, and `cargo xtask test` a row whose test does not exist.

use crate::dialect::uae::AccountAccessConsentError;
use crate::error::{RefusalKind, RegistrationFault, SealFault};
use crate::{CallFault, CallbackFault, ConfigurationFault, Error, ServerRule, StoredStateFault};

const _: fn(&AccountAccessConsentError) -> &str = |error| match error {
    AccountAccessConsentError::Expired
    | AccountAccessConsentError::NoPermission
    | AccountAccessConsentError::TooLong => {
        "dialect::uae::tests::requires_expiration_in_the_future_and_within_a_year"
    }
};

const _: fn(&Error) -> &str = |error| match error {
    Error::AuthorizationResponse { .. } => "errors::rejects_signed_callback_of_another_issuer",
    Error::Call(_) => "consent_id::without_an_id_no_consent_is_read",
    Error::Callback(_) => "callback::rejected_callback_returns_the_pending_value",
    Error::Configuration(_) => "endpoints::a_base_url_has_no_query",
    Error::Decryption(_) => "encrypted_id_tokens::unavailable_decryption_service_keeps_the_tokens",
    Error::IdToken { .. } => "refresh::refreshed_id_token_is_verified_like_the_first",
    Error::Metadata(_) => "bad_input::metadata::a_missing_url_is_named_by_the_call_that_needs_it",
    Error::Parameter(_) => "errors::rejects_extra_parameter_of_the_protocol",
    Error::Refusal(_) => "bad_input::refusal_texts_are_kept_bounded_and_escaped",
    Error::Registration(_) => {
        "registration::weakened::rejects_weakened_member_by_name_and_keeps_the_registration"
    }
    Error::Seal(_) => "sealed::sealed_value_opens_only_in_its_context",
    Error::Server(_) => "introspection::a_token_that_is_bound_to_another_key_is_refused",
    Error::SignedIntrospection { .. } => {
        "errors::rejects_signed_introspection_for_another_audience"
    }
    Error::Signing(_) => "fdx-transport-hyper run::returns_protocol_errors",
    Error::StoredState(_) => "stored_grant::another_version_is_refused",
};

const _: fn(&RefusalKind) -> &str = |error| match error {
    RefusalKind::OAuth => "errors::reads_oauth_error",
    RefusalKind::Authorization => "callback::an_error_ends_the_flow",
    RefusalKind::Challenge => "bad_input::resource::reports_challenge_in_the_server_s_words",
    RefusalKind::Fdx => "bad_input::resource::fdx_errors_are_read_with_codes_of_either_type",
    RefusalKind::Http => "errors::reads_http_error",
};

const _: fn(&ConfigurationFault) -> &str = |error| match error {
    ConfigurationFault::AlgorithmNotListed => "errors::rejects_key_of_an_unlisted_algorithm",
    ConfigurationFault::AudienceElsewhere => {
        "dialect_fit::audience_token_endpoint_must_be_on_the_issuers_origin"
    }
    ConfigurationFault::AuthorizationEndpointQuery => {
        "authorization_endpoint::rejects_endpoint_query_that_names_added_parameters"
    }
    ConfigurationFault::BaseQuery => "endpoints::a_base_url_has_no_query",
    ConfigurationFault::CertificateOther => {
        "dialect_fit::one_certificate_authenticates_the_client_and_binds_its_tokens"
    }
    ConfigurationFault::DialectCertificate
    | ConfigurationFault::DialectClientSecret
    | ConfigurationFault::DialectPrivateKeyJwt
    | ConfigurationFault::DialectPs256
    | ConfigurationFault::DialectRequestObject
    | ConfigurationFault::DialectUnboundTokens => {
        "dialect_fit::names_the_missing_need_of_the_dialect"
    }
    ConfigurationFault::EndpointNotHttps => "bad_input::metadata::every_endpoint_is_https",
    ConfigurationFault::EndpointMissing => {
        "bad_input::metadata::a_missing_url_is_named_by_the_call_that_needs_it"
    }
    ConfigurationFault::IssuerMismatch => "errors::rejects_metadata_of_another_issuer",
    ConfigurationFault::LoopbackHttp => "loopback_issuer::loopback_issuer_needs_the_dialect_member",
    ConfigurationFault::MetadataPublished => {
        "dialect_fit::documented_endpoints_are_on_the_issuers_origin"
    }
    ConfigurationFault::NotFapi => {
        "dialect_fit::non_fapi_configuration_needs_a_dialect_that_allows_it"
    }
    ConfigurationFault::RedirectUriQuery => {
        "unusual_callbacks::rejects_redirect_uri_with_a_response_parameter"
    }
    ConfigurationFault::RegistrationAlgorithm => {
        "registration::choices::response_algorithms_without_a_safe_default_are_required"
    }
    ConfigurationFault::RegistrationCertificate => {
        "registration::choices::certificate_client_must_describe_its_certificate"
    }
    ConfigurationFault::RegistrationJwksUri => {
        "registration::choices::a_provider_that_refuses_inline_keys_needs_their_url"
    }
    ConfigurationFault::RegistrationKeys => {
        "registration::choices::only_public_keys_are_registered"
    }
    ConfigurationFault::RegistrationSecret => {
        "registration::choices::a_client_secret_is_not_registered"
    }
    ConfigurationFault::RequestObjectNotPushed => {
        "dialect_fit::dialect_decides_whether_a_request_is_pushed"
    }
};

const _: fn(&CallFault) -> &str = |error| match error {
    CallFault::ConsentIdUnknown => "consent_id::without_an_id_no_consent_is_read",
    CallFault::DetailsTypeNotListed => {
        "profile_configuration::details_of_a_type_that_the_server_does_not_list_are_not_pushed"
    }
    CallFault::ExtraReserved => "request_objects::rejects_extra_with_a_protocol_name",
    CallFault::HeaderReserved => "errors::rejects_header_of_the_protocol",
    CallFault::HeaderText => "fdx_headers::rejects_text_that_a_header_can_not_hold",
    CallFault::HintOther => "notifications::a_notification_about_another_consent_sends_nothing",
    CallFault::MetadataProtective => {
        "registration::choices::members_are_omitted_by_name_unless_they_protect"
    }
    CallFault::MetadataReserved => "registration::choices::rejects_extra_with_a_reserved_name",
    CallFault::NotPushed => "dialect_fit::dialect_decides_whether_a_request_is_pushed",
    CallFault::OutsideFdxBase => "endpoints::a_token_never_leaves_the_fdx_base",
    CallFault::ParameterJson => "request_objects::a_json_parameter_must_be_an_object",
    CallFault::ParameterText => "errors::rejects_empty_or_long_parameter",
    CallFault::RegistrationElsewhere => {
        "registration::elsewhere::sends_the_token_only_to_the_origin_of_registration"
    }
    CallFault::RegistrationUnmanaged => {
        "registration::access::unmanageable_registration_is_reported_and_sends_nothing"
    }
    CallFault::ResponseMode => "errors::rejects_callback_read_in_another_response_mode",
    CallFault::SignatureCount => "no_response::wrong_number_of_signatures_returns_the_draft",
    CallFault::UrlTooLong => "consent_id::consent_id_too_long_for_a_url_is_not_sent",
};

const _: fn(&StoredStateFault) -> &str = |error| match error {
    StoredStateFault::OtherClient => "callback::rejects_flow_of_another_client",
    StoredStateFault::OtherKey => "endpoints::sends_no_token_with_another_binding",
    StoredStateFault::RedirectTooLate => {
        "bad_input::push::redirect_deadline_is_before_request_uri_expiry"
    }
    StoredStateFault::RefreshTokenExpired => "dialect_fit::expired_refresh_token_is_not_sent",
    StoredStateFault::RefreshTokenMissing => {
        "introspection::without_a_refresh_token_or_an_endpoint_nothing_is_sent"
    }
    StoredStateFault::StoredGrant => "stored_grant::another_version_is_refused",
    StoredStateFault::StoredPending => "stored_pending::rejects_another_text_or_version",
    StoredStateFault::StoredRegistration => {
        "registration::stored::rejects_malformed_stored_registration"
    }
    StoredStateFault::StoredUnverified => "unverified_tokens::restore_rejects_unverified_tokens",
    StoredStateFault::StoredVerified => {
        "unverified_tokens::restore_unverified_rejects_a_verified_grant"
    }
};

const _: fn(&CallbackFault) -> &str = |error| match error {
    CallbackFault::BothCodeAndError
    | CallbackFault::CodeText
    | CallbackFault::Expired
    | CallbackFault::IssMismatch
    | CallbackFault::IssMissing
    | CallbackFault::Neither
    | CallbackFault::NotSigned
    | CallbackFault::TooLong
    | CallbackFault::Unreadable
    | CallbackFault::OtherRedirectUri => "callback::rejected_callback_returns_the_pending_value",
    CallbackFault::Duplicate | CallbackFault::StateMissing => {
        "profile_message_signing::accepts_only_the_signed_response_and_keeps_the_flow"
    }
    CallbackFault::FrontChannelToken => {
        "signed_callbacks::rejects_response_parameter_in_query_mode"
    }
    CallbackFault::IssNotAnnounced => {
        "unusual_callbacks::rejects_callback_without_promised_iss_in_every_dialect"
    }
    CallbackFault::StateMismatch => "callback::rejects_state_with_one_changed_character",
};

const _: fn(&RegistrationFault) -> &str = |error| match error {
    RegistrationFault::AuthorizationSignedResponseAlg
    | RegistrationFault::GrantTypes
    | RegistrationFault::IdTokenEncryptedResponseAlg
    | RegistrationFault::IdTokenEncryptedResponseEnc
    | RegistrationFault::IntrospectionSignedResponseAlg
    | RegistrationFault::Jwks
    | RegistrationFault::RequestObjectSigningAlg
    | RegistrationFault::RequirePushedAuthorizationRequests
    | RegistrationFault::RequireSignedRequestObject
    | RegistrationFault::ResponseModes
    | RegistrationFault::ResponseTypes
    | RegistrationFault::TokenEndpointAuthMethod
    | RegistrationFault::TokenEndpointAuthSigningAlg => {
        "registration::weakened::rejects_weakened_member_by_name_and_keeps_the_registration"
    }
    RegistrationFault::DpopBoundAccessTokens | RegistrationFault::RedirectUris => {
        "registration::weakened::reports_every_weakened_member"
    }
    RegistrationFault::IdTokenSignedResponseAlg => {
        "registration::weakened::reports_every_weakened_member"
    }
    RegistrationFault::JwksUri => {
        "registration::weakened::rejects_registration_of_another_key_source"
    }
    RegistrationFault::TlsClientAuthName => {
        "registration::weakened::rejects_registration_of_another_certificate_name"
    }
    RegistrationFault::TlsClientCertificateBoundAccessTokens => {
        "registration::weakened::rejects_registration_of_unbound_tokens"
    }
};

const _: fn(&SealFault) -> &str = |error| match error {
    SealFault::Expired => "sealed::it_opens_until_the_callback_deadline",
    SealFault::NotOurs => "sealed::sealed_value_opens_only_in_its_context",
    SealFault::TooLarge => "sealed::over_3800_characters_is_an_error_when_it_is_sealed",
    SealFault::Version => "sealed::reports_another_version",
};

const _: fn(&ServerRule) -> &str = |error| match error {
    ServerRule::AccessTokenText => "bad_input::tokens::an_access_token_has_to_fit_a_header",
    ServerRule::AuthorizationDetailsMissing => {
        "requested::rejects_another_consent_id_than_the_clients"
    }
    ServerRule::AuthorizationEndpointQuery => {
        "authorization_endpoint::an_endpoint_whose_query_names_a_parameter_of_a_request_is_not_used"
    }
    ServerRule::BodyDuplicate
    | ServerRule::BodyEncoding
    | ServerRule::BodyNested
    | ServerRule::BodySyntax => {
        "bad_input::resource::resource_bytes_are_returned_and_json_is_read_strictly"
    }
    ServerRule::BodyMember => "bad_input::protective_members_of_another_type_break_their_own_rule",
    ServerRule::BodyReservedName => {
        "one_reader::a_resource_is_read_into_any_type_but_not_with_hidden_json"
    }
    ServerRule::BodyShape => "bad_input::a_body_that_is_no_object_is_refused",
    ServerRule::BodyTooLarge | ServerRule::Redirected => {
        "bad_input::resource::every_other_status_is_one_typed_error"
    }
    ServerRule::ClientId => "registration::answers::a_client_id_is_printable_and_not_endless",
    ServerRule::ClientIdOther => {
        "registration::answers::rejects_read_response_about_another_client"
    }
    ServerRule::ConsentIdConflict => "consent_id::conflicting_consent_ids_keep_the_tokens",
    ServerRule::ConsentIdInvalid => {
        "consent_id::an_id_has_1_to_256_characters_and_no_control_characters"
    }
    ServerRule::ConsentIdOther => "consent_id::rejects_grant_of_another_consent",
    ServerRule::ConsentInactive => "consent_id::a_consent_that_is_not_active_keeps_the_tokens",
    ServerRule::ContentEncoding => "headers::a_content_coding_is_named_in_the_error",
    ServerRule::ContentType => {
        "bad_input::every_endpoint_returns_one_typed_error_and_sends_nothing_after_it"
    }
    ServerRule::ExpiresIn => "bad_input::push::expires_in_is_a_number_of_seconds_from_one",
    ServerRule::IdTokenMissing => "bad_input::tokens::missing_id_token_keeps_the_tokens",
    ServerRule::Introspection => {
        "consent_id::first_inactive_introspection_reports_nothing_and_a_later_one_keeps_the_tokens"
    }
    ServerRule::IntrospectionUnsigned => {
        "introspection::rejects_plain_json_if_a_signature_was_requested"
    }
    ServerRule::IssuerMismatch => "bad_input::metadata::metadata_of_another_issuer_is_not_used",
    ServerRule::NonceSyntax => "retry::ignores_malformed_nonce",
    ServerRule::NonceMissing => "retry::a_nonce_that_is_required_and_missing_is_named",
    ServerRule::NonceAgain => "retry::second_challenge_is_an_error",
    ServerRule::PkceUnsupported => "bad_input::metadata::metadata_without_s256_is_not_used",
    ServerRule::RefreshedIdentity => {
        "refresh::the_refreshed_id_token_is_about_the_same_login_of_the_same_customer"
    }
    ServerRule::PushStatus => "bad_input::push::accepted_push_has_status_201",
    ServerRule::RegistrationStatus => {
        "registration::answers::a_registration_is_answered_with_201_and_json"
    }
    ServerRule::RequestUri => "bad_input::push::a_push_needs_a_request_uri",
    ServerRule::Status => "bad_input::each_endpoint_has_one_success_status",
    ServerRule::TokenType => "bad_input::introspection_of_another_binding_is_refused",
};
