//! Where each property is tested. The tests below find a name that is gone, and a type that serde
//! writes and reads without a test that reads it back.

use std::collections::BTreeSet;
use std::path::Path;

use crate::source::{Item, files, has_test, items, root};

/// What holds, and where: file and test.
const LAWS: &[(&str, &[(&str, &str)])] = &[
    (
        "No parser panics on any bytes, or takes what it should not",
        &[
            ("crates/fdx-wire/src/json/tests.rs", "no_bytes_panic"),
            ("crates/fdx-wire/src/json/tests.rs", "no_near_json_panics"),
            ("crates/fdx-wire/src/url/tests.rs", "no_text_panics"),
            ("crates/fdx-wire/src/form.rs", "no_query_panics"),
            ("crates/fdx-wire/src/time.rs", "no_text_panics"),
            ("crates/fdx-wire/src/base64url.rs", "decodes_only_canonical_text"),
            ("crates/fdx-pkce/tests/rfc7636.rs", "no_text_panics"),
            ("crates/fdx-rar/src/consent_request/tests.rs", "no_bytes_panic"),
            ("crates/fdx-rar/src/consent_grant/tests.rs", "no_bytes_panic"),
            ("crates/fdx-rar/src/authorization_details/tests.rs", "no_bytes_panic"),
            ("crates/fdx-rar/src/notification/tests.rs", "no_bytes_panic"),
            (
                "crates/fdx-rar/src/receipt/tests.rs",
                "no_bytes_panic_and_none_is_read_as_another_receipt",
            ),
            ("crates/fdx-jose/tests/behaviour/jws.rs", "no_text_panics"),
            ("crates/fdx-jose/tests/behaviour/jwe.rs", "no_text_panics"),
            ("crates/fdx-jose/tests/behaviour/keys.rs", "no_bytes_panic"),
            ("crates/fdx-jose/tests/behaviour/key_sets.rs", "no_bytes_panic"),
            ("crates/fdx-jose/tests/behaviour/key_files.rs", "no_bytes_panic"),
            ("crates/fdx-jose/tests/behaviour/signatures.rs", "no_der_panics"),
            ("crates/fdx-jose/tests/behaviour/seal.rs", "no_text_panics"),
            (
                "crates/fdx-jose/tests/behaviour/id_tokens.rs",
                "never_accepts_claim_of_another_json_type",
            ),
            ("crates/fdx-jose/tests/behaviour/authorization_responses.rs", "no_text_panics"),
            ("crates/fdx-jose/tests/behaviour/signed_introspections.rs", "no_text_panics"),
            ("crates/fdx-par/src/exchange/challenge.rs", "no_header_panics_and_work_is_bounded"),
            ("crates/fdx-par/tests/callback.rs", "no_text_panics_and_none_is_taken"),
            ("crates/fdx-par/tests/sealed.rs", "no_text_panics"),
            ("crates/fdx-par/tests/stored_grant.rs", "no_text_panics_and_none_is_a_grant"),
            (
                "crates/fdx-sandbox/src/tests/robustness.rs",
                "no_request_panics_and_every_response_is_valid_http",
            ),
        ],
    ),
    (
        "No parser takes more than its bounds",
        &[
            ("crates/fdx-wire/src/json/tests.rs", "what_is_read_is_within_its_bounds"),
            ("crates/fdx-wire/src/form.rs", "checks_the_limit_of_bytes"),
            ("crates/fdx-wire/src/url/tests.rs", "what_is_read_is_within_its_bound"),
            (
                "crates/fdx-jose/tests/behaviour/jws.rs",
                "what_is_longer_than_the_longest_is_not_looked_at",
            ),
            (
                "crates/fdx-jose/tests/behaviour/jwe.rs",
                "what_is_longer_than_the_longest_is_not_looked_at",
            ),
        ],
    ),
    (
        "Granted, withheld and unasked part what was asked and granted, in any order",
        &[
            (
                "crates/fdx-rar/src/coverage/tests.rs",
                "grant_is_divided_into_granted_and_not_requested",
            ),
            ("crates/fdx-rar/src/coverage/tests.rs", "every_requested_pair_is_granted_or_withheld"),
            ("crates/fdx-rar/src/coverage/tests.rs", "order_and_repetition_do_not_matter"),
            ("crates/fdx-rar/src/coverage/tests.rs", "coverage_is_whole_partial_or_nothing"),
        ],
    ),
    (
        "A consent's scopes are those of its clusters, and lead back to them",
        &[(
            "crates/fdx-rar/src/consent_request/tests.rs",
            "scopes_are_exactly_those_of_the_clusters",
        )],
    ),
    (
        "A sealed pending value opens in its own place and time, unchanged, and nowhere else",
        &[
            ("crates/fdx-par/src/consent/pending/tests.rs", "what_is_sealed_opens_as_it_was"),
            (
                "crates/fdx-par/tests/properties/seal.rs",
                "it_opens_where_nothing_differs_and_until_it_expires",
            ),
            ("crates/fdx-par/tests/sealed.rs", "it_opens_in_its_own_place_alone"),
            ("crates/fdx-par/tests/sealed.rs", "any_changed_character_is_refused"),
            ("crates/fdx-par/tests/sealed.rs", "a_part_or_more_is_refused"),
            ("crates/fdx-jose/tests/behaviour/seal.rs", "a_changed_bit_does_not_open"),
        ],
    ),
    (
        "A signature fails with any changed byte of header, payload or signature",
        &[
            ("crates/fdx-jose/tests/behaviour/jws.rs", "any_changed_byte_fails"),
            ("crates/fdx-jose/tests/behaviour/jws.rs", "no_signature_is_guessed"),
            ("crates/fdx-par/tests/signed_callbacks.rs", "no_changed_byte_passes"),
        ],
    ),
    (
        "No secret, nor a part of one, is in a URL or an error, whatever is answered",
        &[
            ("crates/fdx-par/tests/properties/leaks.rs", "any_part_of_any_secret_is_found"),
            (
                "crates/fdx-par/tests/properties/any_order.rs",
                "any_order_of_events_ends_in_success_or_a_typed_error",
            ),
            (
                "crates/fdx-par/tests/properties/any_order.rs",
                "one_disturbance_at_any_step_ends_in_success_or_a_typed_error",
            ),
        ],
    ),
    (
        "Any order of events ends in success or a typed error; no jti is sent twice; code and \
         verifier are sent again after a demand for a nonce alone; a refresh token only as long as \
         it is the latest and was not refused; each request_uri that arrives is handed out once",
        &[
            (
                "crates/fdx-par/tests/properties/any_order.rs",
                "any_order_of_events_ends_in_success_or_a_typed_error",
            ),
            (
                "crates/fdx-par/tests/properties/any_order.rs",
                "one_disturbance_at_any_step_ends_in_success_or_a_typed_error",
            ),
        ],
    ),
    (
        "A refresh token that was replaced is never sent",
        &[
            (
                "crates/fdx-par/tests/properties/any_order.rs",
                "a_replaced_refresh_token_is_never_sent",
            ),
            ("crates/fdx-par/tests/refresh.rs", "the_last_refresh_token_told_is_the_one_kept"),
        ],
    ),
    (
        "Every known name is read in any case, and written in one",
        &[("crates/fdx-rar/src/open_enum.rs", "every_known_name_reads_back_in_any_case")],
    ),
    (
        "What is written without serde is read back",
        &[
            ("crates/fdx-wire/src/base64url.rs", "encoded_bytes_decode_back"),
            ("crates/fdx-wire/src/form.rs", "written_pairs_read_back"),
            ("crates/fdx-wire/src/json/object.rs", "what_is_written_is_read_back"),
            ("crates/fdx-pkce/tests/rfc7636.rs", "written_challenges_read_back"),
            ("crates/fdx-jose/tests/behaviour/keys.rs", "a_public_key_is_read_back"),
            ("crates/fdx-jose/src/key/pem.rs", "written_pem_reads_back_and_never_reallocates"),
            (
                "crates/fdx-jose/tests/behaviour/signatures.rs",
                "every_pair_of_numbers_is_read_back_from_der",
            ),
            ("crates/fdx-jose/tests/behaviour/seal.rs", "what_is_sealed_opens"),
            ("crates/fdx-par/src/exchange/challenge.rs", "what_is_written_is_read_back"),
        ],
    ),
];

