use core::fmt;

use fdx_jose::{
    AuthorizationResponseError, DecryptionError, IdTokenError, JwtError, SignedIntrospectionError,
    SigningError,
};
use fdx_wire::members::MemberFault;

use crate::error::callback::{CallbackFault, SealFault};
use crate::error::caller::{
    CallFault, ConfigurationFault, MetadataFault, ParameterFault, StoredStateFault,
};
use crate::error::deviation::Deviation;
use crate::error::next_step::{NextStep, RefusedCall};
use crate::error::refusal::Refusal;
use crate::error::registration::RegistrationFault;
use crate::error::said::{Said, clock_note};
use crate::error::server::{ServerFault, ServerRule};

/// An error, grouped by who is to blame.
///
/// Each has a stable [`code`](Error::code), its clause, and the [`next_step`](Error::next_step).
/// [`said`](Error::said) returns the server's texts, bounded and escaped. They never come from the
/// body of a success.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The server or the front channel: a signed authorization response does not verify.
    AuthorizationResponse {
        /// The rule that it breaks.
        error: AuthorizationResponseError,
        /// Whether its signature and `state` are right. Then it is the institution's response to this
        /// request, and no other one will arrive.
        of_this_flow: bool,
    },
    /// The caller: an argument of this call breaks a rule. Nothing was sent.
    Call(CallFault),
    /// The front channel: the callback is not the response to this request.
    Callback(CallbackFault),
    /// The caller: the configuration breaks a rule, or does not fit the institution. Nothing was
    /// sent.
    Configuration(ConfigurationFault),
    /// The decrypter: an ID token could not be decrypted here. The tokens are kept.
    Decryption(DecryptionError),
    /// The server: an ID token does not verify.
    IdToken {
        /// The rule that it breaks.
        error: IdTokenError,
        /// If the rule is about a time: by how many seconds the `Date` of its response was ahead of
        /// `now`. Negative if it was behind.
        clock_offset: Option<i64>,
    },
    /// The institution's metadata, or the caller: a URL that this call needs is absent or not usable,
    /// or a list lacks the algorithm of a configured key.
    /// Nothing was sent.
    Metadata(MetadataFault),
    /// The caller: a parameter of the authorization request breaks a rule. Nothing was sent.
    Parameter(ParameterFault),
    /// The server's decision: it refused the request.
    Refusal(Box<Refusal>),
    /// The server: it registered weaker client metadata than requested. The registration is kept.
    Registration(RegistrationFault),
    /// The storage: a sealed value does not open.
    Seal(SealFault),
    /// The server: its response breaks a rule.
    Server(Box<ServerFault>),
    /// The server: a signed introspection response does not verify.
    SignedIntrospection {
        /// The rule that it breaks.
        error: SignedIntrospectionError,
        /// If the rule is about a time: by how many seconds the `Date` of its response was ahead of
        /// `now`. Negative if it was behind.
        clock_offset: Option<i64>,
    },
    /// The signer: a signature is missing or does not fit.
    Signing(SigningError),
    /// The caller's storage: a persisted or kept value can't be used. Nothing was sent.
    StoredState(StoredStateFault),
}

