//! The test that provokes each error, of this package unless another is named. The compiler reports
//! a variant without a row, and `cargo xtask test` a row whose test does not exist.

use crate::{
    AuthorizationResponseError, DecryptionError, IdTokenError, JweError, JwsError, JwtError,
    KeyError, RequestObjectError, SealError, SignedIntrospectionError, SigningError,
};

const _: fn(&JweError) -> &str = |error| match error {
    JweError::AlgorithmMissing
    | JweError::AlgorithmRefused { .. }
    | JweError::EncryptionMissing
    | JweError::EncryptionRefused { .. } => "jwe::rejects_other_algorithms",
    JweError::AmbiguousKey | JweError::UnknownKey => "jwe::selects_key_by_kid_and_alg",
    JweError::Base64Url | JweError::InitializationVector | JweError::Parts | JweError::Tag => {
        "jwe::rejects_other_parts_lengths_and_alphabets"
    }
    JweError::Compressed
    | JweError::ContentType
    | JweError::Critical
    | JweError::EmbeddedKey { .. }
    | JweError::Header(_) => "jwe::rejects_keys_compression_and_extensions_in_the_header",
    JweError::NotText => "jwe::rejects_content_that_is_not_utf8",
    JweError::TooLarge => "jwe::decrypts_the_longest_jwe_and_rejects_longer_ones",
    JweError::Unopened => "jwe::changed_bit_does_not_decrypt",
};

const _: fn(&DecryptionError) -> &str = |error| match error {
    DecryptionError::NoKey { .. } => "jwe::at_hand::reports_the_thumbprint_of_a_missing_key",
    DecryptionError::Unavailable { .. } => "jwe::unavailable_service_can_be_called_again",
};

const _: fn(&KeyError) -> &str = |error| match error {
    KeyError::Algorithm => "keys::each_key_has_one_algorithm",
    KeyError::CannotDecrypt => "jwe::ring_reports_that_it_cannot_decrypt",
    KeyError::CannotGenerate { .. } => "keys::generated_keys_load_and_sign",
    KeyError::Curve | KeyError::Der | KeyError::Inconsistent => "key_files::rejects_other_pkcs8",
    KeyError::Ed25519Point => "keys::rejects_weak_ed25519_keys",
    KeyError::Encoding { .. } => "keys::rejects_other_curves_types_and_lengths",
    KeyError::Encrypted | KeyError::Sec1 => {
        "key_files::rejects_sec1_and_encrypted_pem_with_conversion_command"
    }
    KeyError::Json(_) => "keys::rejects_other_curves_types_and_lengths",
    KeyError::KeyOps | KeyError::Use => "keys::checks_use_and_key_ops",
    KeyError::KeyType | KeyError::Pem => "key_files::rejects_other_pem",
    KeyError::Missing { .. } | KeyError::MultiPrime | KeyError::RsaPrimes { .. } => {
        "keys::rejects_rsa_without_its_primes"
    }
    KeyError::NotRsa => "jwe::encryption_keys_are_public_rsa_for_encryption",
    KeyError::PrivateMember { .. } => "keys::rejects_public_key_with_private_member",
    KeyError::Proof => "keys::rejects_numbers_that_do_not_match",
    KeyError::RsaExponent | KeyError::RsaModulus { .. } => "keys::rejects_weak_rsa_keys",
    // No test: only a failing random source of the operating system, or memory that ran out.
    KeyError::Backend => "",
    KeyError::Set(_) => "key_sets::bounds_size_and_reads_any_number_of_keys",
    KeyError::Trailing => "key_files::rejects_elements_that_the_key_type_does_not_have",
};

const _: fn(&JwsError) -> &str = |error| match error {
    JwsError::AlgorithmMissing | JwsError::AlgorithmRefused { .. } => {
        "jws::rejects_none_and_every_other_algorithm"
    }
    JwsError::AmbiguousKey => "key_sets::rejects_token_without_kid_if_several_keys_match",
    JwsError::Base64Url => "jws::rejects_other_parts_and_alphabets",
    JwsError::Claims(_) => "jws::rejects_claims_that_are_not_strict_json",
    JwsError::Critical | JwsError::UnencodedPayload => "jws::rejects_any_crit",
    JwsError::EmbeddedKey { .. } => "jws::rejects_keys_in_the_header",
    JwsError::Header(_) => "jws::rejects_headers_that_are_not_strict_json",
    JwsError::KeyAlgorithm { .. } => "jws::verifies_only_with_the_signing_key",
    JwsError::Parts => "authorization_responses::distinguishes_unknown_key_from_bad_signature",
    JwsError::ProofKeyMissing | JwsError::ProofKey(_) | JwsError::ProofType => {
        "proofs::proofs_and_other_tokens_are_never_confused"
    }
    JwsError::Signature => "jws::rejects_ecdsa_signatures_in_der",
    JwsError::TooLarge => "jws::checks_size_first",
    JwsError::UnknownKey => "key_sets::reports_missing_key_as_unknown",
};

