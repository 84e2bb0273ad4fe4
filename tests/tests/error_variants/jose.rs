use fdx_jose::{
    Algorithm, IdToken, IdTokenExpectation, Jwks, JwtError, JwtExpectation, Signature, Signer,
    SigningError, SigningInput, backend, statement,
};
use fdx_par::{Error, NextStep};
use fdx_testkit::{Setup, World, bank_issuer, entropy, keys, start, usual_request};
use serde_json::json;

use super::Table;

/// Sealing, signing and making keys fail inside a backend where its random source does, which no
/// caller can bring about: both backends take it from the operating system.
const BACKEND: &str =
    "only a failing random source of the operating system, or memory that ran out";

const AUTHORIZATION_RESPONSES: &str = "crates/fdx-jose/tests/behaviour/authorization_responses.rs";
const ENCRYPTED: &str = "crates/fdx-par/tests/encrypted_id_tokens.rs";
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
        declared: "crates/fdx-jose/src/jwe.rs",
        name: "JweError",
        rows: &[
            ("AlgorithmMissing", JWE, "rejects_other_algorithms"),
            ("AlgorithmRefused", JWE, "rejects_other_algorithms"),
            ("AmbiguousKey", JWE, "selects_key_by_kid_and_alg"),
            ("Base64Url", JWE, "rejects_other_parts_lengths_and_alphabets"),
            ("Compressed", JWE, "rejects_keys_compression_and_extensions_in_the_header"),
            ("ContentType", JWE, "rejects_keys_compression_and_extensions_in_the_header"),
            ("Critical", JWE, "rejects_keys_compression_and_extensions_in_the_header"),
            ("EmbeddedKey", JWE, "rejects_keys_compression_and_extensions_in_the_header"),
            ("EncryptionMissing", JWE, "rejects_other_algorithms"),
            ("EncryptionRefused", JWE, "rejects_other_algorithms"),
            ("Header", JWE, "rejects_keys_compression_and_extensions_in_the_header"),
            ("InitializationVector", JWE, "rejects_other_parts_lengths_and_alphabets"),
            ("NotText", JWE, "rejects_content_that_is_not_utf8"),
            ("Parts", JWE, "rejects_other_parts_lengths_and_alphabets"),
            ("Tag", JWE, "rejects_other_parts_lengths_and_alphabets"),
            ("TooLarge", JWE, "decrypts_the_longest_jwe_and_rejects_longer_ones"),
            ("UnknownKey", JWE, "selects_key_by_kid_and_alg"),
            ("Unopened", JWE, "changed_bit_does_not_decrypt"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/decryption.rs",
        name: "DecryptionError",
        rows: &[
            ("NoKey", JWE, "reports_the_thumbprint_of_a_missing_key"),
            ("Unavailable", JWE, "unavailable_service_can_be_called_again"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/key/error.rs",
        name: "KeyError",
        rows: &[
            ("Algorithm", KEYS, "each_key_has_one_algorithm"),
            ("CannotDecrypt", JWE, "ring_reports_that_it_cannot_decrypt"),
            ("CannotGenerate", KEYS, "generated_keys_load_and_sign"),
            ("Curve", KEY_FILES, "rejects_other_pkcs8"),
            ("Der", KEY_FILES, "rejects_other_pkcs8"),
            ("Ed25519Point", KEYS, "rejects_weak_ed25519_keys"),
            ("Encoding", KEYS, "rejects_other_curves_types_and_lengths"),
            ("Encrypted", KEY_FILES, "rejects_sec1_and_encrypted_pem_with_conversion_command"),
            ("Inconsistent", KEY_FILES, "rejects_other_pkcs8"),
            ("Json", KEY_SETS, "bounds_size_and_number_of_keys"),
            ("KeyOps", KEYS, "checks_use_and_key_ops"),
            ("KeyType", KEY_FILES, "rejects_other_pem"),
            ("Missing", KEYS, "rejects_rsa_without_its_primes"),
            ("MultiPrime", KEYS, "rejects_rsa_without_its_primes"),
            ("NotRsa", JWE, "encryption_keys_are_public_rsa_for_encryption"),
            ("Pem", KEY_FILES, "rejects_other_pem"),
            ("PrivateMember", KEYS, "rejects_public_key_with_private_member"),
            ("Proof", KEYS, "rejects_numbers_that_do_not_match"),
            ("RsaExponent", KEYS, "rejects_weak_rsa_keys"),
            ("RsaModulus", KEYS, "rejects_weak_rsa_keys"),
            ("RsaPrimes", KEYS, "rejects_rsa_without_its_primes"),
            ("Sec1", KEY_FILES, "rejects_sec1_and_encrypted_pem_with_conversion_command"),
            ("TooManyKeys", KEY_SETS, "bounds_size_and_number_of_keys"),
            ("Use", KEYS, "checks_use_and_key_ops"),
        ],
        never: &[("Backend", BACKEND)],
    },
    Table {
        declared: "crates/fdx-jose/src/jws.rs",
        name: "JwsError",
        rows: &[
            ("AlgorithmMissing", JWS, "rejects_none_and_every_other_algorithm"),
            ("AlgorithmRefused", JWS, "rejects_none_and_every_other_algorithm"),
            ("AmbiguousKey", KEY_SETS, "rejects_token_without_kid_if_several_keys_match"),
            ("Base64Url", JWS, "rejects_other_parts_and_alphabets"),
            ("Claims", JWS, "rejects_claims_that_are_not_strict_json"),
            ("Critical", JWS, "rejects_any_crit"),
            ("EmbeddedKey", JWS, "rejects_keys_and_key_urls_in_the_header"),
            ("Header", JWS, "rejects_headers_that_are_not_strict_json"),
            ("KeyAlgorithm", JWS, "verifies_only_with_the_signing_key"),
            ("Parts", AUTHORIZATION_RESPONSES, "distinguishes_unknown_key_from_bad_signature"),
            ("ProofKeyMissing", PROOFS, "proofs_and_other_tokens_are_never_confused"),
            ("ProofKey", PROOFS, "proofs_and_other_tokens_are_never_confused"),
            ("ProofType", PROOFS, "proofs_and_other_tokens_are_never_confused"),
            ("Signature", JWS, "rejects_ecdsa_signatures_in_der"),
            ("TooLarge", JWS, "checks_size_first"),
            ("UnencodedPayload", JWS, "rejects_any_crit"),
            ("UnknownKey", KEY_SETS, "reports_missing_key_as_unknown"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/signing.rs",
        name: "SigningError",
        rows: &[
            ("Der", SIGNATURES, "rejects_lenient_der"),
            ("Length", SIGNATURES, "rejects_signature_of_another_length"),
            ("NoKey", SIGNATURES, "several_keys_sign_by_thumbprint"),
            ("Unavailable", HERE, "a_signer_that_is_away"),
        ],
        never: &[("Backend", BACKEND)],
    },
    Table {
        declared: "crates/fdx-jose/src/seal.rs",
        name: "SealError",
        rows: &[
            ("Malformed", SEAL, "rejects_other_texts"),
            ("NotText", SEAL, "rejects_other_texts"),
            ("TooLarge", SEAL, "rejects_other_texts"),
            ("Unauthentic", SEAL, "older_key_opens_and_removed_key_does_not"),
            ("UnknownKey", SEAL, "older_key_opens_and_removed_key_does_not"),
            ("Version", SEAL, "rejects_other_texts"),
        ],
        never: &[("Backend", BACKEND)],
    },
    Table {
        declared: "crates/fdx-jose/src/id_token.rs",
        name: "IdTokenError",
        rows: &[
            ("AccessTokenHash", ID_TOKENS, "checks_at_hash_with_the_hash_of_the_algorithm"),
            ("Acr", ID_TOKENS, "requires_one_of_the_requested_acr_values"),
            ("AudienceUntrusted", ID_TOKENS, "rejects_audience_other_than_the_client"),
            ("AuthTime", ID_TOKENS, "checks_times_within_the_tolerance"),
            ("AuthTimeTooOld", ID_TOKENS, "rejects_login_older_than_max_age"),
            ("AuthorizedParty", ID_TOKENS, "rejects_audience_other_than_the_client"),
            ("Encrypted", ENCRYPTED, "an_id_token_that_is_encrypted_unasked_is_refused"),
            ("Jwe", ENCRYPTED, "what_does_not_open_or_may_not_be_looked_at_is_refused"),
            ("Jwt", ID_TOKENS, "rejects_duplicate_claims"),
            ("Nonce", ID_TOKENS, "requires_nonce_exactly_if_one_was_sent"),
            ("NonceUnexpected", ID_TOKENS, "requires_nonce_exactly_if_one_was_sent"),
            ("Subject", ID_TOKENS, "rejects_subject_that_is_not_short_ascii"),
            ("Unencrypted", ENCRYPTED, "an_id_token_that_is_not_encrypted_is_refused"),
            ("Unopened", ENCRYPTED, "what_does_not_open_or_may_not_be_looked_at_is_refused"),
            ("Unsigned", ENCRYPTED, "what_is_inside_is_signed"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/jwt.rs",
        name: "JwtError",
        rows: &[
            ("Algorithm", ID_TOKENS, "rejects_algorithm_other_than_registered"),
            ("Audience", ID_TOKENS, "rejects_audience_other_than_the_client"),
            ("Claims", ID_TOKENS, "rejects_duplicate_claims"),
            ("Expired", ID_TOKENS, "checks_times_within_the_tolerance"),
            ("Expiry", ID_TOKENS, "rejects_times_of_another_json_type"),
            ("IssuedAt", ID_TOKENS, "rejects_times_of_another_json_type"),
            ("IssuedInTheFuture", ID_TOKENS, "checks_times_within_the_tolerance"),
            ("IssuedTooLongAgo", ID_TOKENS, "checks_times_within_the_tolerance"),
            ("Issuer", ID_TOKENS, "rejects_any_other_issuer"),
            ("Jws", ID_TOKENS, "distinguishes_unknown_key_from_bad_signature"),
            ("NotBefore", ID_TOKENS, "checks_times_within_the_tolerance"),
            ("Signature", ID_TOKENS, "distinguishes_unknown_key_from_bad_signature"),
            ("Type", ID_TOKENS, "rejects_tokens_of_another_type"),
            ("UnknownKey", HERE, "an_id_token_without_its_key"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/authorization_response.rs",
        name: "AuthorizationResponseError",
        rows: &[
            ("BothCodeAndError", AUTHORIZATION_RESPONSES, "requires_either_code_or_error"),
            ("Code", AUTHORIZATION_RESPONSES, "checks_rules_in_the_order_of_jarm"),
            ("Error", AUTHORIZATION_RESPONSES, "rejects_parameters_that_are_not_strings"),
            (
                "ErrorDescription",
                AUTHORIZATION_RESPONSES,
                "rejects_parameters_that_are_not_strings",
            ),
            ("ErrorUri", AUTHORIZATION_RESPONSES, "rejects_parameters_that_are_not_strings"),
            ("Jwt", AUTHORIZATION_RESPONSES, "rejects_duplicate_claims"),
            ("Neither", AUTHORIZATION_RESPONSES, "requires_either_code_or_error"),
            ("State", AUTHORIZATION_RESPONSES, "checks_rules_in_the_order_of_jarm"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/signed_introspection.rs",
        name: "SignedIntrospectionError",
        rows: &[
            ("Jwt", SIGNED_INTROSPECTIONS, "rejects_duplicate_members_inside_token_introspection"),
            ("TokenIntrospection", SIGNED_INTROSPECTIONS, "requires_token_introspection_object"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-jose/src/request_object.rs",
        name: "RequestObjectError",
        rows: &[
            ("Null", REQUEST_OBJECTS, "rejects_null"),
            ("Repeated", REQUEST_OBJECTS, "rejects_repeated_parameter"),
            ("Reserved", REQUEST_OBJECTS, "rejects_reserved_parameters"),
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
    let expectation = IdTokenExpectation::new(JwtExpectation::new(&issuer, "app-1", start()));
    let verify = |jwks: &Jwks| IdToken::verify(&token, &expectation, backend::ring(), jwks);
    let error = verify(&Jwks::default()).unwrap_err();
    assert_eq!(error, JwtError::UnknownKey.into());
    assert!(error.is_unknown_key());
    assert!(verify(&Jwks::new(vec![key.public().clone()])).is_ok());
}