impl Error {
    /// The stable name of the rule, such as `rfc9207.iss.mismatch`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AuthorizationResponse { error, .. } => error.code(),
            Self::Call(fault) => fault.code(),
            Self::Callback(fault) => fault.code(),
            Self::Configuration(fault) => fault.code(),
            Self::Decryption(_) => "decryption",
            Self::IdToken { error, .. } => error.code(),
            Self::Metadata(metadata) => metadata.fault.code(),
            Self::Parameter(parameter) => parameter.fault.code(),
            Self::Refusal(refusal) => refusal.code(),
            Self::Registration(fault) => fault.code(),
            Self::Seal(fault) => fault.code(),
            Self::Server(fault) => fault.rule.code(),
            Self::SignedIntrospection { error, .. } => error.code(),
            Self::Signing(_) => "signing",
            Self::StoredState(fault) => fault.code(),
        }
    }

    /// The clause of the standard that was violated or applied.
    #[must_use]
    pub fn clause(&self) -> &'static str {
        match self {
            Self::AuthorizationResponse { .. } => "JARM section 2.4",
            Self::Call(fault) => fault.clause(),
            Self::Callback(fault) => fault.clause(),
            Self::Configuration(fault) => fault.clause(),
            Self::Decryption(_) => "RFC 7516 section 5.2",
            Self::IdToken { .. } => "OpenID Connect Core 3.1.3.7",
            Self::Metadata(metadata) => metadata.clause,
            Self::Parameter(parameter) => parameter.fault.clause(),
            Self::Refusal(refusal) => refusal.clause(),
            Self::Registration(fault) => fault.clause(),
            Self::Seal(_) => "fdx-par, sealed pending values",
            Self::Server(fault) => fault.clause(),
            Self::SignedIntrospection { .. } => "RFC 9701 section 5",
            Self::Signing(_) => "RFC 7515 section 5.1",
            Self::StoredState(fault) => fault.clause(),
        }
    }

    /// The deviation of a [`dialect`](crate::dialect) that would allow what was rejected here, if
    /// there is one. For a provider known to deviate like this, configure its dialect.
    #[must_use]
    pub fn allowed_by(&self) -> Option<Deviation> {
        match self {
            // RFC 9207 2.4: where the metadata announces `iss`, no dialect allows a callback without.
            Self::Callback(CallbackFault::IssNotAnnounced) => Some(Deviation::CallbackWithoutIss),
            // Endpoints on this machine belong to an issuer on this machine. At any other issuer, no
            // dialect allows an endpoint with http.
            Self::Configuration(ConfigurationFault::LoopbackHttp) => Some(Deviation::LoopbackHttp),
            Self::AuthorizationResponse {
                error: AuthorizationResponseError::IssRepeated, ..
            } => Some(Deviation::RepeatedIss),
            Self::IdToken { error: IdTokenError::Jwt(JwtError::Type), .. } => {
                Some(Deviation::IdTokenTyp)
            }
            // Each response is checked against these algorithms when it arrives.
            Self::Registration(
                RegistrationFault::AuthorizationSignedResponseAlg
                | RegistrationFault::IdTokenSignedResponseAlg
                | RegistrationFault::IntrospectionSignedResponseAlg,
            ) => Some(Deviation::RegistrationMisreports),
            // A confirmation of another key is no unbound token.
            Self::Server(fault)
                if fault.rule == ServerRule::TokenType
                    && fault.member.as_ref().is_none_or(|it| it.member() != "token_type") =>
            {
                None
            }
            Self::Server(fault) => fault.rule.allowed_by(),
            _ => None,
        }
    }

    /// Returns the likely causes of a refusal with their settings, or the change that the next
    /// attempt needs. `None` if the next step says everything.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refusal(refusal) => refusal.hint(),
            _ => None,
        }
    }

    /// A refusal as the refusal of this call.
    pub(crate) fn of_call(self, call: RefusedCall, on_no_response: NextStep) -> Self {
        match self {
            Self::Refusal(refusal) => Self::Refusal(Box::new(refusal.of(call, on_no_response))),
            error => error,
        }
    }

    /// The server's status and texts, if the error is from a response.
    #[must_use]
    pub fn said(&self) -> Option<&Said> {
        match self {
            Self::Refusal(refusal) => Some(&refusal.said),
            Self::Server(fault) => Some(&fault.said),
            _ => None,
        }
    }

    /// By how many seconds the `Date` of the response was ahead of `now`, if the error is from a
    /// response with that header. Negative if it was behind. For a signed value, only if its rule is
    /// about a time. A callback has no response.
    #[must_use]
    pub fn clock_offset(&self) -> Option<i64> {
        match self {
            Self::IdToken { clock_offset, .. } | Self::SignedIntrospection { clock_offset, .. } => {
                *clock_offset
            }
            error => error.said()?.clock_offset,
        }
    }

    /// The error of an ID token in a response with these texts.
    pub(crate) fn id_token(error: IdTokenError, said: &Said) -> Self {
        let about_time = match &error {
            IdTokenError::Jwt(error) => is_about_time(error),
            IdTokenError::AuthTime | IdTokenError::AuthTimeTooOld => true,
            _ => false,
        };
        Self::IdToken { error, clock_offset: said.clock_offset.filter(|_| about_time) }
    }

    /// The error of a signed introspection in a response with these texts.
    pub(crate) fn signed_introspection(error: SignedIntrospectionError, said: &Said) -> Self {
        let about_time = match &error {
            SignedIntrospectionError::Jwt(error) => is_about_time(error),
            _ => false,
        };
        Self::SignedIntrospection { error, clock_offset: said.clock_offset.filter(|_| about_time) }
    }

    /// The member of the server's response that broke the rule, if it is one.
    #[must_use]
    pub fn member(&self) -> Option<&MemberFault> {
        match self {
            Self::Server(fault) => fault.member.as_ref(),
            _ => None,
        }
    }

    /// The next step.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::AuthorizationResponse { error, .. } if error.is_unknown_key() => {
                NextStep::FetchKeys
            }
            Self::AuthorizationResponse { of_this_flow: true, .. } => NextStep::AskTheInstitution,
            Self::AuthorizationResponse { of_this_flow: false, .. } => NextStep::KeepWaiting,
            Self::Call(_) | Self::Configuration(_) | Self::Metadata(_) | Self::Parameter(_) => {
                NextStep::Correct
            }
            Self::Callback(fault) => fault.next_step(),
            Self::Decryption(_) => NextStep::Retry { after: None },
            Self::IdToken { error, .. } if error.is_unknown_key() => NextStep::FetchKeys,
            Self::IdToken { .. } => NextStep::AskTheInstitution,
            Self::Refusal(refusal) => refusal.next_step,
            Self::Registration(_) => NextStep::AskTheInstitution,
            Self::Seal(_) => NextStep::StartOver,
            Self::Server(fault) => fault.next_step,
            Self::SignedIntrospection { error, .. } if error.is_unknown_key() => {
                NextStep::FetchKeys
            }
            Self::SignedIntrospection { .. } => NextStep::AskTheInstitution,
            Self::Signing(_) => NextStep::Retry { after: None },
            Self::StoredState(fault) => fault.next_step(),
        }
    }
}

