//! The failure that ends the program.

use std::fmt;
use std::process::ExitCode;

use fdx_par::error::{Deviation, RefusalKind};
use fdx_par::{ConfigurationFault, Error, NextStep, Refusal};
use fdx_store::StoreError;
use fdx_transport_hyper::{CertificateFault, ConnectFault, RunError, TransportError, VerifyError};
use serde::Serialize;

use crate::dialect::that_allow;

const FETCHING_KEYS: &str = "fetching the server's keys";

/// The output of `--json` after a failure.
#[derive(Serialize)]
pub(crate) struct Report<'a> {
    error: Description<'a>,
}

/// A failure for programs.
#[derive(Serialize)]
pub(crate) struct Description<'a> {
    /// The stable code of the library's error; `fdx.failed` or `fdx.usage` for other failures.
    code: &'a str,
    /// The violated clause, if the failure is about one.
    clause: Option<&'a str>,
    message: &'a str,
    /// What the server said, if it refused.
    server: Option<&'a str>,
    /// The dialects that would allow it.
    dialect: Option<String>,
    next_step: &'a str,
}

/// What failed, with code and clause, and the next step.
#[derive(Debug)]
pub(crate) struct Failure {
    blame: Blame,
    what: String,
    details: Option<Box<Details>>,
    next: String,
    is_reported: bool,
}

/// What the library reports about an error.
#[derive(Debug)]
struct Details {
    code: &'static str,
    /// Only the protocol has clauses.
    clause: Option<&'static str>,
    said: Option<String>,
    allowed_by: Option<Deviation>,
}

/// The cause of a failure: exit code 1 or 2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Blame {
    World,
    Usage,
}

impl Failure {
    /// Something failed.
    pub(crate) fn failed(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::plain(Blame::World, what.into(), next.into())
    }

    /// The command line or a configuration can't be right.
    pub(crate) fn usage(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::plain(Blame::Usage, what.into(), next.into())
    }

    /// An exchange failed, or a step between two exchanges.
    pub(crate) fn protocol(doing: &str, error: &Error) -> Self {
        let correct = error.next_step() == NextStep::Correct;
        let blame = match error {
            Error::Call(_)
            | Error::Configuration(_)
            | Error::Parameter(_)
            | Error::StoredState(_)
                if correct =>
            {
                Blame::Usage
            }
            Error::Metadata(metadata)
                if metadata.fault == ConfigurationFault::AlgorithmNotListed =>
            {
                Blame::Usage
            }
            _ => Blame::World,
        };
        Self {
            blame,
            what: format!("{doing}: {}", what_happened(error)),
            details: Some(Box::new(Details {
                code: error.code(),
                clause: Some(error.clause()),
                said: error.said().map(ToString::to_string).or_else(|| clock(error)),
                allowed_by: error.allowed_by(),
            })),
            next: match error.hint() {
                // A repetition ends in the same way.
                Some(hint) if error.next_step() == NextStep::StartOver => hint.to_owned(),
                Some(hint) => format!("correct the configuration: {hint}"),
                None => advice(error.next_step()),
            },
            is_reported: false,
        }
    }

    /// The store failed, or what it holds is wrong.
    pub(crate) fn stored(code: &'static str, what: String, next: impl Into<String>) -> Self {
        let details = Details { code, clause: None, said: None, allowed_by: None };
        let next = next.into();
        let details = Some(Box::new(details));
        Self { blame: Blame::World, what, details, next, is_reported: false }
    }

    /// The store failed.
    pub(crate) fn store(doing: &str, error: &StoreError) -> Self {
        Self::stored(error.code(), format!("{doing}: {error}"), error.next_step())
    }

    /// There was no response.
    pub(crate) fn unanswered(doing: &str, error: &RunError) -> Self {
        let next = match error {
            RunError::NotSent { error, .. } => connecting(error),
            other => advice(other.next_step()),
        };
        Self::failed(format!("{doing}: {error}"), next)
    }

