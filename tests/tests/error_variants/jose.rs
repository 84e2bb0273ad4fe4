use fdx_jose::{
    Algorithm, IdToken, IdTokenError, IdTokenExpectation, Jwks, Signature, Signer, SigningError,
    SigningInput, Tolerance, backend, statement,
};
use fdx_par::{Error, NextStep};
use fdx_tests::{Setup, World, bank_issuer, entropy, keys, start, usual_request};
use serde_json::json;

use super::Table;

/// Sealing, signing and making keys fail inside a backend where its random source does, which no
/// caller can bring about: both backends take it from the operating system.
const BACKEND: &str =
    "only a failing random source of the operating system, or memory that ran out";

const AUTHORIZATION_RESPONSES: &str = "crates/fdx-jose/tests/behaviour/authorization_responses.rs";
const ENCRYPTED: &str = "tests/tests/encrypted_id_tokens.rs";
const HERE: &str = "tests/tests/error_variants/jose.rs";
const ID_TOKENS: &str = "crates/fdx-jose/tests/behaviour/id_tokens.rs";
const JWE: &str = "crates/fdx-jose/tests/behaviour/jwe.rs";
const JWS: &str = "crates/fdx-jose/tests/behaviour/jws.rs";
const KEYS: &str = "crates/fdx-jose/tests/behaviour/keys.rs";
const KEY_FILES: &str = "crates/fdx-jose/tests/behaviour/key_files.rs";
const KEY_SETS: &str = "crates/fdx-jose/tests/behaviour/key_sets.rs";
const PROOFS: &str = "crates/fdx-jose/tests/behaviour/proofs.rs";
const REQUEST_OBJECTS: &str = "crates/fdx-jose/tests/behaviour/request_objects.rs";
const SEAL: &str = "crates/fdx-jose/tests/behaviour/seal.rs";
const SIGNATURES: &str = "crates/fdx-jose/tests/behaviour/signatures.rs";
const SIGNED_INTROSPECTIONS: &str = "crates/fdx-jose/tests/behaviour/signed_introspections.rs";

