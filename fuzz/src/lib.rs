//! The bodies of the fuzz targets.
//!
//! A target is a function from bytes. It returns, or it panics because an invariant is broken.
//! `main.rs` runs one target in libFuzzer. The test below runs every target over its corpus, on
//! stable.
//!
//! To add a target, add its name to `targets!`, a file `src/NAME.rs` with a function of that name,
//! and an input in `corpus/NAME/`.

mod message;
mod rfc8259;
mod scene;
#[cfg(test)]
mod seeds;

/// The body of a target: it panics if an invariant is broken.
pub type Body = fn(&[u8]);

macro_rules! targets {
    ($($name:ident)+) => {
        $(mod $name;)+

        /// Every target by name.
        pub const TARGETS: &[(&str, Body)] = &[$((stringify!($name), $name::$name)),+];
    };
}

targets! {
    authorization_details
    callback
    consent_grant
    consent_receipt
    error_response
    flow
    id_token
    introspection_jwt
    jarm
    json_scan
    jwe
    jwks
    jws
    keys
    metadata
    notification
    par_response
    readiness
    receipts_export
    registration_response
    revocations
    sealed_pending
    stored_grant
    token_response
    urls
    www_authenticate
}

/// The body of the target called `name`.
#[must_use]
pub fn target(name: &str) -> Option<Body> {
    TARGETS.iter().find(|(target, _)| *target == name).map(|(_, body)| *body)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn corpora() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))
    }

    #[test]
    fn every_corpus_passes() {
        for (target, body) in TARGETS {
            let mut files = 0;
            for entry in fs::read_dir(corpora().join(target)).unwrap() {
                body(&fs::read(entry.unwrap().path()).unwrap());
                files += 1;
            }
            assert!(files > 0, "the corpus of {target} is empty");
        }
    }

    #[test]
    fn every_corpus_has_a_target() {
        for entry in fs::read_dir(corpora()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(target(&name).is_some(), "{name}");
        }
    }
}