    /// A signed value was not verified.
    pub(crate) fn not_verified(doing: &str, error: &VerifyError) -> Self {
        match error {
            VerifyError::Rejected(error) => Self::protocol(doing, error),
            VerifyError::FetchKeys(RunError::Protocol(error)) => {
                Self::protocol(FETCHING_KEYS, error)
            }
            VerifyError::FetchKeys(error) => Self::unanswered(FETCHING_KEYS, error),
            VerifyError::UnknownKey { retry_after: None } => Self::failed(
                format!("{doing}: the server does not publish the key that signed it"),
                advice(error.next_step()),
            ),
            other => Self::failed(format!("{doing}: {other}"), advice(other.next_step())),
        }
    }

    /// A token is encrypted, and no command decrypts.
    pub(crate) fn encrypted(doing: &str) -> Self {
        Self::failed(
            format!("{doing}: it is encrypted"),
            "have the client registered without id_token_encrypted_response_alg",
        )
    }

    /// The customer denied the request, or the server refused it, in the callback.
    pub(crate) fn denied(refusal: Refusal) -> Self {
        let doing = match refusal.is("access_denied") {
            true => "the customer denied the request",
            false => "the institution refused the authorization",
        };
        Self::protocol(doing, &Error::Refusal(Box::new(refusal)))
    }

    /// The customer denied the request. `error` and `description` are the institution's words.
    pub(crate) fn customer_denied(error: Option<String>, description: Option<String>) -> Self {
        let said: Vec<_> = error.into_iter().chain(description).collect();
        Self {
            blame: Blame::World,
            what: "the customer denied the request".to_owned(),
            details: Some(Box::new(Details {
                code: RefusalKind::Authorization.code(),
                clause: Some("RFC 6749 section 4.1.2.1"),
                said: Some(said.join(": ")).filter(|said| !said.is_empty()),
                allowed_by: None,
            })),
            next: advice(NextStep::RespectTheCustomer),
            is_reported: false,
        }
    }

    /// Adds a note before the next step.
    pub(crate) fn but(mut self, note: &str) -> Self {
        self.next = format!("{note}; {}", self.next);
        self
    }

    /// Adds the likely cause, if the failure has this code.
    pub(crate) fn hint(self, code: &str, likely: &str) -> Self {
        match &self.details {
            Some(details) if details.code == code => self.but(likely),
            _ => self,
        }
    }

    /// Replaces the description of the failure.
    pub(crate) fn saying(mut self, what: String) -> Self {
        self.what = what;
        self
    }

    /// Names another setting in the next step: the command has an option of its own for it.
    pub(crate) fn instead_of(mut self, setting: &str, option: &str) -> Self {
        self.next = self.next.replace(setting, option);
        self
    }

    /// Whether the library reports this code.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.details.as_ref().is_some_and(|details| details.code == code)
    }

    /// The failure as an object of its own.
    pub(crate) fn report(&self) -> Report<'_> {
        Report { error: self.description() }
    }

    /// The failure for programs.
    pub(crate) fn description(&self) -> Description<'_> {
        let plain = match self.blame {
            Blame::World => "fdx.failed",
            Blame::Usage => "fdx.usage",
        };
        Description {
            code: self.details.as_ref().map_or(plain, |details| details.code),
            clause: self.details.as_ref().and_then(|details| details.clause),
            message: self.what.trim_end(),
            server: self.details.as_ref().and_then(|details| details.said.as_deref()),
            dialect: self.details.as_ref().and_then(|it| it.allowed_by).map(that_allow),
            next_step: &self.next,
        }
    }

    /// Marks the failure as part of the output that `--json` has printed.
    pub(crate) fn reported(mut self) -> Self {
        self.is_reported = true;
        self
    }

    /// Whether standard output already describes the failure.
    pub(crate) fn is_reported(&self) -> bool {
        self.is_reported
    }

    /// The description, without code, clause and next step.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.blame {
            Blame::World => ExitCode::from(1),
            Blame::Usage => ExitCode::from(2),
        }
    }

    fn plain(blame: Blame, what: String, next: String) -> Self {
        Self { blame, what, details: None, next, is_reported: false }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what.trim_end())?;
        if let Some(details) = &self.details {
            write!(f, "\n  code    {}", details.code)?;
            if let Some(clause) = details.clause {
                write!(f, "\n  clause  {clause}")?;
            }
            if let Some(said) = &details.said {
                write!(f, "\n  server  {said}")?;
            }
            if let Some(deviation) = details.allowed_by {
                write!(f, "\n  dialect {}", that_allow(deviation))?;
            }
        }
        write!(f, "\n  next    {}", self.next)
    }
}

