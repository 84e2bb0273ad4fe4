use fdx_rar::{DataCluster, ResourceType};
use fdx_wire::percent_encode;
use serde_json::{Map, Value, json};

use super::{Consent, amount};
use crate::data::{Account, Customer};
use crate::error::{Broken, Reason};
use crate::institution::Institution;

/// Any of these makes an account visible.
const SHOWS: [DataCluster; 3] =
    [DataCluster::AccountBasic, DataCluster::AccountDetailed, DataCluster::Balances];

impl Institution {
    /// `GET /accounts`: the accounts that the customer chose, and no trace of the others.
    pub(super) fn accounts_document(&mut self, consent: &Consent) -> Result<Value, Broken> {
        let config = self.config();
        let accounts = config.customer.accounts.iter();
        let documents: Vec<_> = accounts.filter_map(|account| document(consent, account)).collect();
        self.require_granted(!documents.is_empty())?;
        Ok(json!({
            "page": { "totalElements": documents.len() },
            "accounts": documents,
        }))
    }

    /// `GET /accounts/{accountId}`.
    pub(super) fn account_document(
        &mut self,
        consent: &Consent,
        segment: &str,
    ) -> Result<Value, Broken> {
        let config = self.config();
        let account = self.require_account(&config.customer, segment)?;
        let document = document(consent, account);
        self.require_granted(document.is_some())?;
        Ok(document.unwrap_or_default())
    }

    /// FDX 701 where there is no such account.
    pub(super) fn require_account<'c>(
        &mut self,
        customer: &'c Customer,
        segment: &str,
    ) -> Result<&'c Account, Broken> {
        let mut accounts = customer.accounts.iter();
        self.verdicts.require_some(
            Reason::AccountNotFound,
            "FDX Core API, accounts",
            "the account exists",
            accounts.find(|account| percent_encode(&account.account_id) == segment),
        )
    }
}

/// What the consent shows of `account`; none where it shows nothing.
fn document(consent: &Consent, account: &Account) -> Option<Value> {
    let covers = |cluster| consent.covers(&ResourceType::Account, &account.account_id, cluster);
    if !SHOWS.iter().any(covers) {
        return None;
    }
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| document.insert(name.to_owned(), value);
    put("accountCategory", json!("DEPOSIT_ACCOUNT"));
    put("accountId", json!(account.account_id));
    if covers(&DataCluster::AccountBasic) || covers(&DataCluster::AccountDetailed) {
        put("accountType", json!(account.account_type));
        put("accountNumberDisplay", json!(account.number_display));
        put("nickname", json!(account.nickname));
        put("status", json!("OPEN"));
        put("currency", json!({ "currencyCode": "USD" }));
    }
    if covers(&DataCluster::AccountDetailed) || covers(&DataCluster::Balances) {
        put("currentBalance", amount(account.balance));
        put("availableBalance", amount(account.balance));
    }
    Some(document.into())
}
