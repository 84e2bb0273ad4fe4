//! The institution's metadata (RFC 8414, OpenID Connect Discovery) and JWK Set.

use std::collections::BTreeSet;

use fdx_jose::{Jwks, PrivateKey, PublicKey};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::answer;
use crate::institution::client::{RequestObjects, fdx_scopes};
use crate::institution::config::InstitutionConfig;
use crate::institution::received::Side;

/// The authentication context classes that can be requested for an ID token.
pub(crate) const ACR_VALUES: [&str; 2] = ["phr", "phrh"];

/// The metadata document.
pub(crate) fn document(config: &InstitutionConfig) -> Response<Vec<u8>> {
    let paths = config.paths;
    let main = |path| Side::Main.endpoint(config, path);
    let alias = |path| Side::MutualTls.endpoint(config, path);
    let algorithms = ["PS256", "ES256", "EdDSA"];
    let methods = ["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"];
    let signing: Vec<_> = config.signing_keys.iter().map(|key| key.public().alg()).collect();
    let mut scopes: BTreeSet<String> =
        config.clients.iter().flat_map(|client| client.scopes.iter().cloned()).collect();
    if !config.registration.is_closed() {
        scopes.extend(fdx_scopes());
    }
    let mut document = json!({
        "issuer": config.issuer.as_str(),
        "authorization_endpoint": main(paths.authorize),
        "pushed_authorization_request_endpoint": main(paths.par),
        "require_pushed_authorization_requests": true,
        "token_endpoint": main(paths.token),
        "introspection_endpoint": main(paths.introspect),
        "revocation_endpoint": main(paths.revoke),
        "jwks_uri": main(paths.jwks),
        "mtls_endpoint_aliases": {
            "pushed_authorization_request_endpoint": alias(paths.par),
            "token_endpoint": alias(paths.token),
            "introspection_endpoint": alias(paths.introspect),
            "revocation_endpoint": alias(paths.revoke),
        },
        "tls_client_certificate_bound_access_tokens": true,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "jwt", "query.jwt"],
        "authorization_signing_alg_values_supported": signing,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": algorithms,
        "require_signed_request_object": config.request_objects == RequestObjects::Required,
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "code_challenge_methods_supported": [fdx_pkce::CODE_CHALLENGE_METHOD],
        "authorization_response_iss_parameter_supported": true,
        "authorization_details_types_supported": ["fdx_v1.0"],
        "scopes_supported": scopes,
        "subject_types_supported": ["public"],
        "acr_values_supported": ACR_VALUES,
        "id_token_signing_alg_values_supported": signing,
        "dpop_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_signing_alg_values_supported": signing,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
    });
    if !config.registration.is_closed() {
        member(&mut document, "registration_endpoint", main(paths.register));
        if let Some(aliases) = document.get_mut("mtls_endpoint_aliases") {
            member(aliases, "registration_endpoint", alias(paths.register));
        }
    }
    answer::json(StatusCode::OK, &document)
}

fn member(object: &mut Value, name: &str, text: String) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), Value::String(text));
    }
}

/// The JWK Set: decoys, signing keys and old keys.
pub(crate) fn jwks(config: &InstitutionConfig, old_keys: &[PublicKey]) -> Response<Vec<u8>> {
    let mut keys = decoys(config);
    keys.extend(config.signing_keys.iter().map(|key| key.public().clone()));
    keys.extend_from_slice(old_keys);
    let mut response = answer::empty(StatusCode::OK);
    answer::set(&mut response, "content-type", "application/jwk-set+json");
    *response.body_mut() = Jwks::new(keys).to_json().into_bytes();
    response
}

/// Each decoy under the key ids of all signing keys of other algorithms.
fn decoys(config: &InstitutionConfig) -> Vec<PublicKey> {
    let mut decoys = Vec::new();
    for key in config.signing_keys.iter().map(PrivateKey::public) {
        let others = config.decoy_keys.iter().filter(|decoy| decoy.algorithm() != key.algorithm());
        decoys.extend(others.map(|decoy| match key.kid() {
            Some(kid) => decoy.clone().with_kid(kid),
            None => decoy.clone(),
        }));
    }
    decoys
}
