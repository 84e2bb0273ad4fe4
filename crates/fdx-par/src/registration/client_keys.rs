use std::collections::{BTreeMap, BTreeSet};

use fdx_wire::json::{Limits, RawJson};
use fdx_wire::{HttpsUrl, json};
use serde::Deserialize;

use crate::client::config::ClientConfig;
use crate::error::caller::ConfigurationFault;
use crate::error::error::Error;
use crate::registration::metadata::ClientMetadata;

/// The source of the client's public keys for the server (RFC 7591 section 2: `jwks` or
/// `jwks_uri`).
#[derive(Clone, Debug)]
pub(crate) enum ClientKeys {
    /// In the registration: the keys of the configuration.
    Configured,
    /// In the registration: the caller's JWK Set.
    Given(RawJson),
    /// At a URL where the client publishes them.
    At(HttpsUrl),
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<BTreeMap<String, RawJson>>,
}

const LIMITS: Limits = Limits::bytes(64 * 1024);
/// Members of private and secret keys (RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2).
const PRIVATE: [&str; 8] = ["d", "dp", "dq", "k", "oth", "p", "q", "qi"];
/// Members that identify a key (RFC 7638 section 3.2, RFC 8037 section 2).
const REQUIRED: [&str; 6] = ["crv", "e", "kty", "n", "x", "y"];

impl ClientKeys {
    /// Checks that a JWK Set has keys, and only public ones.
    pub(super) fn given(jwks: RawJson) -> Result<Self, Error> {
        let document = Document::read(&jwks).ok_or(ConfigurationFault::RegistrationKeys)?;
        let private = |key: &BTreeMap<_, _>| PRIVATE.iter().any(|name| key.contains_key(*name));
        if document.keys.is_empty() || document.keys.iter().any(private) {
            return Err(ConfigurationFault::RegistrationKeys.into());
        }
        Ok(Self::Given(jwks))
    }

    /// Whether the keys may have certificates. RFC 8705 section 2.2.2: certificates are published
    /// among the client's keys.
    pub(super) fn may_hold_certificates(&self) -> bool {
        !matches!(self, Self::Configured)
    }

    /// Whether the registration has the keys themselves.
    pub(super) fn are_inline(&self, config: &ClientConfig) -> bool {
        match self {
            Self::Given(_) => true,
            Self::At(_) => false,
            Self::Configured => config.public_jwks().to_json() != NO_KEYS,
        }
    }

    /// Writes `jwks` or `jwks_uri`. A client that signs nothing has no keys.
    pub(super) fn write(
        &self,
        config: &ClientConfig,
        metadata: &mut ClientMetadata,
    ) -> Result<(), Error> {
        match self {
            Self::Given(jwks) => metadata.insert("jwks".to_owned(), jwks.clone()),
            Self::At(url) => metadata.set("jwks_uri", url.as_str())?,
            Self::Configured => {
                let jwks = config.public_jwks().to_json();
                if jwks != NO_KEYS {
                    let jwks = json::from_slice(jwks.as_bytes(), &LIMITS)
                        .map_err(|_| ConfigurationFault::RegistrationKeys)?;
                    metadata.insert("jwks".to_owned(), jwks);
                }
            }
        }
        Ok(())
    }
}

const NO_KEYS: &str = r#"{"keys":[]}"#;

/// Whether this is a set without keys.
pub(crate) fn has_no_keys(raw: &RawJson) -> bool {
    Document::read(raw).is_some_and(|document| document.keys.is_empty())
}

/// Whether two sets have the same keys, in any order and spelling.
pub(crate) fn same_keys(one: &RawJson, other: &RawJson) -> bool {
    match (Document::read(one), Document::read(other)) {
        (Some(one), Some(other)) => one.identities() == other.identities(),
        _ => false,
    }
}

impl Document {
    fn read(jwks: &RawJson) -> Option<Self> {
        json::object_from_slice(jwks.as_str().as_bytes(), &LIMITS).ok()
    }

    fn identities(&self) -> BTreeSet<[Option<String>; 6]> {
        let member = |key: &BTreeMap<String, RawJson>, name| key.get(name)?.read::<String>().ok();
        self.keys.iter().map(|key| REQUIRED.map(|name| member(key, name))).collect()
    }
}
