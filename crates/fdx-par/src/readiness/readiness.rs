use fdx_wire::Issuer;

use crate::client::config::ClientConfig;
use crate::readiness::reading::Reading;
use crate::readiness::rule::{Finding, Rule, Severity};
use crate::readiness::{algorithms, endpoints, flow};

/// The findings for one metadata document: one row for each rule, in a fixed order.
///
/// ```
/// use fdx_par::{Readiness, readiness::Severity};
///
/// let document = br#"{
///     "issuer": "https://bank.example",
///     "authorization_endpoint": "https://bank.example/authorize",
///     "token_endpoint": "http://bank.example/token"
/// }"#;
/// let readiness = Readiness::of(document, None, None);
/// assert_eq!(readiness.worst(), Severity::BreaksFapi);
/// let token = readiness.findings().iter().find(|row| row.member == "token_endpoint").unwrap();
/// assert_eq!(token.severity, Severity::BreaksFapi);
/// assert_eq!(token.found.as_str(), "\"http://bank.example/token\"");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Readiness {
    findings: Vec<Finding>,
}

impl Readiness {
    /// Applies every rule to the document's bytes.
    ///
    /// `expected` is the issuer that the document should belong to, if it is known. A client's
    /// configuration has one too, and adds what this client needs from the server.
    #[must_use]
    pub fn of(document: &[u8], expected: Option<&Issuer>, client: Option<&ClientConfig>) -> Self {
        let findings = match Reading::of(document, expected, client) {
            Ok(reading) => all().map(|rule| rule.apply(&reading)).collect(),
            Err(error) => vec![Finding::no_document(error.kind(), client)],
        };
        Self { findings }
    }

    /// All rows, including those without a violation.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The severity of the worst row.
    #[must_use]
    pub fn worst(&self) -> Severity {
        self.findings.iter().map(|row| row.severity).max().unwrap_or(Severity::Fine)
    }
}

/// Every rule, in the order of the rows.
pub(super) fn all() -> impl Iterator<Item = Rule> {
    endpoints::rules().chain([flow::RULES, algorithms::RULES].into_iter().flatten().copied())
}
