use fdx_rar::{DataCluster, ResourceType};
use fdx_wire::UnixTime;
use serde_json::{Value, json};

use super::{Consent, amount};
use crate::error::Broken;
use crate::institution::Institution;

impl Institution {
    /// `GET /accounts/{accountId}/transactions`, as far back as the consent looks.
    pub(super) fn transactions_document(
        &mut self,
        consent: &Consent,
        segment: &str,
        now: UnixTime,
    ) -> Result<Value, Broken> {
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
}