const _: fn(&SigningError) -> &str = |error| match error {
    SigningError::Der => "signatures::rejects_lenient_der",
    SigningError::Length { .. } => "signatures::rejects_signature_of_another_length",
    SigningError::NoKey { .. } => "signatures::several_keys_sign_by_thumbprint",
    SigningError::Unavailable { .. } => "fdx-par errors::retries_when_the_signer_is_unavailable",
    // No test: only a failing random source of the operating system, or memory that ran out.
    SigningError::Backend => "",
};

const _: fn(&SealError) -> &str = |error| match error {
    SealError::Malformed | SealError::NotText | SealError::TooLarge | SealError::Version { .. } => {
        "seal::rejects_other_texts"
    }
    SealError::Unauthentic | SealError::UnknownKey { .. } => {
        "seal::older_key_opens_and_removed_key_does_not"
    }
    // No test: only a failing random source of the operating system, or memory that ran out.
    SealError::Backend => "",
};

const _: fn(&IdTokenError) -> &str = |error| match error {
    IdTokenError::AccessTokenHash => "id_tokens::checks_at_hash_with_the_hash_of_the_algorithm",
    IdTokenError::Acr => "id_tokens::requires_one_of_the_requested_acr_values",
    IdTokenError::AudienceUntrusted | IdTokenError::AuthorizedParty => {
        "id_tokens::rejects_audience_other_than_the_client"
    }
    IdTokenError::AuthTime => "id_tokens::checks_times_within_the_tolerance",
    IdTokenError::AuthTimeTooOld => "id_tokens::rejects_login_older_than_max_age",
    IdTokenError::Encrypted => {
        "fdx-par encrypted_id_tokens::rejects_id_token_encrypted_without_registration"
    }
    IdTokenError::Jwe(_) | IdTokenError::Unopened => {
        "fdx-par encrypted_id_tokens::rejects_undecryptable_id_token"
    }
    IdTokenError::Jwt(_) => "id_tokens::rejects_duplicate_claims",
    IdTokenError::Nonce | IdTokenError::NonceUnexpected => {
        "id_tokens::requires_nonce_exactly_if_one_was_sent"
    }
    IdTokenError::Subject => "id_tokens::rejects_subject_that_is_not_short_ascii",
    IdTokenError::Unencrypted => {
        "fdx-par encrypted_id_tokens::an_id_token_that_is_not_encrypted_is_refused"
    }
    IdTokenError::Unsigned => {
        "fdx-par encrypted_id_tokens::encrypted_id_token_contains_a_signed_one"
    }
};

const _: fn(&JwtError) -> &str = |error| match error {
    JwtError::Algorithm { .. } => "id_tokens::rejects_algorithm_other_than_registered",
    JwtError::Audience => "id_tokens::rejects_audience_other_than_the_client",
    JwtError::Claims(_) => "id_tokens::rejects_duplicate_claims",
    JwtError::Expired
    | JwtError::IssuedInTheFuture
    | JwtError::IssuedTooLongAgo
    | JwtError::NotBefore => "id_tokens::checks_times_within_the_tolerance",
    JwtError::Expiry | JwtError::IssuedAt => "id_tokens::rejects_times_of_another_json_type",
    JwtError::Issuer => "id_tokens::rejects_any_other_issuer",
    JwtError::Jws(_) | JwtError::Signature => {
        "id_tokens::distinguishes_unknown_key_from_bad_signature"
    }
    JwtError::Type => "id_tokens::rejects_tokens_of_another_type",
    JwtError::UnknownKey => "id_tokens::reports_missing_key_as_unknown",
};

const _: fn(&AuthorizationResponseError) -> &str = |error| match error {
    AuthorizationResponseError::BothCodeAndError | AuthorizationResponseError::Neither => {
        "authorization_responses::requires_either_code_or_error"
    }
    AuthorizationResponseError::Code | AuthorizationResponseError::State => {
        "authorization_responses::checks_rules_in_the_order_of_jarm"
    }
    AuthorizationResponseError::Error => {
        "authorization_responses::rejects_parameters_that_are_not_strings"
    }
    AuthorizationResponseError::IssRepeated => {
        "authorization_responses::accepts_iss_twice_only_if_expected_and_identical"
    }
    AuthorizationResponseError::Jwt(_) => "authorization_responses::rejects_duplicate_claims",
    AuthorizationResponseError::Token => "authorization_responses::rejects_tokens",
};

const _: fn(&SignedIntrospectionError) -> &str = |error| match error {
    SignedIntrospectionError::Jwt(_) => {
        "signed_introspections::rejects_duplicate_members_inside_token_introspection"
    }
    SignedIntrospectionError::TokenIntrospection => {
        "signed_introspections::requires_token_introspection_object"
    }
};

const _: fn(&RequestObjectError) -> &str = |error| match error {
    RequestObjectError::Null { .. } => "request_objects::rejects_null",
    RequestObjectError::Repeated { .. } => "request_objects::rejects_repeated_parameter",
    RequestObjectError::Reserved { .. } => "request_objects::rejects_reserved_parameters",
};
