//! Properties of RFC 7636, and the example of its appendix B.

use fdx_pkce::{CodeChallenge, CodeVerifier, PkceError};
use proptest::prelude::*;

#[test]
fn computes_the_example_of_appendix_b() {
    let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
    let challenge = verifier.challenge();
    assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert!(challenge.verify(&verifier));
}

#[test]
fn checks_minimum_and_maximum_length() {
    for (length, fits) in [(0, false), (42, false), (43, true), (128, true), (129, false)] {
        assert_eq!(CodeVerifier::parse(&"a".repeat(length)).is_ok(), fits, "{length}");
    }
}

#[test]
fn rejects_verifier_of_another_length_or_alphabet() {
    // RFC 7636 4.1: 43*128unreserved
    for text in ["", &"a".repeat(42), &"a".repeat(129), &"+".repeat(43)] {
        assert_eq!(CodeVerifier::parse(text).map(drop), Err(PkceError::CodeVerifier), "{text}");
    }
}

proptest! {
    #[test]
    fn new_verifiers_are_valid(random: [u8; 32]) {
        let verifier = CodeVerifier::new(random);
        prop_assert_eq!(verifier.expose().len(), 43);
        let read = CodeVerifier::parse(verifier.expose()).unwrap();
        prop_assert!(verifier.challenge().verify(&read));
    }

    #[test]
    fn rejects_another_verifier(a: [u8; 32], b: [u8; 32]) {
        let challenge = CodeVerifier::new(a).challenge();
        prop_assert_eq!(challenge.verify(&CodeVerifier::new(b)), a == b);
    }

    #[test]
    fn checks_the_alphabet(text in "[!-~]{43,60}") {
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        prop_assert_eq!(CodeVerifier::parse(&text).is_ok(), text.chars().all(unreserved));
    }

    #[test]
    fn written_challenges_read_back(random: [u8; 32]) {
        let challenge = CodeVerifier::new(random).challenge();
        prop_assert_eq!(CodeChallenge::parse(challenge.as_str()), Ok(challenge));
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = CodeVerifier::parse(&text);
        if let Ok(challenge) = CodeChallenge::parse(&text) {
            prop_assert_eq!(challenge.as_str(), text);
        }
    }
}

#[test]
fn rejects_padded_or_short_challenge() {
    for text in ["", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c", "plain"] {
        assert_eq!(CodeChallenge::parse(text), Err(PkceError::CodeChallenge), "{text}");
    }
}

#[test]
fn debug_hides_the_verifier() {
    let verifier = CodeVerifier::new([7; 32]);
    assert_eq!(format!("{verifier:?}"), "CodeVerifier([redacted])");
}

#[test]
fn challenge_prints_its_text_and_error_names_the_rule() {
    let challenge = CodeVerifier::new([7; 32]).challenge();
    assert_eq!(challenge.to_string(), challenge.as_str());
    assert!(format!("{challenge:?}").contains(challenge.as_str()));
    let errors =
        [CodeVerifier::parse("short").unwrap_err(), CodeChallenge::parse("x").unwrap_err()];
    assert!(errors.iter().all(|error| error.to_string().len() > 20), "{errors:?}");
}
