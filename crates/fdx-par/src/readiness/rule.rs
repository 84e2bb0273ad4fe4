use fdx_wire::json::Kind;

use crate::client::config::ClientConfig;
use crate::error::deviation::Deviation;
use crate::error::said::Excerpt;
use crate::readiness::reading::Reading;

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
    /// The deviation whose presence in the client's dialect allows it.
    pub allowed_by: Option<Deviation>,
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

/// What is asked of one member.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    pub(super) member: &'static str,
    pub(super) clause: &'static str,
    pub(super) wanted: &'static str,
    pub(super) judge: fn(&Reading<'_>, &'static str) -> Verdict,
}

/// What a rule makes of a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Fine,
    Advice,
    /// Against the rule, and no client of ours minds.
    Fapi,
    /// Against the rule, and every client of ours minds.
    Every,
    /// The same, except for clients whose dialect has this deviation.
    Unless(Deviation),
    /// Not against the rule, or not yet; the client that was given minds.
    Client,
}

impl Rule {
    pub(super) const fn new(
        member: &'static str,
        clause: &'static str,
        wanted: &'static str,
        judge: fn(&Reading<'_>, &'static str) -> Verdict,
    ) -> Self {
        Self { member, clause, wanted, judge }
    }

    pub(super) fn apply(&self, reading: &Reading<'_>) -> Finding {
        let every = match reading.client {
            Some(_) => Severity::BreaksClient,
            None => Severity::BreaksFapi,
        };
        let (severity, allowed_by) = match (self.judge)(reading, self.member) {
            Verdict::Fine => (Severity::Fine, None),
            Verdict::Advice => (Severity::Advice, None),
            Verdict::Fapi => (Severity::BreaksFapi, None),
            Verdict::Every => (every, None),
            Verdict::Unless(deviation) if allows(reading.client, deviation) => {
                (Severity::BreaksFapi, Some(deviation))
            }
            Verdict::Unless(deviation) => (every, Some(deviation)),
            Verdict::Client => (Severity::BreaksClient, None),
        };
        let found = Excerpt::of(&reading.text(self.member));
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
            found: Excerpt::of(found),
            wanted: "one JSON object of at most 256 KiB, each member once",
            severity: match client {
                Some(_) => Severity::BreaksClient,
                None => Severity::BreaksFapi,
            },
            allowed_by: None,
        }
    }
}
