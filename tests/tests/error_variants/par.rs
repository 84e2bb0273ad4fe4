use fdx_jose::{JwtError, Signer, statement};
use fdx_par::{
    AuthorizationRequest, CallFault, Client, ConfigurationFault, Error, NextStep, RefusalKind,
    ResourceRequest, ResponseMode,
};
use fdx_testkit::{
    Answer, Setup, World, answer, claims, consent_request, keys, patched, start, usual_request,
};
use fdx_wire::{HttpsUrl, Issuer};
use serde_json::json;

use super::Table;

const BAD_INPUT_MAIN: &str = "crates/fdx-par/tests/bad_input/mod.rs";
const CALLBACK: &str = "crates/fdx-par/tests/callback.rs";
const CONSENT_ID: &str = "crates/fdx-par/tests/consent_id.rs";
const DIALECT_FIT: &str = "crates/fdx-par/tests/dialect_fit.rs";
const ENDPOINTS: &str = "crates/fdx-par/tests/endpoints.rs";
const ENCRYPTED: &str = "crates/fdx-par/tests/encrypted_id_tokens.rs";
const AUTHORIZATION_ENDPOINT: &str = "crates/fdx-par/tests/authorization_endpoint.rs";
const ADDED: &str = "what_a_dialect_or_a_request_adds_is_not_in_the_endpoint_s_query_either";
const NAMED: &str = "an_endpoint_whose_query_names_a_parameter_of_a_request_is_not_used";
const HERE: &str = "tests/tests/error_variants/par.rs";
const INTROSPECTION: &str = "crates/fdx-par/tests/introspection.rs";
const KEYS: &str = "crates/fdx-par/tests/bad_input/keys.rs";
const LOOPBACK_ISSUER: &str = "crates/fdx-par/tests/loopback_issuer.rs";
const MASTERCARD: &str = "crates/fdx-par/tests/registration/mastercard.rs";
const METADATA: &str = "crates/fdx-par/tests/bad_input/metadata.rs";
const PROFILE_CONFIGURATION: &str = "crates/fdx-par/tests/profile_configuration.rs";
const PROFILE_MESSAGE_SIGNING: &str = "crates/fdx-par/tests/profile_message_signing.rs";
const PUSH: &str = "crates/fdx-par/tests/bad_input/push.rs";
const REFRESH: &str = "crates/fdx-par/tests/refresh.rs";
const UNVERIFIED: &str = "crates/fdx-par/tests/unverified_tokens.rs";
const FDX_HEADERS: &str = "crates/fdx-par/tests/fdx_headers.rs";
const NOTIFICATIONS: &str = "crates/fdx-par/tests/notifications.rs";
const REQUEST_OBJECTS: &str = "crates/fdx-par/tests/request_objects.rs";
const REQUESTED: &str = "crates/fdx-par/tests/requested.rs";
const REGISTRATION_ACCESS: &str = "crates/fdx-par/tests/registration/access.rs";
const REGISTRATION_ANSWERS: &str = "crates/fdx-par/tests/registration/answers.rs";
const REGISTRATION_CHOICES: &str = "crates/fdx-par/tests/registration/choices.rs";
const REGISTRATION_ELSEWHERE: &str = "crates/fdx-par/tests/registration/elsewhere.rs";
const REGISTRATION_STORED: &str = "crates/fdx-par/tests/registration/stored.rs";
const RESOURCE: &str = "crates/fdx-par/tests/bad_input/resource.rs";
const RETRY: &str = "crates/fdx-par/tests/retry.rs";
const RUN: &str = "crates/fdx-transport-hyper/tests/loopback/run.rs";
const SEALED: &str = "crates/fdx-par/tests/sealed.rs";
const SIGNED_CALLBACKS: &str = "crates/fdx-par/tests/signed_callbacks.rs";
const STORED_GRANT: &str = "crates/fdx-par/tests/stored_grant.rs";
const TOKENS: &str = "crates/fdx-par/tests/bad_input/tokens.rs";
const NO_RESPONSE: &str = "crates/fdx-par/tests/no_response.rs";
const WEAKENED: &str = "crates/fdx-par/tests/registration/weakened.rs";
const UAE: &str = "crates/fdx-par/src/dialect/uae/tests.rs";
const UNUSUAL_CALLBACKS: &str = "crates/fdx-par/tests/unusual_callbacks.rs";

