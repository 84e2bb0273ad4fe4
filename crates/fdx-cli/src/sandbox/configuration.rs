//! Configurations for `fdx connect` that work with this institution.

use fdx_sandbox::{
    Binding, ClientAuthentication, ClientSecret, Provider, RegisteredClient, RequestObjects,
    SecretPlace,
};

use crate::bank::Bank;
use crate::sandbox::directory::fdx_base;

/// The files that lie beside a configuration.
pub(super) struct Names {
    pub(super) root_certificates: &'static str,
    pub(super) key: &'static str,
    pub(super) certificate: &'static str,
    pub(super) certificate_key: &'static str,
    pub(super) client_secret: &'static str,
}

/// `token_endpoint_auth_method`.
pub(super) fn authentication(client: &RegisteredClient) -> &'static str {
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

pub(super) fn binding(client: &RegisteredClient) -> &'static str {
    match client.binding {
        Binding::Dpop => "dpop",
        Binding::Nothing => "none",
        _ => "mtls",
    }
}

/// A configuration for one client. Nothing in it is read otherwise by TOML.
pub(super) fn of(bank: &Bank, client: &RegisteredClient, names: &Names) -> String {
    let (issuer, client_id, fdx_base) = (&bank.issuer, &client.client_id, fdx_base(bank, client));
    let redirect_uri = client.redirect_uris.first().map(|uri| uri.as_str()).unwrap_or_default();
    let root_certificates = names.root_certificates;
    let dialect = match bank.provider == Provider::FDX {
        true => String::new(),
        false => format!("dialect = \"{}\"\n", bank.provider.name),
    };
    let settings = settings(client, names);
    let words = if bank.provider == Provider::MX { SCOPES } else { CONSENT };
    format!(
        r#"# Written by `fdx sandbox`, good until it stops: fdx connect --config THIS-FILE
{dialect}issuer = "{issuer}"
client_id = "{client_id}"
redirect_uri = "{redirect_uri}"
fdx_base = "{fdx_base}"
root_certificates = "{root_certificates}"
{settings}{words}
[output]
receipt = "{client_id}-receipt.json"
tokens = "{client_id}-tokens.json"
"#
    )
}

/// What an institution that knows FDX's consents is asked.
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

/// What one that knows scopes alone is asked.
const SCOPES: &str = r#"scopes = ["customers", "accounts", "transactions", "statements"]

[request]
openid = true
"#;

/// How the client is known, what it signs and what its tokens are bound to.
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
