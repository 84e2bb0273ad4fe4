use core::fmt;

use fdx_wire::HttpsUrl;
use fdx_wire::form::{Form, Query};

/// Where to send the customer's browser: with a 303, never as a request of our own
/// (FAPI 2.0 Security Profile 5.2.3-3, 5.3.2.2-11).
///
/// Whoever has this URL can begin the customer's part of the flow, so it does not print.
pub struct AuthorizationUrl(String);

impl AuthorizationUrl {
    /// To a request that was pushed. `more` is what a dialect names.
    pub(crate) fn new(
        endpoint: &HttpsUrl,
        client_id: &str,
        request_uri: &str,
        more: &[(&str, &str)],
    ) -> Self {
        let mut query = Form::new();
        query.pair("client_id", client_id).pair("request_uri", request_uri);
        for (name, value) in more {
            query.pair(name, value);
        }
        Self::with_query(endpoint, &query)
    }

    pub(crate) fn with_query(endpoint: &HttpsUrl, query: &Form) -> Self {
        // RFC 6749 3.1: a query that the endpoint has is kept.
        let joint = if endpoint.query().is_some() { '&' } else { '?' };
        Self(format!("{}{joint}{}", endpoint.as_str(), query.as_str()))
    }

    /// The text, for a `Location` header or a browser.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AuthorizationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationUrl([redacted])")
    }
}

/// Whether the endpoint's own query, which is kept (RFC 6749 section 3.1), has a parameter that a
/// request adds, so that a server may read either value. A query that can't be read counts as one.
pub(crate) fn names_any(endpoint: &HttpsUrl, added: impl Fn(&str) -> bool) -> bool {
    let query = endpoint.query().unwrap_or_default();
    Query::parse(query, query.len()).map_or(true, |query| query.names().any(added))
}
