use crate::open_enum::open_enum;

open_enum! {
    /// What an auditor should see at once about how a consent came about.
    pub enum ReceiptWarning {
        /// The institution tells no consent id: the consent can't be read or revoked by it.
        NoConsentId => "NO_CONSENT_ID",
        /// A client secret authenticated the client, the request was not pushed, the endpoints were
        /// not discovered, or an ID token that was asked for did not come.
        NotFapi => "NOT_FAPI",
        /// The tokens are plain Bearer tokens: whoever holds one can use it.
        NotSenderConstrained => "NOT_SENDER_CONSTRAINED",
    }
}
