//! The test that provokes each error, of this package unless another is named. The compiler reports
//! a variant without a row, and `cargo xtask test` a row whose test does not exist.

use crate::PkceError;

const _: fn(&PkceError) -> &str = |error| match error {
    PkceError::CodeVerifier => "rejects_verifier_of_another_length_or_alphabet",
    PkceError::CodeChallenge => "rejects_padded_or_short_challenge",
};
