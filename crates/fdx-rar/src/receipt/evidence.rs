use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::base64url;
use serde::{Deserialize, Serialize};

/// What the exchange left behind by which it can be found again in somebody's records.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// SHA-256 of the body of the pushed authorization request, written in base64url.
    #[serde(with = "base64url_of_32")]
    pub pushed_request_sha256: [u8; 32],
    /// RFC 7638 thumbprints of the keys that signed, and of the key that the tokens are bound to.
    pub key_thumbprints: Vec<String>,
    /// Each `x-fapi-interaction-id` that was sent.
    pub interaction_ids: Vec<String>,
}

impl Evidence {
    /// The evidence of a push alone.
    #[must_use]
    pub fn of_pushed_request(sha256: [u8; 32]) -> Self {
        Self {
            pushed_request_sha256: sha256,
            key_thumbprints: Vec::new(),
            interaction_ids: Vec::new(),
        }
    }
}

mod base64url_of_32 {
    use alloc::string::String;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::base64url;

    pub(super) fn serialize<S: Serializer>(
        bytes: &[u8; 32],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        base64url::decode_array(&text).map_err(D::Error::custom)
    }
}
