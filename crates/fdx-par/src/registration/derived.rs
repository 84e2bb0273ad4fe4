//! The client metadata that follows from a client's configuration.

use crate::client::config::{
    ClientAuthentication, ClientConfig, IdTokenEncryption, MtlsEndpoints, RequestObjects,
    ResponseMode, SenderConstraint,
};
use crate::client::redirect_uri::check_redirect_uri;
use crate::dialect::definition::Need;
use crate::dialect::profile::Profile;
use crate::error::caller::ConfigurationFault;
use crate::error::error::Error;
use crate::registration::choices::Registration;
use crate::registration::comparison::is_protective;
use crate::registration::metadata::ClientMetadata;

/// Returns all requested client metadata, without the `client_id` of an update.
///
/// # Errors
/// A [`ConfigurationFault`] for a configuration that can't be registered.
pub(super) fn metadata(
    config: &ClientConfig,
    profile: &Profile,
    registration: &Registration,
) -> Result<ClientMetadata, Error> {
    let mut metadata = registration.described()?;
    let uris = [&config.redirect_uri].into_iter().chain(&registration.redirect_uris);
    let mut redirect_uris: Vec<&str> = Vec::new();
    for uri in uris {
        check_redirect_uri(uri)?;
        if !redirect_uris.contains(&uri.as_str()) {
            redirect_uris.push(uri.as_str());
        }
    }
    metadata.set("redirect_uris", &redirect_uris)?;
    let grants = ["authorization_code", "refresh_token"].into_iter();
    metadata
        .set("grant_types", &grants.chain(registration.client_credentials).collect::<Vec<_>>())?;
    metadata.set("response_types", &["code"])?;
    if let Some(scopes) = &registration.scope {
        metadata.set("scope", &profile.provider_scopes(scopes))?;
    }
    if config.dialect.needs().contains(&Need::JwksUri) && registration.keys.are_inline(config) {
        return Err(ConfigurationFault::RegistrationJwksUri.into());
    }
    registration.keys.write(config, &mut metadata)?;
    authentication(config, registration, &mut metadata)?;
    sender_constraint(config, &mut metadata)?;
    requests(config, profile, &mut metadata)?;
    responses(config, registration, &mut metadata)?;
    let of_dialect = profile.registration_without.iter().copied();
    let omitted = registration.omitted.iter().map(String::as_str).chain(of_dialect);
    omitted.filter(|name| !is_protective(name)).for_each(|name| metadata.remove(name));
    Ok(metadata)
}

fn authentication(
    config: &ClientConfig,
    registration: &Registration,
    metadata: &mut ClientMetadata,
) -> Result<(), Error> {
    let method = match &config.authentication {
        ClientAuthentication::PrivateKeyJwt(key) => {
            metadata.set("token_endpoint_auth_signing_alg", key.public().alg())?;
            "private_key_jwt"
        }
        ClientAuthentication::TlsClientAuth(_) => {
            let name = &registration.tls_client_auth;
            let (member, name) =
                name.as_ref().ok_or(ConfigurationFault::RegistrationCertificate)?.member();
            metadata.set(member, &name)?;
            "tls_client_auth"
        }
        // RFC 8705 2.2.2: the certificates are in the client's JWK Set.
        ClientAuthentication::SelfSignedTlsClientAuth(_) => {
            if !registration.keys.may_hold_certificates() {
                return Err(ConfigurationFault::RegistrationCertificate.into());
            }
            "self_signed_tls_client_auth"
        }
        ClientAuthentication::NotFapi(_) => {
            return Err(ConfigurationFault::RegistrationSecret.into());
        }
    };
    metadata.set("token_endpoint_auth_method", method)?;
    Ok(())
}

fn sender_constraint(config: &ClientConfig, metadata: &mut ClientMetadata) -> Result<(), Error> {
    match &config.sender_constraint {
        SenderConstraint::Dpop(_) => metadata.set("dpop_bound_access_tokens", &true)?,
        SenderConstraint::Mtls(_) => {
            metadata.set("tls_client_certificate_bound_access_tokens", &true)?;
        }
        SenderConstraint::NotFapi(_) => {}
    }
    if config.mtls_endpoints == MtlsEndpoints::Always {
        metadata.set("use_mtls_endpoint_aliases", &true)?;
    }
    Ok(())
}

fn requests(
    config: &ClientConfig,
    profile: &Profile,
    metadata: &mut ClientMetadata,
) -> Result<(), Error> {
    if !profile.not_pushed {
        metadata.set("require_pushed_authorization_requests", &true)?;
    }
    if let RequestObjects::Signed(key) = &config.request_objects {
        metadata.set("request_object_signing_alg", key.public().alg())?;
        metadata.set("require_signed_request_object", &true)?;
    }
    Ok(())
}

/// Registers the algorithm of each kind of response. Without one, the server would sign with RS256,
/// which FAPI 2.0 does not allow.
fn responses(
    config: &ClientConfig,
    registration: &Registration,
    metadata: &mut ClientMetadata,
) -> Result<(), Error> {
    for (member, algorithm) in [
        ("id_token_signed_response_alg", config.id_token_signed_response_alg),
        ("authorization_signed_response_alg", config.authorization_signed_response_alg),
        ("introspection_signed_response_alg", config.introspection_signed_response_alg),
    ] {
        if let Some(algorithm) = algorithm {
            metadata.set(member, algorithm.name())?;
        }
    }
    let openid = registration.scope.as_ref().is_some_and(|scopes| scopes.contains("openid"));
    let jarm = config.response_mode == ResponseMode::Jwt;
    if (openid && config.id_token_signed_response_alg.is_none())
        || (jarm && config.authorization_signed_response_alg.is_none())
    {
        return Err(ConfigurationFault::RegistrationAlgorithm.into());
    }
    // Without it a client uses the default, which is the query.
    if jarm {
        metadata.set("response_modes", &["jwt"])?;
    }
    let encryption = config.id_token_encryption.as_ref();
    if let Some(algorithm) = encryption.and_then(IdTokenEncryption::algorithm) {
        metadata.set("id_token_encrypted_response_alg", algorithm.name())?;
        metadata.set("id_token_encrypted_response_enc", "A256GCM")?;
    }
    Ok(())
}
