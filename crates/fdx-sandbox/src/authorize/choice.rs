use fdx_rar::{DataCluster, ResourceType};

use crate::data::Customer;
use crate::par::Requested;

/// One box on the consent page: a data cluster of one resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Choice {
    pub(crate) resource_type: ResourceType,
    pub(crate) resource_id: String,
    pub(crate) cluster: DataCluster,
}

impl Choice {
    /// Everything that the customer could grant of what was asked, resource by resource.
    pub(crate) fn all(customer: &Customer, requested: &Requested) -> Vec<Self> {
        let accounts = customer.accounts.iter();
        let accounts = accounts.map(|account| (ResourceType::Account, &account.account_id));
        let customers = [(ResourceType::Customer, &customer.customer_id)];
        let mut choices = Vec::new();
        for (resource_type, resource_id) in accounts.chain(customers) {
            let pairs = requested.consent_request.pairs();
            let asked = pairs.filter(|(asked, _)| **asked == resource_type);
            choices.extend(asked.map(|(_, cluster)| Self {
                resource_type: resource_type.clone(),
                resource_id: resource_id.clone(),
                cluster: cluster.clone(),
            }));
        }
        choices
    }

    /// The name of the box in the form.
    pub(crate) fn field(&self) -> String {
        let Self { resource_type, resource_id, cluster } = self;
        format!("{resource_type}/{resource_id}/{cluster}")
    }
}
