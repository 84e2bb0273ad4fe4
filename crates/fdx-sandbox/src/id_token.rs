//! The ID token (OpenID Connect Core section 2), signed by the algorithm that the client registered.

use std::time::Duration;

use fdx_jose::Algorithm;
use fdx_wire::{UnixTime, base64url};
use serde::Serialize;
use sha2::{Digest, Sha256, Sha512};

use crate::client::RegisteredClient;
use crate::config::{ConsentIdCarrier, InstitutionConfig};
use crate::provider::IdTokens;
use crate::signed;
use crate::token::Grant;

const LIFETIME: Duration = Duration::from_secs(300);

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: UnixTime,
    iat: UnixTime,
    auth_time: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    at_hash: String,
    #[serde(rename = "fdxConsentId", skip_serializing_if = "Option::is_none")]
    fdx_consent_id: Option<&'a str>,
}

/// The ID token beside `access_token`; none where the institution has no key for its algorithm.
pub(crate) fn issue(
    config: &InstitutionConfig,
    client: &RegisteredClient,
    grant: &Grant,
    nonce: Option<&str>,
    access_token: &str,
    now: UnixTime,
) -> Option<String> {
    let IdTokens::WithOpenid(typ) = config.provider.manners().id_token else { return None };
    let algorithm = client.id_token_signed_response_alg;
    let carried = config.consent_id_carrier == ConsentIdCarrier::IdToken;
    let claims = Claims {
        iss: config.issuer.as_str(),
        sub: &config.customer.customer_id,
        aud: &client.client_id,
        exp: now + LIFETIME,
        iat: now,
        auth_time: grant.auth_time,
        nonce,
        acr: grant.acr,
        at_hash: at_hash(algorithm, access_token),
        fdx_consent_id: grant.consent_id.as_deref().filter(|_| carried),
    };
    signed::jwt(config, algorithm, typ, &claims)
}

/// OpenID Connect Core 3.1.3.6: half of the hash that the signature's algorithm uses. Made here, not
/// by what clients use to check it: the two must not share a mistake.
fn at_hash(algorithm: Algorithm, access_token: &str) -> String {
    let (sha256, sha512);
    let hash: &[u8] = match algorithm {
        Algorithm::EdDsa => {
            sha512 = Sha512::digest(access_token);
            &sha512
        }
        _ => {
            sha256 = Sha256::digest(access_token);
            &sha256
        }
    };
    base64url::encode(hash.get(..hash.len() / 2).unwrap_or_default())
}
