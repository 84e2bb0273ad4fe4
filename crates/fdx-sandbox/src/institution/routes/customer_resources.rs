//! The customer's data: accounts, transactions and personal data, as far as the consent covers it.

use fdx_rar::{DataCluster, ResourceType};
use fdx_wire::{UnixTime, percent_encode};
use serde_json::{Map, Value, json};

use crate::institution::consent::Consent;
use crate::institution::customer_data::{Account, Customer};
use crate::institution::rule::Rule;
use crate::institution::state::Institution;
use crate::institution::verdict::Violation;

/// The data clusters that make an account visible.
const VISIBLE_BY: [DataCluster; 3] =
    [DataCluster::AccountBasic, DataCluster::AccountDetailed, DataCluster::Balances];

impl Institution {
    /// `GET /accounts`: the accounts that the customer chose. The response does not reveal others.
    pub(crate) fn accounts_document(&mut self, consent: &Consent) -> Result<Value, Violation> {
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
    pub(crate) fn account_document(
        &mut self,
        consent: &Consent,
        segment: &str,
    ) -> Result<Value, Violation> {
        let config = self.config();
        let account = self.require_account(&config.customer, segment)?;
        let document = document(consent, account);
        self.require_granted(document.is_some())?;
        Ok(document.unwrap_or_default())
    }

    /// FDX 701: the account does not exist.
    fn require_account<'c>(
        &mut self,
        customer: &'c Customer,
        segment: &str,
    ) -> Result<&'c Account, Violation> {
        let mut accounts = customer.accounts.iter();
        self.verdicts.require_some(
            Rule::AccountExists,
            accounts.find(|account| percent_encode(&account.account_id) == segment),
        )
    }

    /// `GET /accounts/{accountId}/transactions`, within the consent's lookback period.
    pub(crate) fn transactions_document(
        &mut self,
        consent: &Consent,
        segment: &str,
        now: UnixTime,
    ) -> Result<Value, Violation> {
        let config = self.config();
        let account = self.require_account(&config.customer, segment)?;
        self.require_granted(consent.covers(
            &ResourceType::Account,
            &account.account_id,
            &DataCluster::Transactions,
        ))?;
        // FDX: lookbackPeriod counts from the time of the request.
        let oldest = consent.lookback_period().unwrap_or(u32::MAX);
        let visible =
            account.transactions.iter().filter(|transaction| transaction.days_ago <= oldest);
        let transactions: Vec<_> = visible
            .map(|transaction| {
                json!({
                    "accountCategory": "DEPOSIT_ACCOUNT",
                    "transactionId": transaction.transaction_id,
                    "accountId": account.account_id,
                    "description": transaction.description,
                    "debitCreditMemo": if transaction.amount < 0 { "DEBIT" } else { "CREDIT" },
                    "amount": amount(transaction.amount.abs()),
                    "status": "POSTED",
                    "postedTimestamp": transaction.posted(now).to_rfc3339(),
                })
            })
            .collect();
        Ok(json!({
            "page": { "totalElements": transactions.len() },
            "transactions": transactions,
        }))
    }

    /// `GET /customers/current`: each cluster adds its members.
    pub(crate) fn customer_document(&mut self, consent: &Consent) -> Result<Value, Violation> {
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

    /// FDX 602: the consent does not cover the data.
    fn require_granted(&mut self, granted: bool) -> Result<(), Violation> {
        self.verdicts.require(Rule::ConsentCovers, granted)
    }
}

/// The members of `account` that the consent covers. `None` if it covers none.
fn document(consent: &Consent, account: &Account) -> Option<Value> {
    let covers = |cluster| consent.covers(&ResourceType::Account, &account.account_id, cluster);
    if !VISIBLE_BY.iter().any(covers) {
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

/// Cents as the JSON number of FDX.
fn amount(cents: i64) -> Value {
    // Exact to the cent up to 2^53 cents.
    Value::from(cents as f64 / 100.0)
}
