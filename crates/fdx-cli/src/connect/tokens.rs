use fdx_par::Exchanged;
use fdx_wire::Secret;
use serde::Serialize;

use crate::connect::setup::Setup;
use crate::error::Failure;
use crate::files::{self, Readers};
use crate::print::message;

/// The file of tokens, for whoever calls the API next.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    issuer: &'a str,
    client_id: &'a str,
    fdx_base: &'a str,
    flow_id: &'a str,
    access_token: &'a str,
    token_type: &'static str,
    /// `jkt` of the key, or `x5t#S256` of the certificate.
    bound_to: Option<String>,
    expires_at: Option<String>,
    refresh_token: Option<&'a str>,
    scope: String,
}

/// Writes the tokens before anything else is done with them: a code is good once.
pub(crate) fn keep(setup: &Setup, exchanged: &Exchanged) -> Result<(), Failure> {
    let (client, tokens) = (&setup.client, exchanged.tokens());
    let access_token = tokens.access_token();
    let document = Document {
        version: 1,
        issuer: client.issuer.as_str(),
        client_id: &client.client_id,
        fdx_base: client.fdx_base.as_str(),
        flow_id: exchanged.flow_id().as_str(),
        access_token: access_token.token().expose(),
        token_type: access_token.bound_by().token_type(),
        bound_to: access_token.bound_to().map(|thumbprint| thumbprint.to_string()),
        expires_at: access_token.expires_at().map(|time| time.to_rfc3339()),
        refresh_token: tokens.refresh_token().map(Secret::expose),
        scope: tokens.scopes().to_string(),
    };
    let text = Secret::new(serde_json::to_string(&document).unwrap_or_default());
    files::create(&setup.tokens, text.expose(), Readers::Owner)?;
    message(&format!("Tokens kept in {}", setup.tokens.display()));
    Ok(())
}
