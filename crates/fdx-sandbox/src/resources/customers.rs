use fdx_rar::{DataCluster, ResourceType};
use serde_json::{Map, Value, json};

use super::Consent;
use crate::error::Broken;
use crate::institution::Institution;

impl Institution {
    /// `GET /customers/current`: each cluster adds its members.
    pub(super) fn customer_document(&mut self, consent: &Consent) -> Result<Value, Broken> {
        let config = self.config();
        let customer = &config.customer;
        let covers = |cluster: &DataCluster| {
            consent.covers(&ResourceType::Customer, &customer.customer_id, cluster)
        };
        let contact = covers(&DataCluster::CustomerContact);
        let personal = covers(&DataCluster::CustomerPersonal);
        self.require_granted(contact || personal)?;
        let mut document = Map::new();
        document.insert("customerId".to_owned(), json!(customer.customer_id));
        if contact {
            document.insert("email".to_owned(), json!([customer.email]));
        }
        if personal {
            let name = json!({ "first": customer.first_name, "last": customer.last_name });
            document.insert("name".to_owned(), name);
            document.insert("dateOfBirth".to_owned(), json!(customer.date_of_birth));
        }
        Ok(document.into())
    }
}
