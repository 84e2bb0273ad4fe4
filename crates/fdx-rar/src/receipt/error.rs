use fdx_wire::json::JsonError;

/// Why something is not a consent receipt.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// A date without a basis or a basis without a date, only one of granted and withheld, or not
    /// one kind of what was requested.
    #[error("the receipt contradicts itself")]
    Contradiction,
    /// Not the JSON that was expected.
    #[error("the receipt is {0}")]
    Json(#[from] JsonError),
    /// It says more, or says it otherwise, than a receipt of this version would.
    #[error("the receipt says what this version would not write")]
    More,
    /// Of a version that is not known.
    #[error("the receipt is of a version that is not known")]
    Version,
}
