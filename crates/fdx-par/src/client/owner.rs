use crate::client::config::ClientConfig;
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;

/// The issuer, client and redirect_uri that a token, flow, grant or registration belongs to. A
/// value must not be sent to another issuer, or used by another client (RFC 9700 section 4.4).
pub(crate) struct Owner<'a> {
    issuer: &'a str,
    /// `None` for a registration, which has another client_id than the configuration.
    client_id: Option<&'a str>,
    /// `None` for values that no redirect_uri is part of.
    redirect_uri: Option<&'a str>,
}

impl<'a> Owner<'a> {
    pub(crate) fn of_registration(issuer: &'a str) -> Self {
        Self { issuer, client_id: None, redirect_uri: None }
    }

    pub(crate) fn new(issuer: &'a str, client_id: &'a str) -> Self {
        Self { issuer, client_id: Some(client_id), redirect_uri: None }
    }

    pub(crate) fn with_redirect_uri(self, redirect_uri: &'a str) -> Self {
        Self { redirect_uri: Some(redirect_uri), ..self }
    }

    /// # Errors
    /// [`StoredStateFault::OtherClient`] if `config` is of another issuer, client or redirect_uri.
    pub(crate) fn check(&self, config: &ClientConfig) -> Result<(), Error> {
        let ours = self.issuer == config.issuer.as_str()
            && self.client_id.is_none_or(|client_id| client_id == config.client_id)
            && self.redirect_uri.is_none_or(|uri| uri == config.redirect_uri.as_str());
        if ours { Ok(()) } else { Err(StoredStateFault::OtherClient.into()) }
    }
}
