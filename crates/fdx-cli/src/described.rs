//! Clients of the sandbox that are described in files, and the authorities of their certificates.

use std::path::PathBuf;

use fdx_sandbox::certificates::certificates_in_pem;
use fdx_sandbox::{DescribedClient, InstitutionConfig};
use fdx_wire::json::{self, JsonError, Limits, RawJson};

use crate::error::Failure;
use crate::files;

/// Reads the clients in these files. Each file has one JSON object of client metadata, or an array
/// of them. Each `client_id` must be new at the institution.
pub(crate) fn clients(
    paths: &[PathBuf],
    config: &InstitutionConfig,
) -> Result<Vec<DescribedClient>, Failure> {
    let mut all: Vec<DescribedClient> = Vec::new();
    for path in paths {
        let text = files::text(path, "the client metadata")?;
        let unusable = |what: &str| {
            Failure::usage(
                format!("{}: {what}", path.display()),
                "correct the metadata (RFC 7591 section 2): client_id, redirect_uris, \
                 token_endpoint_auth_method, dpop_bound_access_tokens or \
                 tls_client_certificate_bound_access_tokens, and keys in jwks, because the sandbox \
                 fetches no jwks_uri",
            )
        };
        let objects = objects(text.expose()).map_err(|error| unusable(&error.to_string()))?;
        if objects.is_empty() {
            return Err(unusable("the array has no client"));
        }
        for (index, metadata) in objects.iter().enumerate() {
            let unusable = |what: String| match objects.len() {
                1 => unusable(&what),
                _ => unusable(&format!("client {}: {what}", index + 1)),
            };
            let described = DescribedClient::read(metadata.as_str().as_bytes(), config);
            let described = described.map_err(|error| unusable(error.to_string()))?;
            let client_id = &described.client.client_id;
            let known = config.clients.iter().chain(all.iter().map(|known| &known.client));
            if known.into_iter().any(|known| known.client_id == *client_id) {
                return Err(unusable(format!("the client_id {client_id} is already registered")));
            }
            all.push(described);
        }
    }
    Ok(all)
}

/// The elements of an array, or the value itself.
fn objects(text: &str) -> Result<Vec<RawJson>, JsonError> {
    let limits = Limits { members: 100_000, ..Limits::bytes(1024 * 1024) };
    match text.trim_start().starts_with('[') {
        true => json::from_slice(text.as_bytes(), &limits),
        false => json::from_slice(text.as_bytes(), &limits).map(|one| vec![one]),
    }
}

/// Reads the certificates in these files, in DER.
pub(crate) fn authorities(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let text = files::text(path, "the CA")?;
        let certificates = certificates_in_pem(text.expose()).map_err(|error| {
            Failure::usage(
                format!("{}: {error}", path.display()),
                "name a PEM file with a certificate",
            )
        })?;
        all.extend(certificates);
    }
    Ok(all)
}
