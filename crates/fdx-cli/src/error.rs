use std::fmt;
use std::process::ExitCode;

use fdx_par::{Deviation, Error, NextStep, Refusal};
use fdx_transport_hyper::{CertificateFault, ConnectFault, RunError, TransportError};

use crate::dialect::that_allow;

/// Why the program ends, said so that a person can go on from there.
#[derive(Debug)]
pub(crate) struct Failure {
    blame: Blame,
    what: String,
    told: Option<Box<Told>>,
    next: String,
}

/// What the library tells of an error.
#[derive(Debug)]
struct Told {
    code: &'static str,
    clause: &'static str,
    said: Option<String>,
    allowed_by: Option<Deviation>,
}

/// Whose doing it was: 1 and 2 of the exit codes.
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

    /// What ended an exchange, or a step between two.
    pub(crate) fn protocol(doing: &str, error: &Error) -> Self {
        let correct = error.next_step() == NextStep::Correct;
        let blame = match error {
            Error::Caller(_) if correct => Blame::Usage,
            _ => Blame::World,
        };
        Self {
            blame,
            what: format!("{doing}: {}", what_happened(error)),
            told: Some(Box::new(Told {
                code: error.code(),
                clause: error.clause(),
                said: error.said().map(ToString::to_string),
                allowed_by: error.allowed_by(),
            })),
            next: advice(error.next_step()),
        }
    }

    /// No answer came.
    pub(crate) fn unanswered(doing: &str, error: &RunError) -> Self {
        let next = match error {
            RunError::NotSent { error, .. } => connecting(error),
            other => advice(other.next_step()),
        };
        Self::failed(format!("{doing}: {error}"), next)
    }

    /// The customer or the server said no in the callback.
    pub(crate) fn denied(refusal: Refusal) -> Self {
        let doing = match refusal.is("access_denied") {
            true => "the customer did not agree",
            false => "the institution ended the customer's part",
        };
        Self::protocol(doing, &Error::Refusal(Box::new(refusal)))
    }

    /// The same failure, with something more to know before the next step.
    pub(crate) fn but(mut self, note: &str) -> Self {
        self.next = format!("{note}; {}", self.next);
        self
    }

    /// The same failure, with what is the likely cause of one code at the present step.
    pub(crate) fn hint(self, code: &str, likely: &str) -> Self {
        match &self.told {
            Some(told) if told.code == code => self.but(likely),
            _ => self,
        }
    }

    /// The same failure in the words of whoever made it.
    pub(crate) fn saying(mut self, what: String) -> Self {
        self.what = what;
        self
    }

    /// What happened, without code, clause and next step.
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
        Self { blame, what, told: None, next }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what.trim_end())?;
        if let Some(told) = &self.told {
            write!(f, "\n  code    {}\n  clause  {}", told.code, told.clause)?;
            if let Some(said) = &told.said {
                write!(f, "\n  server  {said}")?;
            }
            if let Some(deviation) = told.allowed_by {
                write!(f, "\n  dialect {}", that_allow(deviation))?;
            }
        }
        write!(f, "\n  next    {}", self.next)
    }
}

/// The error's text without its code, clause and the server's words, which have lines of their own.
fn what_happened(error: &Error) -> String {
    match error {
        Error::Caller(fault) => fault.to_string(),
        Error::Callback(fault) => format!("the callback is not the answer: {fault}"),
        Error::IdToken(error) => format!("the server's ID token does not hold: {error}"),
        Error::Refusal(_) => "the server refused".to_owned(),
        Error::Server(fault) => format!("the server's answer breaks a rule: {}", fault.rule),
        Error::Signing(error) => format!("no usable signature: {error}"),
        other => other.to_string(),
    }
}

/// What helps where nothing was sent.
fn connecting(error: &TransportError) -> String {
    match error {
        TransportError::Connect(ConnectFault::ServerCertificate(
            CertificateFault::UnknownIssuer,
        )) => "name the authority behind it in root_certificates, if you trust it",
        // A signature that does not hold is among these: an authority of the same name was renewed.
        TransportError::Connect(ConnectFault::ServerCertificate(CertificateFault::Invalid)) => {
            "look whether root_certificates is the authority's of today, or ask the institution"
        }
        TransportError::Connect(ConnectFault::ServerCertificate(
            CertificateFault::Expired | CertificateFault::NotYetValid,
        )) => "look whether this machine's clock is right, or ask the institution",
        TransportError::Connect(ConnectFault::ServerCertificate(_)) => {
            "nothing that a program can do: ask the institution"
        }
        TransportError::Setup(_) => "correct the configuration",
        _ => "check the address and the network, then run it again",
    }
    .to_owned()
}

/// What a person can do.
pub(crate) fn advice(next_step: NextStep) -> String {
    match next_step {
        NextStep::Correct => "correct the configuration: the same again fails the same way",
        NextStep::AskTheInstitution => "nothing that a program can do: ask the institution",
        NextStep::FetchKeys => "run it again: the server's keys have changed",
        NextStep::Refresh => "run it again for fresh tokens",
        NextStep::Retry { after: Some(after) } => {
            return format!("run it again in {} seconds", after.as_secs());
        }
        NextStep::Retry { after: None } => "run it again",
        NextStep::RegisterAgain => "register the client again",
        NextStep::StartOver => "run it again, and send the customer once more",
        NextStep::RespectTheCustomer => "ask again only if the customer wants that",
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
    fn what_a_dialect_would_allow_names_the_dialects_that_do() {
        let error = Error::Callback(CallbackFault::IssMissing);
        let told = Failure::protocol("checking the callback", &error).to_string();
        let line = "\n  dialect the member callback-without-iss allows it, which is in mastercard, \
                    mastercard-mock, mx\n";
        assert!(told.contains(line), "{told}");
        let error = Error::Callback(CallbackFault::IssMismatch);
        let told = Failure::protocol("checking the callback", &error).to_string();
        assert!(!told.contains("dialect"), "{told}");
    }
}
