//! The files that `fdx sandbox` writes: certificates, keys, clients, and configurations.

use std::path::{Path, PathBuf};

use fdx_sandbox::{
    Binding, ClientAuthentication, ClientSecret, Provider, RegisteredClient, RequestObjects,
    SecretPlace,
};
use fdx_wire::{HttpsUrl, Secret};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::bank::{Bank, ONE_CLIENT};
use crate::dialect::Words;
use crate::error::Failure;
use crate::files;
use crate::print::pretty;

const CA: &str = "ca.pem";
const CERTIFICATE: &str = "client.pem";
const CERTIFICATE_KEY: &str = "client-key.pem";
const OWN_CERTIFICATE: &str = "self-signed.pem";
const OWN_CERTIFICATE_KEY: &str = "self-signed-key.pem";
const KEY: &str = "signing-key.pem";
const PRIVATE_JWK: &str = "signing-key.jwk.json";
const CLIENT_SECRET: &str = "client-secret.txt";
pub(super) const CLIENTS: &str = "clients.json";
pub(crate) const CONNECT_MTLS: &str = "connect.toml";

const ALL: [&str; 14] = [
    CA,
    CERTIFICATE,
    CERTIFICATE_KEY,
    OWN_CERTIFICATE,
    OWN_CERTIFICATE_KEY,
    KEY,
    PRIVATE_JWK,
    CLIENT_SECRET,
    CLIENTS,
    CONNECT_MTLS,
    "connect-dpop.toml",
    "connect-self-signed.toml",
    "connect-signed.toml",
    "connect-tls.toml",
];

const ABOUT: &str = "The clients that are registered at this institution until it stops. They sign \
    with signing-key.pem (the same key as signing-key.jwk.json) and present client.pem; app-self-signed \
    presents self-signed.pem. Each may send request objects (app-signed must) and request \
    response_mode=jwt. Trust ca.pem. These files are valid only at this institution.";

const ABOUT_ONE: &str = "The client that is registered at this institution until it stops. It uses \
    the files in this directory: signing-key.pem (the same key as signing-key.jwk.json), \
    client.pem, or client-secret.txt. Trust ca.pem. These files are valid only at this institution.";

/// A directory without any of these files.
pub(crate) struct Files<'a> {
    directory: &'a Path,
}

/// `clients.json`.
#[derive(Serialize)]
struct Document<'a> {
    about: &'static str,
    dialect: &'static str,
    issuer: &'a str,
    clients: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    client_id: &'a str,
    binding: &'static str,
    token_endpoint_auth_method: &'static str,
    require_signed_request_object: bool,
    request_object_signing_alg: Option<&'static str>,
    authorization_signed_response_alg: Option<&'static str>,
    id_token_signed_response_alg: &'static str,
    redirect_uris: Vec<&'a str>,
    scope: String,
    fdx_base: &'a HttpsUrl,
    jwks: Option<Box<RawValue>>,
}

impl<'a> Files<'a> {
    /// Creates the directory if it is missing, and fails if one of the files exists.
    pub(crate) fn in_directory(directory: &'a Path) -> Result<Self, Failure> {
        files::make_directory(directory)?;
        ALL.iter().try_for_each(|name| files::check_absent(&directory.join(name)))?;
        Ok(Self { directory })
    }

    pub(crate) fn write(&self, bank: &Bank) -> Result<(), Failure> {
        self.create(CA, bank.authority.certificate_pem())?;
        if bank.clients.iter().any(shows_certificate) {
            self.create(CERTIFICATE, bank.certificate.pem())?;
            self.create(CERTIFICATE_KEY, &bank.certificate.private_key_pem())?;
        }
        if let Some((own, own_key)) = &bank.own_certificate {
            self.create(OWN_CERTIFICATE, own.pem())?;
            self.create(OWN_CERTIFICATE_KEY, own_key.pkcs8_pem.expose())?;
        }
        if !bank.clients.iter().all(|client| secret(client).is_some()) {
            self.create(KEY, bank.key.pkcs8_pem.expose())?;
            self.create(PRIVATE_JWK, bank.key.private_jwk.expose())?;
        }
        if let Some(secret) = bank.clients.iter().find_map(secret) {
            self.create(CLIENT_SECRET, secret.expose())?;
        }
        self.create(CLIENTS, &(pretty(&document(bank)) + "\n"))?;
        let dialect = fdx_par::dialect::by_name(bank.provider.name).unwrap_or_default();
        if Words::of(dialect) == Words::Details {
            return Ok(());
        }
        bank.clients.iter().try_for_each(|client| {
            let text = configuration(bank, client, &named(client));
            self.create(&file(client), &text)
        })
    }

