use std::collections::{BTreeMap, BTreeSet};

use fdx_rar::{DurationType, Scopes};
use fdx_wire::json::RawJson;
use fdx_wire::{HttpsUrl, RedirectUri};

use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::registration::client_keys::ClientKeys;
use crate::registration::comparison::is_protective;
use crate::registration::metadata::ClientMetadata;
use crate::registration::registry::{Intermediary, RegistryReference, TlsClientAuthName};

/// The client metadata that a recipient registers in addition to its
/// [`ClientConfig`](crate::ClientConfig) (RFC 7591 section 2, and FDX's members).
///
/// ```
/// use fdx_par::Registration;
/// use fdx_rar::{DurationType, Scopes};
/// use fdx_wire::HttpsUrl;
///
/// let registration = Registration::new("Budget")
///     .scope(Scopes::parse("openid fdx:transactions:read")?)
///     .jwks_uri(HttpsUrl::parse("https://app.example/jwks")?)
///     .contact("security@app.example")
///     .duration_type(DurationType::TimeBound)
///     .duration_period(365);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Registration {
    texts: BTreeMap<&'static str, String>,
    numbers: BTreeMap<&'static str, u32>,
    extras: ClientMetadata,
    pub(super) omitted: BTreeSet<String>,
    pub(super) redirect_uris: Vec<RedirectUri>,
    pub(super) client_credentials: Option<&'static str>,
    pub(super) scope: Option<Scopes>,
    pub(super) keys: ClientKeys,
    pub(super) tls_client_auth: Option<TlsClientAuthName>,
    authorization_details_types: Vec<String>,
    contacts: Vec<String>,
    duration_types: Vec<DurationType>,
    registry_references: Vec<RegistryReference>,
    intermediaries: Vec<Intermediary>,
}

impl Registration {
    /// Describes a client with this name, which customers see. It registers the current keys of its
    /// configuration.
    pub fn new(client_name: &str) -> Self {
        Self {
            texts: [("client_name", client_name.to_owned())].into(),
            numbers: BTreeMap::new(),
            extras: ClientMetadata::default(),
            omitted: BTreeSet::new(),
            redirect_uris: Vec::new(),
            client_credentials: None,
            scope: None,
            keys: ClientKeys::Configured,
            tls_client_auth: None,
            authorization_details_types: Vec::new(),
            contacts: Vec::new(),
            duration_types: Vec::new(),
            registry_references: Vec::new(),
            intermediaries: Vec::new(),
        }
    }

    /// Adds a redirect URI to the configuration's.
    pub fn redirect_uri(mut self, uri: RedirectUri) -> Self {
        self.redirect_uris.push(uri);
        self
    }

    /// Adds the grant type `client_credentials` to `authorization_code` and `refresh_token`.
    pub fn client_credentials(mut self) -> Self {
        self.client_credentials = Some("client_credentials");
        self
    }

    /// Sets all scopes that the client may ever request, in FDX's spelling. The dialect translates
    /// them to the provider's.
    pub fn scope(mut self, scopes: Scopes) -> Self {
        self.scope = Some(scopes);
        self
    }

    /// Sets the URL at which the client publishes its keys, instead of registering the keys.
    pub fn jwks_uri(mut self, jwks_uri: HttpsUrl) -> Self {
        self.keys = ClientKeys::At(jwks_uri);
        self
    }

    /// Sets the JWK Set to register, such as one whose keys have `x5c` for
    /// `self_signed_tls_client_auth` (RFC 8705 section 2.2.2).
    ///
    /// # Errors
    /// [`ConfigurationFault::RegistrationKeys`](crate::ConfigurationFault::RegistrationKeys) if the
    /// JSON is no JWK Set, or has a private or secret key.
    pub fn jwks(mut self, jwks: RawJson) -> Result<Self, Error> {
        self.keys = ClientKeys::given(jwks)?;
        Ok(self)
    }

    /// Sets the name in the client's certificate, for `tls_client_auth`.
    pub fn tls_client_auth(mut self, name: TlsClientAuthName) -> Self {
        self.tls_client_auth = Some(name);
        self
    }

