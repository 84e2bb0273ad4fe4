/// Why an account access consent can't be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountAccessConsentError {
    /// Its end is past.
    #[error("ExpirationDateTime is past")]
    Expired,
    /// It opens nothing.
    #[error("the consent has no permission")]
    NoPermission,
    /// Its end is a year away or more.
    #[error("ExpirationDateTime is not under a year away")]
    TooLong,
}
