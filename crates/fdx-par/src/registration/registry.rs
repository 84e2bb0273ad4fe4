use core::net::IpAddr;

use fdx_rar::Registry;
use fdx_wire::HttpsUrl;
use serde::Serialize;

/// A registry and a party's legal entity in it (FDX recipient registration,
/// `registry_references`).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RegistryReference {
    registered_entity_name: String,
    registered_entity_id: String,
    registry: Registry,
}

impl RegistryReference {
    /// Refers to the entity `name`, which `registry` lists as `id`.
    #[must_use]
    pub fn new(name: &str, id: &str, registry: Registry) -> Self {
        Self {
            registered_entity_name: name.to_owned(),
            registered_entity_id: id.to_owned(),
            registry,
        }
    }
}

/// A party that the data passes through on its way to the recipient (FDX recipient registration,
/// `intermediaries`).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[must_use]
pub struct Intermediary {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_uri: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    registry_references: Vec<RegistryReference>,
}

impl Intermediary {
    /// A party of this name.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: None,
            uri: None,
            logo_uri: None,
            contacts: Vec::new(),
            registry_references: Vec::new(),
        }
    }

    /// Sets the description of the party's role.
    pub fn description(self, description: &str) -> Self {
        Self { description: Some(description.to_owned()), ..self }
    }

    /// Sets the party's home page.
    pub fn uri(self, uri: &HttpsUrl) -> Self {
        Self { uri: Some(uri.as_str().to_owned()), ..self }
    }

    /// Sets the party's logo.
    pub fn logo_uri(self, uri: &HttpsUrl) -> Self {
        Self { logo_uri: Some(uri.as_str().to_owned()), ..self }
    }

    /// Adds a contact, such as an email address.
    pub fn contact(mut self, contact: &str) -> Self {
        self.contacts.push(contact.to_owned());
        self
    }

    /// Adds a registry that lists the party.
    pub fn registry_reference(mut self, reference: RegistryReference) -> Self {
        self.registry_references.push(reference);
        self
    }
}

/// The name in the client's certificate by which a server identifies the client (RFC 8705 section
/// 2.1.2).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TlsClientAuthName {
    /// `tls_client_auth_subject_dn`, as RFC 4514 writes it.
    SubjectDn(String),
    /// `tls_client_auth_san_dns`.
    SanDns(String),
    /// `tls_client_auth_san_uri`.
    SanUri(String),
    /// `tls_client_auth_san_ip`.
    SanIp(IpAddr),
    /// `tls_client_auth_san_email`.
    SanEmail(String),
}

impl TlsClientAuthName {
    /// The member's name and value.
    pub(super) fn member(&self) -> (&'static str, String) {
        match self {
            Self::SubjectDn(name) => ("tls_client_auth_subject_dn", name.clone()),
            Self::SanDns(name) => ("tls_client_auth_san_dns", name.clone()),
            Self::SanUri(name) => ("tls_client_auth_san_uri", name.clone()),
            Self::SanIp(address) => ("tls_client_auth_san_ip", address.to_string()),
            Self::SanEmail(name) => ("tls_client_auth_san_email", name.clone()),
        }
    }
}