const GRANT: (&str, &str) =
    ("crates/fdx-rar/src/consent_grant/tests.rs", "written_grants_read_back");
const NAME: (&str, &str) = ("crates/fdx-rar/src/open_enum.rs", "written_names_read_back");
const RECEIPT: (&str, &str) =
    ("crates/fdx-rar/src/receipt/tests.rs", "written_receipts_read_back_with_their_digest");
const REVOCATION: (&str, &str) =
    ("crates/fdx-rar/src/revocation.rs", "written_revocations_read_back");
const WITHHELD: (&str, &str) =
    ("crates/fdx-rar/src/coverage/tests.rs", "withheld_clusters_read_back");
const UNVERIFIED: (&str, &str) =
    ("crates/fdx-par/tests/unverified_tokens.rs", "every_unverified_text_is_read_back");
const URL: (&str, &str) = ("crates/fdx-wire/src/url/tests.rs", "what_is_written_is_read_back");

/// Every type that serde writes and reads, by its path, and where it is read back.
const PAIRS: &[(&str, (&str, &str))] = &[
    (
        "fdx_jose::thumbprint::Thumbprint",
        ("crates/fdx-jose/tests/behaviour/keys.rs", "a_thumbprint_is_read_back"),
    ),
    (
        "fdx_par::consent::pending::sealed::Body",
        ("crates/fdx-par/src/consent/pending/tests.rs", "what_is_sealed_opens_as_it_was"),
    ),
    (
        "fdx_par::registration::stored::Body",
        (
            "crates/fdx-par/tests/registration/properties.rs",
            "what_is_echoed_is_taken_and_stored_with_all_that_was_added",
        ),
    ),
    (
        "fdx_par::consent::stored_grant::Body",
        ("crates/fdx-par/tests/properties/grants.rs", "every_grant_is_read_back"),
    ),
    ("fdx_par::consent::code_exchange::IdTokenFrom", UNVERIFIED),
    ("fdx_par::consent::unverified::Body", UNVERIFIED),
    ("fdx_par::consent::unverified::ExchangeBody", UNVERIFIED),
    ("fdx_par::consent::unverified::FlowBody", UNVERIFIED),
    ("fdx_par::consent::unverified::ResponseBody", UNVERIFIED),
    (
        "fdx_rar::authorization_details::AuthorizationDetails",
        ("crates/fdx-rar/src/authorization_details/tests.rs", "written_details_read_back"),
    ),
    (
        "fdx_rar::authorization_details::other::OtherDetail",
        ("crates/fdx-rar/src/authorization_details/tests.rs", "written_details_read_back"),
    ),
    ("fdx_rar::consent_grant::ConsentGrant", GRANT),
    ("fdx_rar::consent_grant::ConsentStatus", NAME),
    (
        "fdx_rar::consent_grant::consent_id::ConsentId",
        ("crates/fdx-rar/src/consent_grant/consent_id.rs", "written_ids_read_back"),
    ),
    ("fdx_rar::consent_grant::GrantedResource", GRANT),
    (
        "fdx_rar::consent_request::ConsentRequest",
        ("crates/fdx-rar/src/consent_request/tests.rs", "written_requests_read_back"),
    ),
    ("fdx_rar::consent_request::duration::DurationType", NAME),
    ("fdx_rar::coverage::Withheld", WITHHELD),
    ("fdx_rar::coverage::Written", WITHHELD),
    ("fdx_rar::data_cluster::DataCluster", NAME),
    ("fdx_rar::link::Link", GRANT),
    ("fdx_rar::party::Party", GRANT),
    ("fdx_rar::party::PartyType", NAME),
    ("fdx_rar::party::Registry", NAME),
    ("fdx_rar::receipt::Evidence", RECEIPT),
    ("fdx_rar::receipt::record::ExpirationBasis", RECEIPT),
    ("fdx_rar::receipt::record::Record", RECEIPT),
    ("fdx_rar::receipt::ReceiptWarning", NAME),
    ("fdx_rar::data_cluster::ResourceType", NAME),
    ("fdx_rar::revocation::ConsentRevocation", REVOCATION),
    ("fdx_rar::revocation::ConsentRevocationList", REVOCATION),
    ("fdx_rar::revocation::ConsentRevocationRequest", REVOCATION),
    ("fdx_rar::revocation::RevocationReason", NAME),
    ("fdx_rar::scope::Scopes", ("crates/fdx-rar/src/scope.rs", "written_scopes_read_back")),
    ("fdx_rar::timestamp::Timestamp", GRANT),
    (
        "fdx_wire::json::raw::RawJson",
        ("crates/fdx-wire/src/json/tests.rs", "raw_json_is_read_back_as_the_text_that_it_was"),
    ),
    ("fdx_wire::time::UnixTime", ("crates/fdx-wire/src/time.rs", "written_times_read_back")),
    ("fdx_wire::url::https::HttpsUrl", URL),
    ("fdx_wire::url::issuer::Issuer", URL),
    ("fdx_wire::url::redirect::RedirectUri", URL),
];