pub(crate) const TABLES: &[Table] = &[
    Table {
        declared: "crates/fdx-jose/src/jwe/error.rs",
        name: "JweError",
        rows: &[
            ("AlgorithmMissing", JWE, "other_algorithms_are_refused_by_name"),
            ("AlgorithmRefused", JWE, "other_algorithms_are_refused_by_name"),
            ("AmbiguousKey", JWE, "the_key_is_the_one_that_kid_and_alg_name"),
            ("Base64Url", JWE, "parts_lengths_and_alphabet_are_held"),
            ("Compressed", JWE, "headers_that_bring_more_are_refused_by_name"),
            ("ContentType", JWE, "headers_that_bring_more_are_refused_by_name"),
            ("Critical", JWE, "headers_that_bring_more_are_refused_by_name"),
            ("EmbeddedKey", JWE, "headers_that_bring_more_are_refused_by_name"),
            ("EncryptionMissing", JWE, "other_algorithms_are_refused_by_name"),
            ("EncryptionRefused", JWE, "other_algorithms_are_refused_by_name"),
            ("Header", JWE, "headers_that_bring_more_are_refused_by_name"),
            ("InitializationVector", JWE, "parts_lengths_and_alphabet_are_held"),
            ("NotText", JWE, "what_is_inside_is_text"),
            ("Parts", JWE, "parts_lengths_and_alphabet_are_held"),
            ("Tag", JWE, "parts_lengths_and_alphabet_are_held"),
            ("TooLarge", JWE, "the_longest_jwe_opens_and_a_longer_one_is_not_looked_at"),
            ("UnknownKey", JWE, "the_key_is_the_one_that_kid_and_alg_name"),
            ("Unopened", JWE, "a_changed_bit_does_not_open"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/decryption.rs",
        name: "DecryptionError",
        rows: &[
            ("NoKey", JWE, "a_key_that_is_not_here_is_named"),
            ("Unavailable", JWE, "a_service_that_is_down_is_asked_again"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/key/error.rs",
        name: "KeyError",
        rows: &[
            ("Algorithm", KEYS, "a_key_is_one_algorithm"),
            ("CannotDecrypt", JWE, "ring_says_that_it_can_t_decrypt"),
            ("CannotGenerate", KEYS, "made_keys_load_and_sign"),
            ("Curve", KEY_FILES, "other_pkcs8_is_refused_by_name"),
            ("Der", KEY_FILES, "other_pkcs8_is_refused_by_name"),
            ("Ed25519Point", KEYS, "weak_ed25519_keys_are_refused"),
            ("Encoding", KEYS, "curves_types_and_lengths_are_held"),
            (
                "Encrypted",
                KEY_FILES,
                "sec1_and_encrypted_pem_are_refused_with_the_command_that_converts_them",
            ),
            ("Inconsistent", KEY_FILES, "other_pkcs8_is_refused_by_name"),
            ("Json", KEY_SETS, "sets_are_bounded"),
            ("KeyOps", KEYS, "use_and_key_ops_are_held"),
            ("KeyType", KEY_FILES, "other_pem_is_refused"),
            ("Missing", KEYS, "rsa_without_its_primes_is_refused_by_name"),
            ("MultiPrime", KEYS, "rsa_without_its_primes_is_refused_by_name"),
            ("NotRsa", JWE, "a_key_to_encrypt_to_is_public_rsa_for_encryption"),
            ("Pem", KEY_FILES, "other_pem_is_refused"),
            ("PrivateMember", KEYS, "a_public_key_with_a_private_member_is_refused_by_name"),
            ("Proof", KEYS, "numbers_that_do_not_belong_together_are_refused"),
            ("RsaExponent", KEYS, "weak_rsa_keys_are_refused"),
            ("RsaModulus", KEYS, "weak_rsa_keys_are_refused"),
            ("RsaPrimes", KEYS, "rsa_without_its_primes_is_refused_by_name"),
            (
                "Sec1",
                KEY_FILES,
                "sec1_and_encrypted_pem_are_refused_with_the_command_that_converts_them",
            ),
            ("TooManyKeys", KEY_SETS, "sets_are_bounded"),
            ("Use", KEYS, "use_and_key_ops_are_held"),
        ],
        never: &[("Backend", BACKEND)],
    },
    Table {
        declared: "crates/fdx-jose/src/jws/error.rs",
        name: "JwsError",
        rows: &[
            ("AlgorithmMissing", JWS, "none_and_every_other_algorithm_are_refused_by_name"),
            ("AlgorithmRefused", JWS, "none_and_every_other_algorithm_are_refused_by_name"),
            ("AmbiguousKey", KEY_SETS, "without_a_key_id_only_one_key_may_fit"),
            ("Base64Url", JWS, "parts_and_alphabet_are_held"),
            ("Claims", JWS, "claims_are_strict_json"),
            ("Critical", JWS, "any_crit_is_refused"),
            ("EmbeddedKey", JWS, "keys_in_the_header_and_key_urls_are_refused"),
            ("Header", JWS, "headers_are_strict_json"),
            ("KeyAlgorithm", JWS, "what_is_signed_verifies_with_its_key_alone"),
            ("Parts", AUTHORIZATION_RESPONSES, "an_unknown_key_is_told_from_a_bad_signature"),
            (
                "ProofKeyMissing",
                PROOFS,
                "a_proof_is_not_read_as_anything_else_nor_anything_else_as_a_proof",
            ),
            (
                "ProofKey",
                PROOFS,
                "a_proof_is_not_read_as_anything_else_nor_anything_else_as_a_proof",
            ),
            (
                "ProofType",
                PROOFS,
                "a_proof_is_not_read_as_anything_else_nor_anything_else_as_a_proof",
            ),
            ("Signature", JWS, "ecdsa_signatures_of_the_wrong_form_fail"),
            ("TooLarge", JWS, "size_is_held_before_anything_else"),
            ("UnencodedPayload", JWS, "any_crit_is_refused"),
            ("UnknownKey", KEY_SETS, "a_key_that_is_not_there_is_unknown"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/signing.rs",
        name: "SigningError",
        rows: &[
            ("Der", SIGNATURES, "der_is_strict"),
            ("Length", SIGNATURES, "a_signature_of_another_length_is_not_attached"),
            ("NoKey", SIGNATURES, "a_signer_of_several_keys_chooses_by_thumbprint"),
            ("Unavailable", HERE, "a_signer_that_is_away"),
        ],
        never: &[("Backend", BACKEND)],
    },
    Table {
        declared: "crates/fdx-jose/src/seal.rs",
        name: "SealError",
        rows: &[
            ("Malformed", SEAL, "other_texts_are_refused"),
            ("NotText", SEAL, "other_texts_are_refused"),
            ("TooLarge", SEAL, "other_texts_are_refused"),
            ("Unauthentic", SEAL, "an_older_key_still_opens_and_a_retired_one_does_not"),
            ("UnknownKey", SEAL, "an_older_key_still_opens_and_a_retired_one_does_not"),
            ("Version", SEAL, "other_texts_are_refused"),
        ],
        never: &[("Backend", BACKEND)],
    },
    Table {
        declared: "crates/fdx-jose/src/id_token/error.rs",
        name: "IdTokenError",
        rows: &[
            ("AccessTokenHash", ID_TOKENS, "at_hash_follows_the_algorithm"),
            ("Acr", ID_TOKENS, "acr_is_one_of_those_that_were_asked_for"),
            ("Algorithm", ID_TOKENS, "the_registered_algorithm_is_held"),
            ("Audience", ID_TOKENS, "the_audience_is_the_client_and_nobody_else"),
            ("AudienceUntrusted", ID_TOKENS, "the_audience_is_the_client_and_nobody_else"),
            ("AuthTime", ID_TOKENS, "times_are_held_to_the_tolerance"),
            ("AuthTimeTooOld", ID_TOKENS, "max_age_needs_a_recent_login"),
            ("AuthorizedParty", ID_TOKENS, "the_audience_is_the_client_and_nobody_else"),
            ("Claims", ID_TOKENS, "duplicate_claims_are_refused"),
            ("Encrypted", ENCRYPTED, "an_id_token_that_is_encrypted_unasked_is_refused"),
            ("Expiry", ID_TOKENS, "times_of_another_type_are_refused"),
            ("Expired", ID_TOKENS, "times_are_held_to_the_tolerance"),
            ("IssuedAt", ID_TOKENS, "times_of_another_type_are_refused"),
            ("IssuedInTheFuture", ID_TOKENS, "times_are_held_to_the_tolerance"),
            ("IssuedTooLongAgo", ID_TOKENS, "times_are_held_to_the_tolerance"),
            ("Issuer", ID_TOKENS, "the_issuer_is_compared_exactly"),
            ("Jwe", ENCRYPTED, "what_does_not_open_or_may_not_be_looked_at_is_refused"),
            ("Jws", ID_TOKENS, "an_unknown_key_is_told_from_a_bad_signature"),
            ("Nonce", ID_TOKENS, "the_nonce_is_there_exactly_when_one_was_sent"),
            ("NonceUnexpected", ID_TOKENS, "the_nonce_is_there_exactly_when_one_was_sent"),
            ("NotBefore", ID_TOKENS, "times_are_held_to_the_tolerance"),
            ("Signature", ID_TOKENS, "an_unknown_key_is_told_from_a_bad_signature"),
            ("Subject", ID_TOKENS, "the_subject_is_ascii_and_short"),
            ("Type", ID_TOKENS, "tokens_of_another_kind_are_refused"),
            ("Unencrypted", ENCRYPTED, "an_id_token_that_is_not_encrypted_is_refused"),
            ("UnknownKey", HERE, "an_id_token_without_its_key"),
            ("Unopened", ENCRYPTED, "what_does_not_open_or_may_not_be_looked_at_is_refused"),
            ("Unsigned", ENCRYPTED, "what_is_inside_is_signed"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/authorization_response/error.rs",
        name: "AuthorizationResponseError",
        rows: &[
            ("Algorithm", AUTHORIZATION_RESPONSES, "the_registered_algorithm_is_held"),
            ("Audience", AUTHORIZATION_RESPONSES, "the_audience_is_the_client_and_nobody_else"),
            ("BothCodeAndError", AUTHORIZATION_RESPONSES, "code_and_error_exclude_each_other"),
            ("Claims", AUTHORIZATION_RESPONSES, "duplicate_claims_are_refused"),
            ("Code", AUTHORIZATION_RESPONSES, "rules_are_checked_in_the_order_of_jarm"),
            ("Error", AUTHORIZATION_RESPONSES, "each_parameter_is_a_text"),
            ("ErrorDescription", AUTHORIZATION_RESPONSES, "each_parameter_is_a_text"),
            ("ErrorUri", AUTHORIZATION_RESPONSES, "each_parameter_is_a_text"),
            ("Expiry", AUTHORIZATION_RESPONSES, "times_are_held_to_the_tolerance"),
            ("Expired", AUTHORIZATION_RESPONSES, "times_are_held_to_the_tolerance"),
            (
                "Issuer",
                AUTHORIZATION_RESPONSES,
                "the_issuer_is_compared_exactly_and_before_any_key_is_looked_at",
            ),
            ("Jws", AUTHORIZATION_RESPONSES, "an_unknown_key_is_told_from_a_bad_signature"),
            ("Neither", AUTHORIZATION_RESPONSES, "code_and_error_exclude_each_other"),
            ("NotBefore", AUTHORIZATION_RESPONSES, "times_are_held_to_the_tolerance"),
            ("Signature", AUTHORIZATION_RESPONSES, "an_unknown_key_is_told_from_a_bad_signature"),
            ("State", AUTHORIZATION_RESPONSES, "rules_are_checked_in_the_order_of_jarm"),
            ("Type", AUTHORIZATION_RESPONSES, "rules_are_checked_in_the_order_of_jarm"),
            ("UnknownKey", AUTHORIZATION_RESPONSES, "an_unknown_key_is_told_from_a_bad_signature"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/signed_introspection/error.rs",
        name: "SignedIntrospectionError",
        rows: &[
            ("Algorithm", SIGNED_INTROSPECTIONS, "the_registered_algorithm_is_held"),
            ("Audience", SIGNED_INTROSPECTIONS, "the_audience_is_the_caller_and_nobody_else"),
            (
                "Claims",
                SIGNED_INTROSPECTIONS,
                "duplicate_members_are_refused_within_the_introspection_too",
            ),
            ("Expiry", SIGNED_INTROSPECTIONS, "times_are_held_to_the_tolerance"),
            ("IssuedAt", SIGNED_INTROSPECTIONS, "times_are_held_to_the_tolerance"),
            ("IssuedInTheFuture", SIGNED_INTROSPECTIONS, "times_are_held_to_the_tolerance"),
            ("IssuedTooLongAgo", SIGNED_INTROSPECTIONS, "times_are_held_to_the_tolerance"),
            (
                "Issuer",
                SIGNED_INTROSPECTIONS,
                "the_issuer_is_compared_exactly_and_before_any_key_is_looked_at",
            ),
            ("Jws", SIGNED_INTROSPECTIONS, "an_unknown_key_is_told_from_a_bad_signature"),
            ("NotBefore", SIGNED_INTROSPECTIONS, "times_are_held_to_the_tolerance"),
            ("Signature", SIGNED_INTROSPECTIONS, "an_unknown_key_is_told_from_a_bad_signature"),
            ("TokenIntrospection", SIGNED_INTROSPECTIONS, "the_introspection_is_an_object"),
            ("Type", SIGNED_INTROSPECTIONS, "the_type_is_required"),
            ("UnknownKey", SIGNED_INTROSPECTIONS, "an_unknown_key_is_told_from_a_bad_signature"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/request_object/error.rs",
        name: "RequestObjectError",
        rows: &[
            ("Null", REQUEST_OBJECTS, "null_is_refused"),
            ("Repeated", REQUEST_OBJECTS, "a_repeated_parameter_is_refused"),
            ("Reserved", REQUEST_OBJECTS, "reserved_claims_cannot_be_written_over"),
        ],
        never: &[],
    },
];

/// A key management service that does not answer.
struct Away;

impl Signer for Away {
    fn sign(&self, _: &SigningInput) -> Result<Signature, SigningError> {
        Err(SigningError::Unavailable { reason: "503".to_owned() })
    }
}

#[test]
fn a_signer_that_is_away() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
    let error = draft.sign(&Away).unwrap_err();
    let away = SigningError::Unavailable { reason: "503".to_owned() };
    assert_eq!(error, Error::Signing(away));
    assert_eq!(error.next_step(), NextStep::Retry { after: None });
    // The draft was only borrowed.
    assert!(world.run(draft).is_ok());
}

#[test]
fn an_id_token_without_its_key() {
    let key = keys(Algorithm::EdDsa);
    let now = start().as_seconds();
    let claims = json!({
        "iss": "https://bank.example", "sub": "s", "aud": "app-1", "iat": now, "exp": now + 60,
    });
    let input = statement(key.public(), Some("JWT"), &claims).unwrap();
    let token = input.attach(&key.sign(&input).unwrap()).unwrap();
    let issuer = bank_issuer();
    let expectation = IdTokenExpectation {
        other_typ: None,
        issuer: &issuer,
        client_id: "app-1",
        algorithm: None,
        nonce: None,
        access_token: None,
        max_age: None,
        acr_values: None,
        now: start(),
        tolerance: Tolerance::default(),
    };
    let verify = |jwks: &Jwks| IdToken::verify(&token, &expectation, backend::ring(), jwks);
    let error = verify(&Jwks::default()).unwrap_err();
    assert_eq!(error, IdTokenError::UnknownKey);
    assert!(error.is_unknown_key());
    assert!(verify(&Jwks::new(vec![key.public().clone()])).is_ok());
}
