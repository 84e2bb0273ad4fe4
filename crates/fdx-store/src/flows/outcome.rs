use crate::sql::operation::StoreError;
use crate::sql::statement::{RowReader, Statement};

/// How a flow ended. It has no secret.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FlowOutcome {
    /// The consent is stored, with the id of the flow.
    Granted,
    /// The customer denied the consent.
    Denied {
        /// The error code of the callback, as the institution spelled it.
        error: Option<String>,
        /// The institution's description.
        description: Option<String>,
    },
    /// The institution reported another error in the callback.
    Refused {
        /// The error code.
        error: Option<String>,
        /// The institution's description.
        description: Option<String>,
    },
    /// The code is spent or too old, and no tokens are stored.
    Failed {
        /// What failed, with the institution's words.
        reason: String,
    },
}

/// The longest text of others that is stored, in characters.
const MAX_CHARS: usize = 512;

impl FlowOutcome {
    /// The name in the database.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Denied { .. } => "denied",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
        }
    }

    /// Adds the three columns of an outcome.
    pub(super) fn bind(outcome: Option<&Self>, statement: Statement) -> Statement {
        let (error, description) = match outcome {
            Some(Self::Denied { error, description } | Self::Refused { error, description }) => {
                (error.clone(), description.clone())
            }
            Some(Self::Failed { reason }) => (None, Some(reason.clone())),
            Some(Self::Granted) | None => (None, None),
        };
        statement
            .with(outcome.map(|outcome| outcome.name().to_owned()))
            .with(error.map(bounded))
            .with(description.map(bounded))
    }

    /// Reads the three columns.
    pub(super) fn read(row: &mut RowReader) -> Result<Option<Self>, StoreError> {
        let name: Option<String> = row.optional()?;
        let (error, description) = (row.optional()?, row.optional()?);
        Ok(Some(match name.as_deref() {
            None => return Ok(None),
            Some("granted") => Self::Granted,
            Some("denied") => Self::Denied { error, description },
            Some("refused") => Self::Refused { error, description },
            Some("failed") => Self::Failed { reason: description.unwrap_or_default() },
            Some(_) => return Err(StoreError::UnexpectedRows),
        }))
    }
}

fn bounded(text: String) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}
