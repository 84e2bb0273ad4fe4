use fdx_wire::Issuer;

use crate::client::config::ClientConfig;
use crate::readiness::reading::Reading;
use crate::readiness::rule::{Finding, Rule, Severity};
use crate::readiness::{algorithms, endpoints, flow};

/// What is to be said of one metadata document: a row for each rule, in a fixed order.
///
/// ```
/// use fdx_par::{Readiness, Severity};
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
    /// Judges the document's bytes. `asked` is the issuer whose metadata it should be, where that
    /// is known; a client's configuration knows it too, and says what this client is about to do.
    #[must_use]
    pub fn of(document: &[u8], asked: Option<&Issuer>, client: Option<&ClientConfig>) -> Self {
        let findings = match Reading::of(document, asked, client) {
            Ok(reading) => all().map(|rule| rule.apply(&reading)).collect(),
            Err(error) => vec![Finding::no_document(error.kind(), client)],
        };
        Self { findings }
    }

    /// All rows, those that are fine among them.
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