pub(crate) const TABLES: &[Table] = &[
    Table {
        declared: "crates/fdx-par/src/dialect/uae/details.rs",
        name: "AccountAccessConsentError",
        rows: &[
            ("Expired", UAE, "requires_expiration_in_the_future_and_within_a_year"),
            ("NoPermission", UAE, "requires_expiration_in_the_future_and_within_a_year"),
            ("TooLong", UAE, "requires_expiration_in_the_future_and_within_a_year"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-par/src/error/error.rs",
        name: "Error",
        rows: &[
            ("AuthorizationResponse", HERE, "a_signed_callback_of_another_issuer"),
            ("Call", HERE, "a_parameter_of_the_protocol"),
            (
                "Callback",
                CALLBACK,
                "each_wrong_callback_leaves_the_pending_value_for_the_right_one",
            ),
            ("Configuration", HERE, "a_key_whose_algorithm_the_server_does_not_take"),
            ("Decryption", ENCRYPTED, "a_service_that_is_down_costs_nothing"),
            ("IdToken", REFRESH, "the_refreshed_id_token_holds_as_the_first_one_did"),
            ("Refusal", BAD_INPUT_MAIN, "what_a_failure_says_is_kept_bounded_and_escaped"),
            (
                "Registration",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            ("Seal", SEALED, "it_opens_in_its_own_place_alone"),
            ("Server", INTROSPECTION, "a_token_that_is_bound_to_another_key_is_refused"),
            ("SignedIntrospection", HERE, "a_signed_introspection_for_somebody_else"),
            ("Signing", RUN, "returns_protocol_errors"),
            ("StoredState", STORED_GRANT, "another_version_is_refused"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-par/src/error/refusal.rs",
        name: "RefusalKind",
        rows: &[
            ("OAuth", HERE, "an_oauth_error"),
            ("Authorization", CALLBACK, "an_error_ends_the_flow"),
            ("Challenge", RESOURCE, "a_challenge_is_told_in_its_words"),
            ("Fdx", RESOURCE, "fdx_errors_are_read_with_codes_of_either_type"),
            ("Http", HERE, "an_http_error"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-par/src/error/caller.rs",
        name: "ConfigurationFault",
        rows: &[
            ("AlgorithmNotListed", HERE, "a_key_whose_algorithm_the_server_does_not_take"),
            (
                "AudienceElsewhere",
                DIALECT_FIT,
                "assertions_are_for_a_token_endpoint_of_the_issuer_s_origin_alone",
            ),
            ("AuthorizationEndpointQuery", AUTHORIZATION_ENDPOINT, ADDED),
            (
                "CertificateOther",
                DIALECT_FIT,
                "one_certificate_authenticates_the_client_and_binds_its_tokens",
            ),
            ("DialectCertificate", DIALECT_FIT, "what_a_provider_needs_is_said_when_it_is_missing"),
            (
                "DialectClientSecret",
                DIALECT_FIT,
                "what_a_provider_needs_is_said_when_it_is_missing",
            ),
            (
                "DialectPrivateKeyJwt",
                DIALECT_FIT,
                "what_a_provider_needs_is_said_when_it_is_missing",
            ),
            ("DialectPs256", DIALECT_FIT, "what_a_provider_needs_is_said_when_it_is_missing"),
            (
                "DialectRequestObject",
                DIALECT_FIT,
                "what_a_provider_needs_is_said_when_it_is_missing",
            ),
            (
                "DialectUnboundTokens",
                DIALECT_FIT,
                "what_a_provider_needs_is_said_when_it_is_missing",
            ),
            (
                "EndpointMissing",
                ENDPOINTS,
                "an_endpoint_that_is_not_published_is_missing_even_where_its_alias_is_not_needed",
            ),
            ("IssuerMismatch", HERE, "another_issuer_s_metadata"),
            ("LoopbackHttp", LOOPBACK_ISSUER, "a_client_of_it_needs_a_dialect_that_names_it"),
            (
                "MetadataPublished",
                DIALECT_FIT,
                "endpoints_are_documented_by_one_provider_and_on_its_own_origin",
            ),
            ("NotFapi", DIALECT_FIT, "what_is_not_fapi_needs_a_dialect_that_names_it"),
            (
                "RedirectUriQuery",
                UNUSUAL_CALLBACKS,
                "a_redirect_uri_names_no_parameter_of_a_response",
            ),
            (
                "RegistrationAlgorithm",
                REGISTRATION_CHOICES,
                "what_would_be_signed_by_rs256_has_to_be_named",
            ),
            (
                "RegistrationCertificate",
                REGISTRATION_CHOICES,
                "a_client_of_certificates_says_which",
            ),
            ("RegistrationKeys", REGISTRATION_CHOICES, "only_public_keys_are_registered"),
            ("RegistrationSecret", REGISTRATION_CHOICES, "a_client_secret_is_not_registered"),
            (
                "RequestObjectNotPushed",
                DIALECT_FIT,
                "a_request_is_pushed_or_not_as_the_dialect_says",
            ),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-par/src/error/caller.rs",
        name: "CallFault",
        rows: &[
            ("ConsentIdUnknown", CONSENT_ID, "without_an_id_no_consent_is_read"),
            (
                "DetailsTypeNotListed",
                PROFILE_CONFIGURATION,
                "details_of_a_type_that_the_server_does_not_list_are_not_pushed",
            ),
            ("ExtraReserved", REQUEST_OBJECTS, "no_extra_has_a_name_of_the_protocol"),
            ("HeaderReserved", HERE, "a_header_of_the_protocol"),
            ("HeaderText", FDX_HEADERS, "a_text_that_no_header_carries_whole_is_refused"),
            ("HintOther", NOTIFICATIONS, "a_notification_about_another_consent_sends_nothing"),
            ("NotPushed", DIALECT_FIT, "a_request_is_pushed_or_not_as_the_dialect_says"),
            ("OutsideFdxBase", ENDPOINTS, "a_token_never_leaves_the_fdx_base"),
            ("ParameterText", HERE, "an_empty_parameter"),
            (
                "RegistrationElsewhere",
                REGISTRATION_ELSEWHERE,
                "the_token_goes_to_no_other_origin_than_the_registration_endpoint_s",
            ),
            (
                "RegistrationUnmanaged",
                REGISTRATION_ACCESS,
                "what_can_not_manage_a_registration_is_noticed_and_nothing_is_sent",
            ),
            ("ResponseMode", HERE, "a_callback_read_in_another_response_mode"),
            ("SignatureCount", NO_RESPONSE, "too_few_or_too_many_signatures_hand_the_draft_back"),
            ("UrlTooLong", CONSENT_ID, "an_id_that_no_url_has_room_for_is_not_sent"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-par/src/error/caller.rs",
        name: "StoredStateFault",
        rows: &[
            ("OtherClient", CALLBACK, "another_client_s_flow_is_not_this_one_s"),
            (
                "OtherKey",
                ENDPOINTS,
                "a_token_that_is_bound_otherwise_than_the_client_binds_is_not_sent",
            ),
            ("RedirectTooLate", PUSH, "the_customer_is_sent_off_before_the_request_uri_expires"),
            (
                "RefreshTokenExpired",
                DIALECT_FIT,
                "a_refresh_token_past_its_documented_life_is_not_sent",
            ),
            (
                "RefreshTokenMissing",
                INTROSPECTION,
                "without_a_refresh_token_or_an_endpoint_nothing_is_sent",
            ),
            ("StoredGrant", STORED_GRANT, "another_version_is_refused"),
            (
                "StoredRegistration",
                REGISTRATION_STORED,
                "what_is_not_a_stored_registration_is_refused",
            ),
            ("StoredUnverified", UNVERIFIED, "restore_rejects_unverified_tokens"),
            ("StoredVerified", UNVERIFIED, "restore_unverified_rejects_a_verified_grant"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-par/src/error/callback.rs",
        name: "CallbackFault",
        rows: &[
            (
                "BothCodeAndError",
                CALLBACK,
                "each_wrong_callback_leaves_the_pending_value_for_the_right_one",
            ),
            (
                "Duplicate",
                PROFILE_MESSAGE_SIGNING,
                "only_the_signed_response_is_an_answer_and_nothing_else_spends_the_flow",
            ),
            ("Expired", CALLBACK, "each_wrong_callback_leaves_the_pending_value_for_the_right_one"),
            (
                "FrontChannelToken",
                SIGNED_CALLBACKS,
                "a_response_beside_a_bare_code_is_no_callback_of_the_query_mode",
            ),
            (
                "IssMismatch",
                CALLBACK,
                "each_wrong_callback_leaves_the_pending_value_for_the_right_one",
            ),
            (
                "IssMissing",
                CALLBACK,
                "each_wrong_callback_leaves_the_pending_value_for_the_right_one",
            ),
            ("Neither", CALLBACK, "each_wrong_callback_leaves_the_pending_value_for_the_right_one"),
            (
                "NotSigned",
                CALLBACK,
                "each_wrong_callback_leaves_the_pending_value_for_the_right_one",
            ),
            ("StateMismatch", CALLBACK, "one_changed_character_of_the_state_is_another_state"),
            (
                "StateMissing",
                PROFILE_MESSAGE_SIGNING,
                "only_the_signed_response_is_an_answer_and_nothing_else_spends_the_flow",
            ),
            ("TooLong", CALLBACK, "each_wrong_callback_leaves_the_pending_value_for_the_right_one"),
            (
                "Unreadable",
                CALLBACK,
                "each_wrong_callback_leaves_the_pending_value_for_the_right_one",
            ),
            (
                "OtherRedirectUri",
                CALLBACK,
                "each_wrong_callback_leaves_the_pending_value_for_the_right_one",
            ),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-par/src/error/registration.rs",
        name: "RegistrationFault",
        rows: &[
            (
                "AuthorizationSignedResponseAlg",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            ("DpopBoundAccessTokens", WEAKENED, "all_that_is_weakened_is_told"),
            (
                "GrantTypes",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            (
                "IdTokenEncryptedResponseAlg",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            (
                "IdTokenEncryptedResponseEnc",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            (
                "IdTokenSignedResponseAlg",
                MASTERCARD,
                "the_documented_answer_is_read_and_refused_for_rs256",
            ),
            (
                "IntrospectionSignedResponseAlg",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            (
                "Jwks",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            ("JwksUri", WEAKENED, "another_place_of_the_keys_is_refused"),
            ("RedirectUris", WEAKENED, "all_that_is_weakened_is_told"),
            (
                "RequestObjectSigningAlg",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            (
                "RequirePushedAuthorizationRequests",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            (
                "RequireSignedRequestObject",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            (
                "ResponseModes",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            (
                "ResponseTypes",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            ("TlsClientAuthName", WEAKENED, "another_name_for_the_certificate_is_refused"),
            (
                "TlsClientCertificateBoundAccessTokens",
                WEAKENED,
                "tokens_that_would_not_be_bound_to_the_certificate_are_refused",
            ),
            (
                "TokenEndpointAuthMethod",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
            (
                "TokenEndpointAuthSigningAlg",
                WEAKENED,
                "a_registration_that_weakens_a_member_is_refused_by_its_name_and_kept",
            ),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-par/src/error/callback.rs",
        name: "SealFault",
        rows: &[
            ("Expired", SEALED, "it_opens_until_the_callback_deadline"),
            ("NotOurs", SEALED, "it_opens_in_its_own_place_alone"),
            ("TooLarge", SEALED, "over_3800_characters_is_an_error_when_it_is_sealed"),
            ("Version", SEALED, "another_version_is_told_apart"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-par/src/error/server.rs",
        name: "ServerRule",
        rows: &[
            ("AccessTokenText", TOKENS, "an_access_token_has_to_fit_a_header"),
            (
                "AuthorizationDetailsMissing",
                REQUESTED,
                "a_consent_id_of_the_client_s_comes_back_and_no_other",
            ),
            ("AuthorizationEndpointQuery", AUTHORIZATION_ENDPOINT, NAMED),
            ("BodyDuplicate", RESOURCE, "a_success_is_handed_over_and_its_json_is_read_strictly"),
            ("BodyEncoding", RESOURCE, "a_success_is_handed_over_and_its_json_is_read_strictly"),
            ("BodyNested", RESOURCE, "a_success_is_handed_over_and_its_json_is_read_strictly"),
            (
                "BodyReservedName",
                "crates/fdx-par/tests/one_reader.rs",
                "a_resource_is_read_into_any_type_but_not_with_hidden_json",
            ),
            ("BodyShape", BAD_INPUT_MAIN, "members_of_another_type_are_refused"),
            ("BodySyntax", RESOURCE, "a_success_is_handed_over_and_its_json_is_read_strictly"),
            ("BodyTooLarge", RESOURCE, "what_is_not_a_success_is_one_typed_error"),
            ("ClientId", REGISTRATION_ANSWERS, "a_client_id_is_printable_and_not_endless"),
            (
                "ClientIdOther",
                REGISTRATION_ANSWERS,
                "the_answer_to_a_read_is_about_the_same_client",
            ),
            (
                "ConsentIdConflict",
                CONSENT_ID,
                "two_carriers_that_differ_are_an_error_that_keeps_the_tokens",
            ),
            (
                "ConsentIdInvalid",
                CONSENT_ID,
                "an_id_has_1_to_256_characters_and_no_control_characters",
            ),
            ("ConsentIdOther", CONSENT_ID, "the_grant_is_the_one_that_was_asked_for"),
            ("ConsentInactive", CONSENT_ID, "a_consent_that_is_not_active_keeps_the_tokens"),
            (
                "ContentType",
                BAD_INPUT_MAIN,
                "every_endpoint_gives_one_typed_error_and_sends_nothing_after_it",
            ),
            ("EndpointNotHttps", METADATA, "every_endpoint_is_https"),
            ("ExpiresIn", PUSH, "expires_in_is_a_whole_number_of_seconds_from_one"),
            (
                "IdTokenMissing",
                TOKENS,
                "an_id_token_that_was_asked_for_and_is_missing_leaves_the_tokens",
            ),
            (
                "Introspection",
                CONSENT_ID,
                "a_token_that_is_not_active_keeps_the_tokens_and_tells_nothing",
            ),
            (
                "IntrospectionUnsigned",
                INTROSPECTION,
                "where_a_signature_was_asked_for_plain_json_is_refused",
            ),
            ("IssuerMismatch", METADATA, "metadata_of_another_issuer_is_not_used"),
            ("KeysUnusable", KEYS, "a_set_of_more_than_a_hundred_keys_is_refused"),
            ("MetadataMember", METADATA, "what_fapi_2_needs_has_to_be_there"),
            ("NonceSyntax", RETRY, "a_malformed_nonce_is_no_nonce"),
            ("NonceAgain", RETRY, "a_second_challenge_is_an_error_and_nothing_more_is_sent"),
            ("PkceUnsupported", METADATA, "metadata_without_s256_is_not_used"),
            (
                "RefreshedIdentity",
                REFRESH,
                "the_refreshed_id_token_is_about_the_same_login_of_the_same_customer",
            ),
            ("PushStatus", PUSH, "a_push_that_was_taken_says_201"),
            ("Redirected", RESOURCE, "what_is_not_a_success_is_one_typed_error"),
            (
                "RegistrationStatus",
                REGISTRATION_ANSWERS,
                "a_registration_is_answered_with_201_and_json",
            ),
            ("RequestUri", PUSH, "a_push_needs_a_request_uri"),
            ("Status", BAD_INPUT_MAIN, "a_success_has_its_own_status_and_no_other"),
            ("TokenType", BAD_INPUT_MAIN, "introspection_of_another_binding_is_refused"),
        ],
        never: &[],
    },
];

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

#[test]
fn a_parameter_of_the_protocol() {
    let error = usual_request().extra("client_id", "app-2").unwrap_err();
    assert_eq!(error, Error::Call(CallFault::ExtraReserved));
    assert_eq!(error.next_step(), NextStep::Correct);
}

#[test]
fn an_empty_parameter() {
    for text in ["", "a\nb", &"a".repeat(2049)] {
        for request in [
            AuthorizationRequest::new(consent_request()).prompt(text),
            AuthorizationRequest::new(consent_request()).login_hint(text),
            AuthorizationRequest::new(consent_request()).ui_locales(text),
            AuthorizationRequest::new(consent_request()).acr_values(text),
            AuthorizationRequest::new(consent_request()).extra("x", text),
        ] {
            assert_eq!(request.unwrap_err(), CallFault::ParameterText.into());
        }
    }
}

#[test]
fn a_header_of_the_protocol() {
    let url = HttpsUrl::parse("https://bank.example/fdx/v6/accounts").unwrap();
    for (name, value) in [
        ("Authorization", "Bearer x"),
        ("DPoP", "x"),
        ("x-fapi-interaction-id", "x"),
        ("host", "evil.example"),
        ("not a name", "x"),
        ("accept", "a\r\nb"),
    ] {
        let refused = ResourceRequest::get(url.clone()).header(name, value).unwrap_err();
        assert_eq!(refused, CallFault::HeaderReserved.into(), "{name}");
    }
}

#[test]
fn a_key_whose_algorithm_the_server_does_not_take() {
    let mut world = World::new(Setup::default());
    for member in
        ["token_endpoint_auth_signing_alg_values_supported", "dpop_signing_alg_values_supported"]
    {
        world.tamper_at(WELL_KNOWN, move |a| patched(a, &json!({ member: ["ES256"] })));
        let error = world.client().unwrap_err();
        let expected = Error::Configuration(ConfigurationFault::AlgorithmNotListed);
        assert_eq!(error, expected, "{member}");
        world.tamper_at(WELL_KNOWN, move |a| patched(a, &json!({ member: ["ES256", "EdDSA"] })));
        assert!(world.client().is_ok(), "{member}");
    }
}

#[test]
fn another_issuer_s_metadata() {
    let metadata = World::new(Setup::default()).client().unwrap().metadata().clone();
    for issuer in ["https://other.example", "https://bank.example/"] {
        let mut config = Setup::default().config();
        config.issuer = Issuer::parse(issuer).unwrap();
        let error = Client::new(config, metadata.clone()).unwrap_err();
        assert_eq!(error, ConfigurationFault::IssuerMismatch.into(), "{issuer}");
    }
}

#[test]
fn a_callback_read_in_another_response_mode() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let refused = client.signed_callback(pending, &callback, start()).unwrap_err();
    assert_eq!(refused.error, CallFault::ResponseMode.into());
    // It is still good for the mode that was asked for.
    assert!(client.callback(*refused.unspent, &callback, start()).is_ok());

    let mut world = World::new(Setup { response_mode: ResponseMode::Jwt, ..Setup::default() });
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let refused = client.callback(pending, &callback, start()).unwrap_err();
    assert_eq!(refused.error, CallFault::ResponseMode.into());
    assert!(client.signed_callback(*refused.unspent, &callback, start()).is_ok());
}

#[test]
fn a_signed_callback_of_another_issuer() {
    let mut world = World::new(Setup { response_mode: ResponseMode::Jwt, ..Setup::default() });
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let (place, jwt) = callback.split_once("response=").unwrap();
    let key = keys(world.algorithm());
    let mut response = claims(jwt);
    response["iss"] = "https://evil.example".into();
    let input = statement(key.public(), None, &response).unwrap();
    let forged = input.attach(&key.sign(&input).unwrap()).unwrap();
    let signed =
        client.signed_callback(pending, &format!("{place}response={forged}"), world.now).unwrap();
    let refused = client.verify(signed, None, world.now).unwrap_err();
    let issuer = JwtError::Issuer.into();
    assert_eq!(refused.error, Error::AuthorizationResponse(issuer));
    assert_eq!(refused.error.next_step(), NextStep::KeepWaiting);
    // What is pending still waits for its own.
    let pending = refused.unspent.into_pending();
    assert!(world.callback(&client, pending, &callback).is_ok());
}

#[test]
fn a_signed_introspection_for_somebody_else() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let key = keys(world.algorithm());
    world.tamper_at("/introspect", move |answer| {
        let mut claims = claims(str::from_utf8(answer.body()).unwrap());
        claims["aud"] = "app-2".into();
        let input = statement(key.public(), Some("token-introspection+jwt"), &claims).unwrap();
        let jwt = input.attach(&key.sign(&input).unwrap()).unwrap();
        answer.map(|_| jwt.into_bytes())
    });
    let token = grant.tokens().access_token();
    let draft = client.introspect_signed(token, world.draw(), world.now).unwrap();
    let jwt = world.run(draft).unwrap();
    let draft = client.fetch_keys(world.now).unwrap();
    let server_keys = world.run(draft).unwrap();
    let refused = client.verify(jwt, Some(&server_keys), world.now).unwrap_err();
    let audience = JwtError::Audience.into();
    assert_eq!(refused.error, Error::SignedIntrospection(audience));
}

/// The kind of refusal that a push ends in.
fn refused(made_up: fn(Answer) -> Answer) -> RefusalKind {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    world.tamper_at("/par", made_up);
    match world.push(&client, &usual_request()) {
        Err(Error::Refusal(refusal)) => refusal.kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_oauth_error() {
    let kind = refused(|_| answer(400, "application/json", r#"{"error":"invalid_scope"}"#));
    assert_eq!(kind, RefusalKind::OAuth);
}

#[test]
fn an_http_error() {
    assert_eq!(refused(|_| answer(502, "text/html", "<p>bad gateway")), RefusalKind::Http);
}
