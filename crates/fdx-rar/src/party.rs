use alloc::string::String;

use serde::Serialize;

use crate::open_enum::open_enum;

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
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) party_type: Option<PartyType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) home_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logo_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) registry: Option<Registry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) registered_entity_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) registered_entity_id: Option<String>,
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
