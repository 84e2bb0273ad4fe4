//! What an institution's metadata promises, held against what FAPI 2.0 asks for, before anything is
//! sent: every member that is wrong, not the first alone.
//!
//! [`discover`](crate::discover) refuses what can't be used. This says all of what is missing, what
//! it should be by which clause, and how much it matters, for a person who talks with the
//! institution. It proves nothing about what the server does.

mod algorithms;
mod endpoints;
mod flow;
mod reading;
mod rule;

use fdx_wire::Issuer;
use reading::Reading;

use crate::{ClientConfig, Excerpt};

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

/// One row.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The member of the document, one of `mtls_endpoint_aliases` after a dot. Of a text that is
    /// no metadata document the one row is called `document`.
    pub member: &'static str,
    /// The clause that says what is wanted.
    pub clause: &'static str,
    /// The member's JSON, without the space between its tokens, bounded and escaped; `absent` where
    /// there is none.
    pub found: Excerpt,
    /// What it should be.
    pub wanted: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The name of the dialect's member ([`Member::name`](crate::dialect::Member::name)) by which a
    /// client could live with it.
    pub allowed_by: Option<&'static str>,
}

/// How much a row matters, from the least to the most.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// As it is wanted, or not wanted at all.
    Fine,
    /// Not against a rule, or against one that may be kept elsewhere: worth asking about.
    Advice,
    /// Against FAPI 2.0 or a standard that it builds on.
    BreaksFapi,
    /// The client whose configuration was given can't obtain a consent there. Without a
    /// configuration nothing is.
    BreaksClient,
}

impl Readiness {
    /// Judges the document's bytes. `asked` is the issuer whose metadata it should be, where that
    /// is known; a client's configuration knows it too, and says what this client is about to do.
    #[must_use]
    pub fn of(document: &[u8], asked: Option<&Issuer>, client: Option<&ClientConfig>) -> Self {
        let findings = match Reading::of(document, asked, client) {
            Ok(reading) => rule::all().map(|rule| rule.apply(&reading)).collect(),
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

impl Severity {
    /// A name that is stable: `fine`, `advice`, `breaks-fapi`, `breaks-client`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Advice => "advice",
            Self::BreaksFapi => "breaks-fapi",
            Self::BreaksClient => "breaks-client",
        }
    }
}