/// Whether a wrong clock, of the server or of this machine, may be the cause.
fn is_about_time(error: &JwtError) -> bool {
    matches!(
        error,
        JwtError::Expired
            | JwtError::IssuedInTheFuture
            | JwtError::IssuedTooLongAgo
            | JwtError::NotBefore
    )
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthorizationResponse { error, .. } => {
                write!(f, "the signed callback was rejected: {error}")?
            }
            Self::Call(fault) => write!(f, "the call is not allowed: {fault}")?,
            Self::Callback(fault) => write!(f, "the callback was rejected: {fault}")?,
            Self::Configuration(fault) => write!(f, "the configuration is not usable: {fault}")?,
            Self::Decryption(error) => write!(f, "the ID token could not be decrypted: {error}")?,
            Self::IdToken { error, .. } => write!(f, "the ID token was rejected: {error}")?,
            Self::Metadata(fault) => write!(f, "the metadata is not enough: {fault}")?,
            Self::Parameter(fault) => write!(f, "the request is not allowed: {fault}")?,
            Self::Refusal(refusal) => write!(f, "the server refused: {refusal}")?,
            Self::Registration(fault) => write!(
                f,
                "the registered metadata is weaker than requested: {fault}; \
                     ask the institution to register what was requested, then request it again \
                     (Registrar::update), or delete the registration"
            )?,
            Self::Seal(fault) => write!(f, "the sealed value does not open: {fault}")?,
            Self::Server(fault) => write!(f, "the server's response violates a rule: {fault}")?,
            Self::SignedIntrospection { error, .. } => {
                write!(f, "the signed introspection was rejected: {error}")?
            }
            Self::Signing(error) => write!(f, "no usable signature: {error}")?,
            Self::StoredState(fault) => write!(f, "the stored state is not usable: {fault}")?,
        }
        if self.said().is_none()
            && let Some(note) = clock_note(self.clock_offset())
        {
            write!(f, ", {note}")?;
        }
        write!(f, " [{}, {}]", self.code(), self.clause())?;
        if let Some(hint) = self.hint() {
            write!(f, "; {hint}")?;
        }
        match self.allowed_by() {
            Some(deviation) => write!(f, "; a dialect with the member {deviation} allows it"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<IdTokenError> for Error {
    fn from(error: IdTokenError) -> Self {
        Self::IdToken { error, clock_offset: None }
    }
}

impl From<AuthorizationResponseError> for Error {
    fn from(error: AuthorizationResponseError) -> Self {
        Self::AuthorizationResponse { error, of_this_flow: false }
    }
}

impl From<SignedIntrospectionError> for Error {
    fn from(error: SignedIntrospectionError) -> Self {
        Self::SignedIntrospection { error, clock_offset: None }
    }
}

impl From<CallFault> for Error {
    fn from(fault: CallFault) -> Self {
        Self::Call(fault)
    }
}

impl From<ConfigurationFault> for Error {
    fn from(fault: ConfigurationFault) -> Self {
        Self::Configuration(fault)
    }
}

impl From<MetadataFault> for Error {
    fn from(fault: MetadataFault) -> Self {
        Self::Metadata(fault)
    }
}

impl From<ParameterFault> for Error {
    fn from(fault: ParameterFault) -> Self {
        Self::Parameter(fault)
    }
}

impl From<StoredStateFault> for Error {
    fn from(fault: StoredStateFault) -> Self {
        Self::StoredState(fault)
    }
}

impl From<SealFault> for Error {
    fn from(fault: SealFault) -> Self {
        Self::Seal(fault)
    }
}

impl From<CallbackFault> for Error {
    fn from(fault: CallbackFault) -> Self {
        Self::Callback(fault)
    }
}

impl From<SigningError> for Error {
    fn from(error: SigningError) -> Self {
        Self::Signing(error)
    }
}