    fn create(&self, name: &str, text: &str) -> Result<(), Failure> {
        files::create(&self.path(name), text)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// Whether the client presents the authority's certificate.
fn shows_certificate(client: &RegisteredClient) -> bool {
    let bound = matches!(client.binding, Binding::MutualTls(_) | Binding::AnyCertificate);
    bound || matches!(client.authentication, ClientAuthentication::TlsClientAuth(_))
}

/// The secret of a client that authenticates by one.
fn secret(client: &RegisteredClient) -> Option<&Secret> {
    match &client.authentication {
        ClientAuthentication::ClientSecret(ClientSecret { secret, .. }) => Some(secret),
        _ => None,
    }
}

/// `connect.toml` for `app-mtls` and the only client of a dialect, `connect-NAME.toml` for others.
fn file(client: &RegisteredClient) -> String {
    match client.client_id.strip_prefix("app-") {
        _ if client.client_id == ONE_CLIENT => CONNECT_MTLS.to_owned(),
        Some("mtls") | None => CONNECT_MTLS.to_owned(),
        Some(rest) => format!("connect-{rest}.toml"),
    }
}

/// The files that a client's configuration names.
fn named(client: &RegisteredClient) -> Names {
    let own = matches!(client.authentication, ClientAuthentication::SelfSignedTlsClientAuth(_));
    let (certificate, certificate_key) = match own {
        true => (OWN_CERTIFICATE, OWN_CERTIFICATE_KEY),
        false => (CERTIFICATE, CERTIFICATE_KEY),
    };
    Names {
        root_certificates: CA,
        key: KEY,
        certificate,
        certificate_key,
        client_secret: CLIENT_SECRET,
    }
}

fn document(bank: &Bank) -> Document<'_> {
    let clients = bank.clients.iter().map(|client| Entry {
        client_id: &client.client_id,
        binding: binding(client),
        token_endpoint_auth_method: authentication(client),
        require_signed_request_object: client.request_objects == RequestObjects::Required,
        authorization_signed_response_alg: client
            .authorization_signed_response_alg
            .map(|alg| alg.name()),
        id_token_signed_response_alg: client.id_token_signed_response_alg.name(),
        redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str()).collect(),
        scope: client.scopes.join(" "),
        fdx_base: bank.fdx_base_of(client),
        request_object_signing_alg: client.request_object_signing_alg.map(|alg| alg.name()),
        jwks: match secret(client) {
            Some(_) => None,
            None => RawValue::from_string(jwks(bank, client)).ok(),
        },
    });
    let about = if bank.provider == Provider::FDX { ABOUT } else { ABOUT_ONE };
    let dialect = bank.provider.name;
    Document { about, dialect, issuer: bank.issuer.as_str(), clients: clients.collect() }
}

