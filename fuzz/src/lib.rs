//! The bodies of the fuzz targets.
//!
//! A target is an ordinary function from bytes: it returns, or it panics and has found something.
//! `fuzz_targets/` hands it to libFuzzer; the test below hands it every file of its corpus, on
//! stable, so that no target rots. To add one: a file with a function here, a file of five lines
//! there, a `[[bin]]`, a line in `TARGETS`, a seed in `seeds.rs`, and `BLESS=1 cargo test`.

mod authorization_details;
mod callback;
mod consent_grant;
mod consent_receipt;
mod error_response;
mod flow;
mod id_token;
mod introspection_jwt;
mod jarm;
mod json_scan;
mod jwe;
mod jwks;
mod jws;
mod keys;
mod message;
mod metadata;
mod notification;
mod par_response;
mod readiness;
mod registration_response;
mod revocations;
mod rfc8259;
mod scene;
mod sealed_pending;
#[cfg(test)]
mod seeds;
mod stored_grant;
mod token_response;
mod urls;
mod www_authenticate;

pub use authorization_details::authorization_details;
pub use callback::callback;
pub use consent_grant::consent_grant;
pub use consent_receipt::consent_receipt;
pub use error_response::error_response;
pub use flow::flow;
pub use id_token::id_token;
pub use introspection_jwt::introspection_jwt;
pub use jarm::jarm;
pub use json_scan::json_scan;
pub use jwe::jwe;
pub use jwks::jwks;
pub use jws::jws;
pub use keys::keys;
pub use metadata::metadata;
pub use notification::notification;
pub use par_response::par_response;
pub use readiness::readiness;
pub use registration_response::registration_response;
pub use revocations::revocations;
pub use sealed_pending::sealed_pending;
pub use stored_grant::stored_grant;
pub use token_response::token_response;
pub use urls::urls;
pub use www_authenticate::www_authenticate;

/// The body of a target: it panics where an invariant does not hold.
pub type Body = fn(&[u8]);

/// Every target by name.
pub const TARGETS: &[(&str, Body)] = &[
    ("authorization_details", authorization_details),
    ("callback", callback),
    ("consent_grant", consent_grant),
    ("consent_receipt", consent_receipt),
    ("error_response", error_response),
    ("flow", flow),
    ("id_token", id_token),
    ("introspection_jwt", introspection_jwt),
    ("jarm", jarm),
    ("json_scan", json_scan),
    ("jwe", jwe),
    ("jwks", jwks),
    ("jws", jws),
    ("keys", keys),
    ("metadata", metadata),
    ("notification", notification),
    ("par_response", par_response),
    ("readiness", readiness),
    ("registration_response", registration_response),
    ("revocations", revocations),
    ("sealed_pending", sealed_pending),
    ("stored_grant", stored_grant),
    ("token_response", token_response),
    ("urls", urls),
    ("www_authenticate", www_authenticate),
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_corpus_passes() {
        for (target, body) in TARGETS {
            let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
            let mut files = 0;
            for entry in fs::read_dir(&corpus).unwrap() {
                body(&fs::read(entry.unwrap().path()).unwrap());
                files += 1;
            }
            assert!(files > 0, "{} is empty", corpus.display());
        }
    }

    #[test]
    fn every_target_is_built() {
        let manifest = include_str!("../Cargo.toml");
        let built = manifest.matches("[[bin]]").count();
        assert_eq!(built, TARGETS.len());
        for (target, _) in TARGETS {
            assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target}");
        }
    }
}
