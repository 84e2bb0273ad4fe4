use std::path::{Path, PathBuf};

use fdx_wire::HttpsUrl;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::bank::{Bank, DPOP_CLIENT, MTLS_CLIENT};
use crate::error::Failure;
use crate::files::{self, Readers};
use crate::json::pretty;

const CA: &str = "ca.pem";
const CERTIFICATE: &str = "client.pem";
const CERTIFICATE_KEY: &str = "client-key.pem";
const JWK: &str = "client.jwk.json";
const CLIENTS: &str = "clients.json";
pub(crate) const CONNECT_MTLS: &str = "connect.toml";
const CONNECT_DPOP: &str = "connect-dpop.toml";

const ALL: [&str; 7] = [CA, CERTIFICATE, CERTIFICATE_KEY, JWK, CLIENTS, CONNECT_MTLS, CONNECT_DPOP];

const ABOUT: &str = "The clients that are registered at this institution, until it stops. Both \
    authenticate by private_key_jwt with client.jwk.json; app-mtls has its tokens bound to \
    client.pem, app-dpop to a DPoP key of its choice. ca.pem is what to trust. Nothing here is of \
    any use anywhere else.";

/// A directory that holds none of our files yet.
pub(crate) struct Files<'a> {
    directory: &'a Path,
}

/// `clients.json`.
#[derive(Serialize)]
struct Document<'a> {
    about: &'static str,
    issuer: &'a str,
    clients: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    client_id: &'a str,
    binding: &'static str,
    token_endpoint_auth_method: &'static str,
    id_token_signed_response_alg: &'static str,
    redirect_uris: Vec<&'a str>,
    scope: String,
    fdx_base: &'a HttpsUrl,
    jwks: Keys<'a>,
}

#[derive(Serialize)]
struct Keys<'a> {
    keys: Vec<&'a RawValue>,
}

impl<'a> Files<'a> {
    /// Makes the directory where it is missing, and sees that nothing stands in the way.
    pub(crate) fn in_directory(directory: &'a Path) -> Result<Self, Failure> {
        files::make_directory(directory)?;
        ALL.iter().try_for_each(|name| files::check_absent(&directory.join(name)))?;
        Ok(Self { directory })
    }

    pub(crate) fn write(&self, bank: &Bank) -> Result<(), Failure> {
        let certificate_key = bank.certificate.private_key_pem();
        let clients = pretty(&document(bank)) + "\n";
        for (name, text, readers) in [
            (CA, bank.authority.certificate_pem(), Readers::Anyone),
            (CERTIFICATE, bank.certificate.pem(), Readers::Anyone),
            (CERTIFICATE_KEY, &certificate_key, Readers::Owner),
            (JWK, bank.key.jwk.expose(), Readers::Owner),
            (CLIENTS, &clients, Readers::Anyone),
            (CONNECT_MTLS, &connect_by_certificate(bank), Readers::Anyone),
            (CONNECT_DPOP, &connect_by_dpop(bank), Readers::Anyone),
        ] {
            files::create(&self.path(name), text, readers)?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

fn document(bank: &Bank) -> Document<'_> {
    let jwk = serde_json::from_str(bank.key.key.public().jwk());
    let keys: Vec<&RawValue> = jwk.into_iter().collect();
    let clients = bank.clients.iter().map(|client| {
        let by_certificate = client.client_id == MTLS_CLIENT;
        Entry {
            client_id: &client.client_id,
            binding: if by_certificate { "mtls" } else { "dpop" },
            token_endpoint_auth_method: "private_key_jwt",
            id_token_signed_response_alg: client.id_token_signed_response_alg.name(),
            redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str()).collect(),
            scope: client.scopes.join(" "),
            fdx_base: if by_certificate { &bank.mtls_fdx_base } else { &bank.fdx_base },
            jwks: Keys { keys: keys.clone() },
        }
    });
    Document { about: ABOUT, issuer: bank.issuer.as_str(), clients: clients.collect() }
}

fn connect_by_certificate(bank: &Bank) -> String {
    let binding = format!(
        "binding = \"mtls\"\ncertificate = \"{CERTIFICATE}\"\ncertificate_key = \"{CERTIFICATE_KEY}\"\n"
    );
    connect(bank, MTLS_CLIENT, &bank.mtls_fdx_base, &binding)
}

fn connect_by_dpop(bank: &Bank) -> String {
    connect(bank, DPOP_CLIENT, &bank.fdx_base, "binding = \"dpop\"\n")
}

/// A configuration for `fdx connect`. URLs hold nothing that TOML would read otherwise.
fn connect(bank: &Bank, client_id: &str, fdx_base: &HttpsUrl, binding: &str) -> String {
    let issuer = &bank.issuer;
    let uris = bank.clients.iter().flat_map(|client| &client.redirect_uris);
    let redirect_uri = uris.map(|uri| uri.as_str()).next().unwrap_or_default();
    format!(
        r#"# Written by `fdx sandbox`, good until it stops: fdx connect --config THIS-FILE
issuer = "{issuer}"
client_id = "{client_id}"
redirect_uri = "{redirect_uri}"
fdx_base = "{fdx_base}"
root_certificates = "{CA}"
key = "{JWK}"
{binding}
[request]
openid = true
offline_access = true

[consent]
duration_type = "TIME_BOUND"
duration_period = 365
lookback_period = 60
resources = [
  {{ resource_type = "ACCOUNT", data_clusters = ["ACCOUNT_BASIC", "ACCOUNT_DETAILED", "TRANSACTIONS"] }},
  {{ resource_type = "CUSTOMER", data_clusters = ["CUSTOMER_CONTACT"] }},
]

[output]
receipt = "{client_id}-receipt.json"
tokens = "{client_id}-tokens.json"
"#
    )
}
