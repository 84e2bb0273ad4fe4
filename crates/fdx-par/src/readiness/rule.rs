use fdx_wire::json::Kind;

use crate::client::config::ClientConfig;
use crate::error::deviation::Deviation;
use crate::readiness::reading::Reading;

/// One row of a readiness report: a rule and its result.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The member of the document, such as `token_endpoint` or
    /// `mtls_endpoint_aliases.token_endpoint`. `document` if the bytes are not a metadata document.
    pub member: &'static str,
    /// The clause with the expected value.
    pub clause: &'static str,
    /// The member's JSON in full, without whitespace between its tokens, with control and non-ASCII
    /// characters escaped; or `absent`.
    pub found: String,
    /// The expected value.
    pub wanted: &'static str,
    /// The severity of the violation, if there is one.
    pub severity: Severity,
    /// The deviation whose presence in the client's dialect allows it.
    pub allowed_by: Option<Deviation>,
}

/// The severity of a finding, from the least to the most.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// As expected, or not required.
    Fine,
    /// No violation, or possibly none: worth a question to the institution.
    Advice,
    /// Violates FAPI 2.0 or a standard that it builds on.
    BreaksFapi,
    /// The client whose configuration was given cannot work there: [`discover`](crate::discover),
    /// [`Client::new`](crate::Client::new) or the push would fail, or the server states that it does
    /// not accept what this client sends. Never reported without a configuration, for a member that
    /// this client does not use, or for one that is merely absent and not required.
    BreaksClient,
}

impl Severity {
    /// The stable name: `fine`, `advice`, `breaks-fapi`, `breaks-client`.
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

/// A rule for one member.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    pub(super) member: &'static str,
    pub(super) clause: &'static str,
    pub(super) wanted: &'static str,
    pub(super) judge: fn(&Reading<'_>, &'static str) -> Judgement,
}

/// The result of a rule for a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Judgement {
    Fine,
    Advice,
    /// A violation that affects no client of this crate.
    Fapi,
    /// A violation that affects every client of this crate.
    Every,
    /// A violation that affects no client of this crate, and that this deviation would allow.
    FapiUnless(Deviation),
    /// A violation that affects every client whose dialect lacks this deviation.
    Unless(Deviation),
    /// Affects the given client, whether or not it is a violation.
    Client,
}

impl Rule {
    pub(super) const fn new(
        member: &'static str,
        clause: &'static str,
        wanted: &'static str,
        judge: fn(&Reading<'_>, &'static str) -> Judgement,
    ) -> Self {
        Self { member, clause, wanted, judge }
    }

    pub(super) fn apply(&self, reading: &Reading<'_>) -> Finding {
        let every = match reading.client {
            Some(_) => Severity::BreaksClient,
            None => Severity::BreaksFapi,
        };
        let (severity, allowed_by) = match (self.judge)(reading, self.member) {
            Judgement::Fine => (Severity::Fine, None),
            Judgement::Advice => (Severity::Advice, None),
            Judgement::Fapi => (Severity::BreaksFapi, None),
            Judgement::Every => (every, None),
            Judgement::FapiUnless(deviation) => (Severity::BreaksFapi, Some(deviation)),
            Judgement::Unless(deviation) if allows(reading.client, deviation) => {
                (Severity::BreaksFapi, Some(deviation))
            }
            Judgement::Unless(deviation) => (every, Some(deviation)),
            Judgement::Client => (Severity::BreaksClient, None),
        };
        let found = reading.text(self.member);
        let Self { member, clause, wanted, .. } = *self;
        Finding { member, clause, found, wanted, severity, allowed_by }
    }
}

fn allows(client: Option<&ClientConfig>, deviation: Deviation) -> bool {
    client.is_some_and(|client| client.dialect.allows(deviation))
}

impl Finding {
    pub(super) fn no_document(kind: Kind, client: Option<&ClientConfig>) -> Self {
        let found = match kind {
            Kind::DuplicateKey => "a member twice",
            Kind::NotUtf8 => "bytes that are not UTF-8",
            Kind::ReservedName => "a member whose name is reserved by the JSON parser",
            Kind::Shape => "JSON that is not an object",
            Kind::TooDeep | Kind::TooLarge | Kind::TooManyMembers => "a document beyond the limits",
            _ => "no JSON",
        };
        Self {
            member: "document",
            clause: "RFC 8414 section 3.2",
            found: found.to_owned(),
            wanted: "one JSON object of at most 256 KiB, each member once",
            severity: match client {
                Some(_) => Severity::BreaksClient,
                None => Severity::BreaksFapi,
            },
            allowed_by: None,
        }
    }
}