/// The error's text without code, clause and the server's text, which are on separate lines.
fn what_happened(error: &Error) -> String {
    match error {
        Error::Call(fault) => fault.to_string(),
        Error::Callback(fault) => format!("the callback was rejected: {fault}"),
        Error::Configuration(fault) => fault.to_string(),
        Error::IdToken { error, .. } => format!("the ID token was rejected: {error}"),
        Error::Metadata(fault) => format!("the metadata is not enough: {fault}"),
        Error::Parameter(fault) => fault.to_string(),
        Error::Refusal(_) => "the server refused".to_owned(),
        Error::Server(fault) => {
            format!("the server's response violates a rule: {}", fault.broken())
        }
        Error::SignedIntrospection { error, .. } => {
            format!("the signed introspection was rejected: {error}")
        }
        Error::Signing(error) => format!("no usable signature: {error}"),
        Error::StoredState(fault) => fault.to_string(),
        other => other.to_string(),
    }
}

/// The clock of the server whose signed value was rejected for its time, if it differs by more
/// seconds than FAPI 2.0 tolerates.
fn clock(error: &Error) -> Option<String> {
    let offset = error.clock_offset().filter(|offset| offset.unsigned_abs() > 10)?;
    let side = if offset > 0 { "ahead" } else { "behind" };
    Some(format!("its clock is {} s {side}", offset.unsigned_abs()))
}

/// The next step if no connection could be made.
fn connecting(error: &TransportError) -> String {
    match error {
        TransportError::Connect(ConnectFault::ServerCertificate(
            CertificateFault::UnknownIssuer,
        )) => "if you trust the issuing authority, add its certificate to root_certificates",
        // Includes a wrong signature: an authority was renewed under the same name.
        TransportError::Connect(ConnectFault::ServerCertificate(CertificateFault::Invalid)) => {
            "check that root_certificates is current, or ask the institution"
        }
        TransportError::Connect(ConnectFault::ServerCertificate(
            CertificateFault::Expired | CertificateFault::NotYetValid,
        )) => "check the clock of this machine, or ask the institution",
        TransportError::Connect(ConnectFault::ServerCertificate(_)) => {
            "ask the institution: the client can't correct this"
        }
        TransportError::Setup(_) => "correct the configuration",
        _ => "check the address and the network, then run it again",
    }
    .to_owned()
}

/// The next step in words.
pub(crate) fn advice(next_step: NextStep) -> String {
    match next_step {
        NextStep::Correct => "correct the configuration: a repetition fails in the same way",
        NextStep::AskTheInstitution => "ask the institution: the client can't correct this",
        NextStep::FetchKeys => "run it again: the server's keys have changed",
        NextStep::Refresh => "run it again for fresh tokens",
        NextStep::Retry { after: Some(after) } => {
            return format!("run it again in {} seconds", after.as_secs());
        }
        NextStep::Retry { after: None } => "run it again",
        NextStep::RegisterAgain => "register the client again",
        NextStep::StartOver => "run it again, and send the customer again",
        NextStep::RespectTheCustomer => "request consent again only if the customer wants that",
        NextStep::KeepWaiting => "wait for the callback that belongs to this request",
        _ => "see the clause",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdx_par::CallbackFault;

    #[test]
    fn names_the_dialects_that_allow_an_error() {
        let error = Error::Callback(CallbackFault::IssNotAnnounced);
        let shown = Failure::protocol("checking the callback", &error).to_string();
        let line = "\n  dialect the member callback-without-iss allows it; it is in mastercard, \
                    mastercard-mock, spring-authorization-server (with dialect_options), mx\n";
        assert!(shown.contains(line), "{shown}");
        let error = Error::Callback(CallbackFault::IssMismatch);
        let shown = Failure::protocol("checking the callback", &error).to_string();
        assert!(!shown.contains("dialect"), "{shown}");
    }
}
