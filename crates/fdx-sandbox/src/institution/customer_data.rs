//! The data of the institution's only customer.

use fdx_wire::UnixTime;

/// A customer with accounts. [`Customer::default`] returns the built-in customer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Customer {
    /// FDX `customerId`, and the `sub` of ID tokens.
    pub customer_id: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// An email address.
    pub email: String,
    /// The date of birth, as `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// The accounts, in the order in which the consent page lists them.
    pub accounts: Vec<Account>,
}

/// A deposit account.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Account {
    /// FDX `accountId`.
    pub account_id: String,
    /// FDX `accountType`, such as `CHECKING`.
    pub account_type: String,
    /// The name given by the customer.
    pub nickname: String,
    /// The masked account number.
    pub number_display: String,
    /// The balance, in cents.
    pub balance: i64,
    /// The transactions, the latest first.
    pub transactions: Vec<Transaction>,
}

/// A posted transaction.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Transaction {
    /// FDX `transactionId`.
    pub transaction_id: String,
    /// The purpose.
    pub description: String,
    /// The amount in cents, negative for debits.
    pub amount: i64,
    /// The number of days before the request, so that the data never grows old.
    pub days_ago: u32,
}

impl Transaction {
    pub(crate) fn posted(&self, now: UnixTime) -> UnixTime {
        now - std::time::Duration::from_secs(u64::from(self.days_ago) * 86_400)
    }
}

impl Default for Customer {
    fn default() -> Self {
        let accounts = [
            ("acc-1", "CHECKING", "Everyday", "****4821", 182_455),
            ("acc-2", "SAVINGS", "Rainy days", "****7730", 1_250_000),
            ("acc-3", "CHECKING", "Household", "****0916", 64_010),
        ];
        Self {
            customer_id: "cust-1".to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Example".to_owned(),
            email: "ada@customer.example".to_owned(),
            date_of_birth: "1985-12-10".to_owned(),
            accounts: accounts.map(account).to_vec(),
        }
    }
}

fn account((id, kind, nickname, number, balance): (&str, &str, &str, &str, i64)) -> Account {
    let transactions = [
        ("Groceries", -5_432, 1),
        ("Salary", 312_000, 9),
        ("Rent", -110_000, 20),
        ("Insurance", -8_900, 95),
    ];
    let transactions =
        transactions.into_iter().zip(1..).map(|((description, amount, days_ago), number)| {
            Transaction {
                transaction_id: format!("{id}-tx-{number}"),
                description: description.to_owned(),
                amount,
                days_ago,
            }
        });
    Account {
        account_id: id.to_owned(),
        account_type: kind.to_owned(),
        nickname: nickname.to_owned(),
        number_display: number.to_owned(),
        balance,
        transactions: transactions.collect(),
    }
}
