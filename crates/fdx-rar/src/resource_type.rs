use crate::open_enum::open_enum;

open_enum! {
    /// What a consent is about.
    pub enum ResourceType {
        /// Accounts, chosen by the customer.
        Account => "ACCOUNT",
        /// The customer.
        Customer => "CUSTOMER",
        /// Documents.
        Document => "DOCUMENT",
    }
}
