//! What every backend promises: the same laws over each, and over each pair of them.
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
    what_the_rfcs_print_verifies,
    jwks_of_every_kind_load,
    leading_zeros_of_rsa_numbers_do_not_count,
    numbers_that_do_not_belong_together_are_refused,
    a_wrong_rsa_exponent_is_refused_where_it_is_used,
    weak_private_keys_are_refused,
    a_seed_without_its_public_key_loads,
    made_keys_load_sign_and_differ,
    made_keys_are_kept_as_pem_and_as_jwk,
    rsa_keys_are_made_as_long_as_asked_or_refused_by_name,
    ps256_of_another_library_verifies,
    pss_of_any_other_shape_is_refused,
    rsa_keys_of_unusual_shapes_verify,
    signatures_of_the_wrong_form_are_refused,
    a_point_off_the_curve_verifies_nothing,
    the_seal_is_frozen,
    the_seal_refuses_what_was_changed,
    debug_shows_the_name_alone,
]);

pair!([
    what_one_signs_the_other_verifies,
    what_one_refuses_the_other_refuses,
    ed25519_signs_alike,
    keys_that_one_makes_load_in_the_other,
    what_one_seals_the_other_opens,
    neither_takes_a_key_that_the_other_refuses,
]);
