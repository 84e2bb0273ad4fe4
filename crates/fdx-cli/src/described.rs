//! Clients of the sandbox that are described in files, and the authorities of their certificates.

use std::path::PathBuf;

use fdx_sandbox::certificates::certificates_in_pem;
use fdx_sandbox::{DescribedClient, InstitutionConfig};
use serde_json::value::RawValue;

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
        for metadata in objects(text.expose()) {
            let unusable = |what: String| {
                let next = "correct the metadata; fdx sandbox --help shows the flag";
                Failure::usage(format!("{}: {what}", path.display()), next)
            };
            let described = DescribedClient::read(metadata.as_bytes(), config);
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

/// The objects of an array, or the text itself.
fn objects(text: &str) -> Vec<&str> {
    match serde_json::from_str::<Vec<&RawValue>>(text) {
        Ok(elements) => elements.into_iter().map(RawValue::get).collect(),
        Err(_) => vec![text],
    }
}

/// Reads the certificates in these files, in DER.
pub(crate) fn authorities(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let text = files::text(path, "the CA")?;
        let certificates = certificates_in_pem(text.expose()).map_err(|error| {
            Failure::usage(format!("{}: {error}", path.display()), "name a PEM file")
        })?;
        all.extend(certificates);
    }
    Ok(all)
}
