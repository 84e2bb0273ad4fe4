use std::path::{Path, PathBuf};

use fdx_jose::Jwks;
use fdx_sandbox::{Binding, ClientAuthentication, RegisteredClient, RequestObjects};
use fdx_wire::HttpsUrl;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::bank::Bank;
use crate::error::Failure;
use crate::files::{self, Readers};
use crate::json::pretty;
use crate::sandbox::configuration;

const CA: &str = "ca.pem";
const CERTIFICATE: &str = "client.pem";
const CERTIFICATE_KEY: &str = "client-key.pem";
const OWN_CERTIFICATE: &str = "self-signed.pem";
const OWN_CERTIFICATE_KEY: &str = "self-signed-key.pem";
const KEY: &str = "signing-key.pem";
const PRIVATE_JWK: &str = "signing-key.jwk.json";
const CLIENTS: &str = "clients.json";
pub(crate) const CONNECT_MTLS: &str = "connect.toml";

const ALL: [&str; 13] = [
    CA,
    CERTIFICATE,
    CERTIFICATE_KEY,
    OWN_CERTIFICATE,
    OWN_CERTIFICATE_KEY,
    KEY,
    PRIVATE_JWK,
    CLIENTS,
    CONNECT_MTLS,
    "connect-dpop.toml",
    "connect-self-signed.toml",
    "connect-signed.toml",
    "connect-tls.toml",
];

const ABOUT: &str = "The clients that are registered at this institution, until it stops. They sign \
    with signing-key.pem, which signing-key.jwk.json is too, and show client.pem, or app-self-signed \
    its self-signed.pem. Any of them may send request objects (app-signed must) and ask for \
    response_mode=jwt. ca.pem is what to trust. Nothing here is of any use anywhere else.";

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
    require_signed_request_object: bool,
    authorization_signed_response_alg: Option<&'static str>,
    id_token_signed_response_alg: &'static str,
    redirect_uris: Vec<&'a str>,
    scope: String,
    fdx_base: &'a HttpsUrl,
    jwks: Option<Box<RawValue>>,
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
        let (own, own_key) = &bank.own_certificate;
        let clients = pretty(&document(bank)) + "\n";
        for (name, text, readers) in [
            (CA, bank.authority.certificate_pem(), Readers::Anyone),
            (CERTIFICATE, bank.certificate.pem(), Readers::Anyone),
            (CERTIFICATE_KEY, &certificate_key, Readers::Owner),
            (OWN_CERTIFICATE, own.pem(), Readers::Anyone),
            (OWN_CERTIFICATE_KEY, own_key.pkcs8_pem.expose(), Readers::Owner),
            (KEY, bank.key.pkcs8_pem.expose(), Readers::Owner),
            (PRIVATE_JWK, bank.key.private_jwk.expose(), Readers::Owner),
            (CLIENTS, &clients, Readers::Anyone),
        ] {
            files::create(&self.path(name), text, readers)?;
        }
        for client in &bank.clients {
            let text = configuration::of(bank, client, &named(client));
            files::create(&self.path(&file(client)), &text, Readers::Anyone)?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// `connect.toml` for `app-mtls`, `connect-dpop.toml` for `app-dpop`, and so on.
fn file(client: &RegisteredClient) -> String {
    match client.client_id.strip_prefix("app-") {
        Some("mtls") | None => CONNECT_MTLS.to_owned(),
        Some(rest) => format!("connect-{rest}.toml"),
    }
}

/// The files that a client's configuration names.
fn named(client: &RegisteredClient) -> configuration::Names {
    let own = matches!(client.authentication, ClientAuthentication::SelfSignedTlsClientAuth(_));
    let (certificate, certificate_key) = match own {
        true => (OWN_CERTIFICATE, OWN_CERTIFICATE_KEY),
        false => (CERTIFICATE, CERTIFICATE_KEY),
    };
    configuration::Names { root_certificates: CA, key: KEY, certificate, certificate_key }
}

fn document(bank: &Bank) -> Document<'_> {
    let clients = bank.clients.iter().map(|client| Entry {
        client_id: &client.client_id,
        binding: configuration::binding(client),
        token_endpoint_auth_method: configuration::authentication(client),
        require_signed_request_object: client.request_objects == RequestObjects::Required,
        authorization_signed_response_alg: client
            .authorization_signed_response_alg
            .map(|alg| alg.name()),
        id_token_signed_response_alg: client.id_token_signed_response_alg.name(),
        redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str()).collect(),
        scope: client.scopes.join(" "),
        fdx_base: fdx_base(bank, client),
        jwks: RawValue::from_string(jwks(bank, client)).ok(),
    });
    Document { about: ABOUT, issuer: bank.issuer.as_str(), clients: clients.collect() }
}

/// Where the client's tokens go.
pub(super) fn fdx_base<'a>(bank: &'a Bank, client: &RegisteredClient) -> &'a HttpsUrl {
    match client.binding {
        Binding::Dpop => &bank.fdx_base,
        _ => &bank.mtls_fdx_base,
    }
}

/// RFC 8705 2.2.2: a client with a certificate of its own registers it in `x5c`.
fn jwks(bank: &Bank, client: &RegisteredClient) -> String {
    let (own, own_key) = &bank.own_certificate;
    match client.authentication {
        ClientAuthentication::SelfSignedTlsClientAuth(_) => {
            format!(r#"{{"keys":[{}]}}"#, own.with_x5c(own_key.key.public().jwk()))
        }
        _ => Jwks::new(vec![bank.key.key.public().clone()]).to_json(),
    }
}