    /// Sets the types of authorization details that the client may request, such as
    /// [`FDX_V1_0`](fdx_rar::FDX_V1_0) (RFC 9396 section 10). Default: not stated.
    pub fn authorization_details_types<T: Into<String>>(
        mut self,
        types: impl IntoIterator<Item = T>,
    ) -> Self {
        self.authorization_details_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a contact, such as the email address of the client's operators.
    pub fn contact(mut self, contact: &str) -> Self {
        self.contacts.push(contact.to_owned());
        self
    }

    /// Sets `logo_uri`: the client's logo.
    pub fn logo_uri(self, uri: &HttpsUrl) -> Self {
        self.text("logo_uri", uri.as_str())
    }

    /// Sets `client_uri`: the client's home page.
    pub fn client_uri(self, uri: &HttpsUrl) -> Self {
        self.text("client_uri", uri.as_str())
    }

    /// Sets `policy_uri`: the client's privacy policy.
    pub fn policy_uri(self, uri: &HttpsUrl) -> Self {
        self.text("policy_uri", uri.as_str())
    }

    /// Sets `tos_uri`: the client's terms of service.
    pub fn tos_uri(self, uri: &HttpsUrl) -> Self {
        self.text("tos_uri", uri.as_str())
    }

    /// Sets `software_id`.
    pub fn software_id(self, id: &str) -> Self {
        self.text("software_id", id)
    }

    /// Sets `software_version`.
    pub fn software_version(self, version: &str) -> Self {
        self.text("software_version", version)
    }

    /// Sets the software statement that a directory issued (RFC 7591 section 2.3).
    pub fn software_statement(self, statement: &str) -> Self {
        self.text("software_statement", statement)
    }

    /// Sets FDX's `description`.
    pub fn description(self, description: &str) -> Self {
        self.text("description", description)
    }

    /// Adds a kind of duration that the client's consents may have.
    pub fn duration_type(mut self, duration_type: DurationType) -> Self {
        self.duration_types.push(duration_type);
        self
    }

    /// Sets the longest duration of the client's consents, in days.
    pub fn duration_period(mut self, days: u32) -> Self {
        self.numbers.insert("duration_period", days);
        self
    }

    /// Sets the longest lookback period of the client's consents, in days.
    pub fn lookback_period(mut self, days: u32) -> Self {
        self.numbers.insert("lookback_period", days);
        self
    }

    /// Adds a registry that lists the recipient.
    pub fn registry_reference(mut self, reference: RegistryReference) -> Self {
        self.registry_references.push(reference);
        self
    }

    /// Adds a party that the data passes through.
    pub fn intermediary(mut self, intermediary: Intermediary) -> Self {
        self.intermediaries.push(intermediary);
        self
    }

    /// Adds a member that this crate does not know.
    ///
    /// # Errors
    /// [`CallFault::MetadataReserved`] for a name that this crate writes, that only a server
    /// returns, or that was added before.
    pub fn extra(mut self, name: &str, value: RawJson) -> Result<Self, Error> {
        if RESERVED.contains(&name) || self.extras.has(name) {
            return Err(CallFault::MetadataReserved.into());
        }
        self.extras.insert(name.to_owned(), value);
        Ok(self)
    }

    /// Omits a member that the server refuses, although RFC 7591 section 2 requires servers to ignore
    /// what they do not know.
    ///
    /// # Errors
    /// [`CallFault::MetadataProtective`] for a member about redirect URIs, keys, algorithms,
    /// authentication or binding.
    pub fn without(mut self, name: &str) -> Result<Self, Error> {
        if is_protective(name) {
            return Err(CallFault::MetadataProtective.into());
        }
        self.omitted.insert(name.to_owned());
        Ok(self)
    }

    fn text(mut self, name: &'static str, text: &str) -> Self {
        self.texts.insert(name, text.to_owned());
        self
    }

    /// Returns the members that do not depend on the configuration.
    ///
    /// # Errors
    /// [`CallFault::ParameterText`] if a member has no JSON form.
    pub(super) fn described(&self) -> Result<ClientMetadata, CallFault> {
        let mut metadata = self.extras.clone();
        for (name, text) in &self.texts {
            metadata.set(name, text)?;
        }
        for (name, number) in &self.numbers {
            metadata.set(name, number)?;
        }
        let types = &self.authorization_details_types;
        list(&mut metadata, "authorization_details_types", types)?;
        list(&mut metadata, "contacts", &self.contacts)?;
        list(&mut metadata, "duration_type", &self.duration_types)?;
        list(&mut metadata, "registry_references", &self.registry_references)?;
        list(&mut metadata, "intermediaries", &self.intermediaries)?;
        Ok(metadata)
    }
}

fn list<T: serde::Serialize>(
    metadata: &mut ClientMetadata,
    name: &str,
    values: &[T],
) -> Result<(), CallFault> {
    if values.is_empty() { Ok(()) } else { metadata.set(name, values) }
}

/// Names that this crate writes, that FAPI 2.0 forbids, or that only a server returns.
pub(super) const RESERVED: &[&str] = &[
    "authorization_details_types",
    "authorization_encrypted_response_alg",
    "authorization_encrypted_response_enc",
    "authorization_signed_response_alg",
    "client_id",
    "client_id_issued_at",
    "client_name",
    "client_secret",
    "client_secret_expires_at",
    "client_uri",
    "contacts",
    "description",
    "dpop_bound_access_tokens",
    "duration_period",
    "duration_type",
    "grant_types",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "id_token_signed_response_alg",
    "intermediaries",
    "introspection_encrypted_response_alg",
    "introspection_encrypted_response_enc",
    "introspection_signed_response_alg",
    "jwks",
    "jwks_uri",
    "logo_uri",
    "lookback_period",
    "policy_uri",
    "redirect_uris",
    "registration_access_token",
    "registration_client_uri",
    "registry_references",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "request_object_signing_alg",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "response_modes",
    "response_types",
    "scope",
    "software_id",
    "software_statement",
    "software_version",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_email",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_uri",
    "tls_client_auth_subject_dn",
    "tls_client_certificate_bound_access_tokens",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "tos_uri",
    "use_mtls_endpoint_aliases",
];
