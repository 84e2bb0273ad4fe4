/// Why a parameter can't be inside a request object. Names are cut after 32 characters and escaped.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestObjectError {
    /// A parameter is JSON `null`.
    #[error("the parameter {name} is null: leave it out instead")]
    Null {
        /// The parameter's name.
        name: String,
    },
    /// A parameter was given twice.
    #[error("the parameter {name} is there twice (RFC 6749 section 3.1)")]
    Repeated {
        /// The parameter's name.
        name: String,
    },
    /// A claim that the request object states itself, that RFC 9101 forbids inside, or that
    /// authenticates the client.
    #[error("the parameter {name} has no place among a request object's parameters (RFC 9101)")]
    Reserved {
        /// The parameter's name.
        name: &'static str,
    },
}

impl RequestObjectError {
    /// A stable name of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Null { .. } => "rfc9101.parameter.null",
            Self::Repeated { .. } => "rfc9101.parameter.repeated",
            Self::Reserved { .. } => "rfc9101.parameter.reserved",
        }
    }
}
