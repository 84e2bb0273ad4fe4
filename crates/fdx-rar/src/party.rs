use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::tolerant;

open_enum! {
    /// The role of a party in a consent.
    pub enum PartyType {
        /// A platform between the provider and the recipient.
        DataAccessPlatform => "DATA_ACCESS_PLATFORM",
        /// The institution that holds the data.
        DataProvider => "DATA_PROVIDER",
        /// The recipient of the data.
        DataRecipient => "DATA_RECIPIENT" | "DATA_RECIEPIENT",
        /// The customer.
        Individual => "INDIVIDUAL",
        /// A merchant.
        Merchant => "MERCHANT",
        /// A vendor.
        Vendor => "VENDOR",
    }
}

open_enum! {
    /// The registry of a party's legal entity.
    pub enum Registry {
        /// The registry of the Financial Data Exchange.
        Fdx => "FDX",
        /// The Global Legal Entity Identifier Foundation.
        Gleif => "GLEIF",
        /// The registry of domain names.
        Icann => "ICANN",
        /// The institution's own registry.
        Private => "PRIVATE",
    }
}

/// A party of a consent.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(from = "Received", rename_all = "camelCase")]
pub struct Party {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    party_type: Option<PartyType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    home_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registry: Option<Registry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_entity_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_entity_id: Option<String>,
}

impl Party {
    /// A party with a name and a role.
    #[must_use]
    pub fn new(name: &str, party_type: PartyType) -> Self {
        Self { name: Some(name.into()), party_type: Some(party_type), ..Self::default() }
    }

    /// Adds the party's web page.
    #[must_use]
    pub fn with_home_uri(mut self, uri: &str) -> Self {
        self.home_uri = Some(uri.into());
        self
    }

    /// Adds the party's logo.
    #[must_use]
    pub fn with_logo_uri(mut self, uri: &str) -> Self {
        self.logo_uri = Some(uri.into());
        self
    }

    /// Adds the legal entity: its registry, and its name and identifier in that registry.
    #[must_use]
    pub fn with_registered_entity(mut self, registry: Registry, name: &str, id: &str) -> Self {
        self.registry = Some(registry);
        self.registered_entity_name = Some(name.into());
        self.registered_entity_id = Some(id.into());
        self
    }

    /// The name that is shown to the customer.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The role in the consent.
    #[must_use]
    pub fn party_type(&self) -> Option<&PartyType> {
        self.party_type.as_ref()
    }

    /// Its web page.
    #[must_use]
    pub fn home_uri(&self) -> Option<&str> {
        self.home_uri.as_deref()
    }

    /// Its logo.
    #[must_use]
    pub fn logo_uri(&self) -> Option<&str> {
        self.logo_uri.as_deref()
    }

    /// The registry of its legal entity.
    #[must_use]
    pub fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }

    /// The legal entity's name.
    #[must_use]
    pub fn registered_entity_name(&self) -> Option<&str> {
        self.registered_entity_name.as_deref()
    }

    /// The legal entity's identifier in its registry.
    #[must_use]
    pub fn registered_entity_id(&self) -> Option<&str> {
        self.registered_entity_id.as_deref()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    #[serde(default)]
    name: Option<String>,
    #[serde(default, rename = "type")]
    party_type: Option<PartyType>,
    #[serde(default)]
    home_uri: Option<String>,
    #[serde(default)]
    logo_uri: Option<String>,
    #[serde(default)]
    registry: Option<Registry>,
    #[serde(default)]
    registered_entity_name: Option<String>,
    // The name of this member in the examples of the behavioural specification.
    #[serde(default)]
    legal_entity_name: Option<String>,
    #[serde(default, deserialize_with = "tolerant::text")]
    registered_entity_id: Option<String>,
}

impl From<Received> for Party {
    fn from(received: Received) -> Self {
        Self {
            name: received.name,
            party_type: received.party_type,
            home_uri: received.home_uri,
            logo_uri: received.logo_uri,
            registry: received.registry,
            registered_entity_name: received.registered_entity_name.or(received.legal_entity_name),
            registered_entity_id: received.registered_entity_id,
        }
    }
}
