use serde::{Deserialize, Serialize};

/// The input of a node of the recipient: its configuration and the browser's values.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct NodeInput {
    /// The issuer identifier.
    pub issuer: String,
    /// The FDX base URL.
    pub fdx_base: String,
    /// The `client_id`.
    pub client_id: String,
    /// The `redirect_uri`.
    pub redirect_uri: String,
    /// The recipient's key, PKCS#8.
    pub key_pem: String,
    /// The certificate that issued the institution's certificate.
    pub ca_pem: String,
    /// The sealing key, number 1.
    pub sealing_key: [u8; 32],
    /// The browser session.
    pub session: String,
    /// The sealed pending value, for the node that finishes.
    pub sealed: String,
    /// The URL at which the browser arrived, for the node that finishes.
    pub callback: String,
}
