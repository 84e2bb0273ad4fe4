//! The same laws for each backend, and for each pair of backends.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(clippy::disallowed_types, reason = "tests compare with serde_json::Value")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod laws;
mod pairs;
mod support;

macro_rules! each {
    ($backend:ident, [$($law:ident),* $(,)?]) => {
        mod $backend {
            use fdx_jose::backend;

            $(
                #[test]
                fn $law() {
                    crate::laws::$law(backend::$backend());
                }
            )*
        }
    };
    ($laws:tt) => {
        #[cfg(feature = "aws-lc-rs")]
        each!(aws_lc_rs, $laws);
        #[cfg(feature = "ring")]
        each!(ring, $laws);
    };
}

macro_rules! pair {
    ($name:ident, $one:ident, $other:ident, [$($law:ident),* $(,)?]) => {
        mod $name {
            use fdx_jose::backend;

            $(
                #[test]
                fn $law() {
                    crate::pairs::$law(backend::$one(), backend::$other());
                }
            )*
        }
    };
    ($laws:tt) => {
        #[cfg(feature = "aws-lc-rs")]
        pair!(aws_lc_rs_to_itself, aws_lc_rs, aws_lc_rs, $laws);
        #[cfg(feature = "ring")]
        pair!(ring_to_itself, ring, ring, $laws);
        #[cfg(all(feature = "aws-lc-rs", feature = "ring"))]
        pair!(aws_lc_rs_to_ring, aws_lc_rs, ring, $laws);
        #[cfg(all(feature = "aws-lc-rs", feature = "ring"))]
        pair!(ring_to_aws_lc_rs, ring, aws_lc_rs, $laws);
    };
}

each!([
    verifies_the_examples_of_the_rfcs,
    loads_jwks_of_every_key_type,
    ignores_leading_zeros_of_rsa_numbers,
    rejects_numbers_that_do_not_match,
    rejects_wrong_rsa_exponent_if_it_is_used,
    rejects_weak_private_keys,
    loads_seed_without_public_key,
    generated_keys_load_sign_and_differ,
    generated_keys_reload_from_pem_and_jwk,
    generates_rsa_keys_of_the_requested_size_or_reports_that_it_cannot,
    ps256_of_another_library_verifies,
    rejects_other_pss_parameters,
    verifies_with_unusual_rsa_keys,
    rejects_signatures_of_another_form,
    point_off_the_curve_verifies_nothing,
    seal_format_is_stable,
    rejects_changed_sealed_values,
    debug_shows_only_the_name,
]);

pair!([
    each_verifies_signatures_of_the_other,
    both_reject_the_same_signatures,
    ed25519_signs_alike,
    each_loads_keys_of_the_other,
    each_opens_values_sealed_by_the_other,
    both_reject_the_same_keys,
]);
