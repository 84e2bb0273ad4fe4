/// The rule that an account access consent broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountAccessConsentError {
    /// The expiration is in the past.
    #[error("ExpirationDateTime is in the past")]
    Expired,
    /// The consent has no permission.
    #[error("the consent has no permission")]
    NoPermission,
    /// The expiration is a year or more away.
    #[error("ExpirationDateTime is a year or more away")]
    TooLong,
}