/// Written by one type and read by another.
const HALVES: &[(&str, (&str, &str))] = &[("fdx_rar::receipt::ConsentReceipt", RECEIPT)];

#[test]
fn every_property_is_where_the_table_says() {
    let laws = LAWS.iter().flat_map(|(_, places)| places.iter().copied());
    let pairs = PAIRS.iter().chain(HALVES).map(|(_, place)| *place);
    let gone: Vec<_> = laws.chain(pairs).filter(|(file, test)| !has_test(file, test)).collect();
    assert!(gone.is_empty(), "{gone:#?}");
}

#[test]
fn every_type_that_is_written_and_read_is_read_back_somewhere() {
    let mut found = BTreeSet::new();
    for name in ["fdx-wire", "fdx-pkce", "fdx-rar", "fdx-jose", "fdx-par"] {
        for file in files(&root().join("crates").join(name).join("src")) {
            let items = items(&file);
            // Both stand in one file: several files have a `Claims` or a `Header` of their own.
            let types = |of| items.iter().filter_map(|item| serde_type(item, of)).collect();
            let (written, read): (BTreeSet<_>, BTreeSet<_>) =
                (types("Serialize"), types("Deserialize"));
            let both = written.intersection(&read);
            found.extend(both.map(|name| format!("{}::{name}", module(&file))));
        }
    }
    let pairs: BTreeSet<_> = found.iter().map(String::as_str).collect();
    let listed: BTreeSet<_> = PAIRS.iter().map(|(name, _)| *name).collect();
    let missing: Vec<_> = pairs.difference(&listed).collect();
    assert!(missing.is_empty(), "no test reads back: {missing:?}");
    let gone: Vec<_> = listed.difference(&pairs).collect();
    assert!(gone.is_empty(), "not written and read: {gone:?}");
}

fn module(file: &Path) -> String {
    let path = file.strip_prefix(root().join("crates")).unwrap().with_extension("");
    let names = path.iter().map(|name| name.to_str().unwrap().replace('-', "_"));
    names.filter(|name| !["src", "mod", "lib"].contains(&&**name)).collect::<Vec<_>>().join("::")
}

/// The type that `item` derives serde's trait `of` for, implements it for, or declares by a macro
/// that does.
fn serde_type(item: &Item, of: &str) -> Option<String> {
    let has = |words: &[String], word: &str| words.iter().any(|it| it == word);
    let after = |words: &[String], word: &str| {
        words.get(words.iter().position(|it| it == word)? + 1).cloned()
    };
    match &*item.kind {
        "enum" | "struct" => {
            let derived = has(&item.attributes, "derive") && has(&item.attributes, of);
            derived.then(|| item.head[0].clone())
        }
        "impl" if has(&item.head, of) => after(&item.head, "for").filter(|name| name != "$"),
        "open_enum" => after(&item.body, "enum"),
        "text_form" => item.head.get(1).cloned(),
        _ => None,
    }
}