/// The client's JWK Set. It has a self-signed certificate in `x5c` (RFC 8705 2.2.2).
fn jwks(bank: &Bank, client: &RegisteredClient) -> String {
    match (&client.authentication, &bank.own_certificate) {
        (ClientAuthentication::SelfSignedTlsClientAuth(_), Some((own, own_key))) => {
            format!(r#"{{"keys":[{}]}}"#, own.with_x5c(own_key.key.public().jwk()))
        }
        _ => client.jwks.to_json(),
    }
}

/// The files that a configuration names.
struct Names {
    root_certificates: &'static str,
    key: &'static str,
    certificate: &'static str,
    certificate_key: &'static str,
    client_secret: &'static str,
}

/// `token_endpoint_auth_method`.
fn authentication(client: &RegisteredClient) -> &'static str {
    match client.authentication {
        ClientAuthentication::SelfSignedTlsClientAuth(_) => "self_signed_tls_client_auth",
        ClientAuthentication::TlsClientAuth(_) => "tls_client_auth",
        ClientAuthentication::ClientSecret(ClientSecret { place: SecretPlace::Basic, .. }) => {
            "client_secret_basic"
        }
        ClientAuthentication::ClientSecret(_) => "client_secret_post",
        _ => "private_key_jwt",
    }
}

fn binding(client: &RegisteredClient) -> &'static str {
    match client.binding {
        Binding::Dpop => "dpop",
        Binding::Nothing => "none",
        _ => "mtls",
    }
}

/// A configuration for one client. No value needs escaping in TOML.
fn configuration(bank: &Bank, client: &RegisteredClient, names: &Names) -> String {
    let (issuer, client_id, fdx_base) = (&bank.issuer, &client.client_id, bank.fdx_base_of(client));
    let redirect_uri = client.redirect_uris.first().map(|uri| uri.as_str()).unwrap_or_default();
    let root_certificates = names.root_certificates;
    let dialect = match bank.provider == Provider::FDX {
        true => String::new(),
        false => format!("dialect = \"{}\"\n", bank.provider.name),
    };
    let settings = settings(client, names);
    let request = if bank.provider == Provider::MX { SCOPES } else { CONSENT };
    format!(
        r#"# Written by `fdx sandbox`, valid until it stops: fdx connect --config THIS-FILE
{dialect}issuer = "{issuer}"
client_id = "{client_id}"
redirect_uri = "{redirect_uri}"
fdx_base = "{fdx_base}"
root_certificates = "{root_certificates}"
{settings}{request}
[output]
receipt = "{client_id}-receipt.json"
tokens = "{client_id}-tokens.json"
"#
    )
}

/// The request at an institution with FDX consents.
const CONSENT: &str = r#"
[request]
openid = true
offline_access = true

[consent]
duration_type = "TIME_BOUND"
duration_period = 365
lookback_period = 60
resources = [
  { resource_type = "ACCOUNT", data_clusters = ["ACCOUNT_BASIC", "ACCOUNT_DETAILED", "TRANSACTIONS"] },
  { resource_type = "CUSTOMER", data_clusters = ["CUSTOMER_CONTACT"] },
]
"#;

/// The request at an institution with only scopes.
const SCOPES: &str = r#"scopes = ["customers", "accounts", "transactions", "statements"]

[request]
openid = true
"#;

/// The settings for authentication, signing and binding.
fn settings(client: &RegisteredClient, names: &Names) -> String {
    let (authentication, binding) = (authentication(client), binding(client));
    let secret = matches!(client.authentication, ClientAuthentication::ClientSecret(_));
    let authentication = if secret { "client_secret" } else { authentication };
    let by_key = authentication == "private_key_jwt";
    let signed = client.request_objects == RequestObjects::Required;
    let mut settings = format!("authentication = \"{authentication}\"\n");
    if secret {
        settings += &format!("client_secret_file = \"{}\"\n", names.client_secret);
    }
    if by_key || binding == "dpop" || signed {
        settings += &format!("key = \"{}\"\n", names.key);
    }
    if signed {
        settings += "request_object = true\n";
    }
    if signed && client.authorization_signed_response_alg.is_some() {
        settings += "response_mode = \"jwt\"\n";
    }
    settings += &format!("binding = \"{binding}\"\n");
    if binding == "mtls" || !(by_key || secret) {
        let Names { certificate, certificate_key, .. } = names;
        settings +=
            &format!("certificate = \"{certificate}\"\ncertificate_key = \"{certificate_key}\"\n");
    }
    settings
}
