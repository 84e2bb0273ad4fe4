use core::cell::OnceCell;
use core::time::Duration;

use fdx_wire::UnixTime;
use fdx_wire::json::{JsonError, Kind, Limits};
use fdx_wire::members::{Excerpt, Member, MemberFault, Object, ReadError};
use http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, StatusCode};

use crate::error::error::Error;
use crate::error::next_step::{NextStep, RefusalKind};
use crate::error::refusal::{Asserted, Refusal};
use crate::error::said::Said;
use crate::error::server::{Broken, ServerFault, ServerRule};
use crate::exchange::challenge;
use crate::exchange::challenge::Challenge;
use crate::exchange::error_body;
use crate::exchange::error_body::{Described, ErrorBody};
use crate::exchange::mint::INTERACTION_ID;

const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const MAX_NONCE: usize = 512;
/// The error code of a server that requires a nonce (RFC 9449 sections 8 and 9).
const USE_DPOP_NONCE: &str = "use_dpop_nonce";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// More than an excerpt has.
const MAX_EXCERPT: usize = 512;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A response. It is checked in one order: size, status, content
/// coding, content type, JSON.
pub struct Answer<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) limit: usize,
    /// When the request was drafted. Lifetimes are counted from here, so they never end too late.
    pub(crate) drafted_at: UnixTime,
    pub(crate) now: UnixTime,
    pub(crate) on_no_response: NextStep,
    /// The client assertion of the request.
    pub(crate) asserted: Option<Asserted>,
    /// The body of an error, once it was read.
    pub(super) error_body: OnceCell<Option<ErrorBody>>,
}

impl Answer<'_> {
    /// The object in the body of a success with exactly this status.
    ///
    /// `key` is a member that each success has. A body without it that has an `error` is this error:
    /// some servers return errors with status 200.
    pub(crate) fn object<C>(
        &self,
        status: StatusCode,
        members: usize,
        key: &Member<C>,
    ) -> Result<Object<'_>, Error> {
        self.check_json(status)?;
        let limits = Limits { members, ..Limits::bytes(self.limit) };
        let object = Object::parse(self.json(), &limits).map_err(|error| self.json_fault(error))?;
        // Only an object that is no success is read a second time.
        let error = if object.has(key) { None } else { self.oauth_error() };
        error.map_or(Ok(object), |said| Err(self.refuse(RefusalKind::OAuth, said)))
    }

    /// The JSON text of the body. RFC 8259 8.1: a reader may ignore a byte order mark.
    pub(crate) fn json(&self) -> &[u8] {
        self.body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(self.body)
    }

    /// The error for a body that can't be read.
    pub(crate) fn json_fault(&self, error: JsonError) -> Error {
        self.fault(ServerRule::of_json(error.kind()))
    }

    /// The error for a body of which one member can't be read.
    pub(crate) fn read_fault(&self, error: ReadError) -> Error {
        match error {
            ReadError::Json(error) => self.json_fault(error),
            ReadError::Member(fault) => self.member_fault(ServerRule::BodyMember, fault),
        }
    }

    /// The error for a body that breaks a rule.
    pub(crate) fn broken(&self, broken: Broken) -> Error {
        Error::Server(self.server_fault(broken))
    }

    /// The fault of a body that breaks a rule, for a body that is used nevertheless.
    pub(crate) fn server_fault(&self, broken: Broken) -> Box<ServerFault> {
        ServerFault::of(broken, self.said(), self.on_no_response)
    }

    /// The error for a member that breaks a rule.
    pub(crate) fn member_fault(&self, rule: ServerRule, member: MemberFault) -> Error {
        self.broken(Broken::member(rule, member))
    }

    /// Size, status, content coding and content type.
    pub(crate) fn check_json(&self, status: StatusCode) -> Result<(), Error> {
        self.check_status(status)?;
        self.check_not_encoded()?;
        if !self.is_json() {
            return Err(self.fault(ServerRule::ContentType));
        }
        Ok(())
    }

    /// Size, status and content coding, for a document whose content type is not specified.
    pub(crate) fn check_untyped(&self, status: StatusCode) -> Result<(), Error> {
        self.check_status(status).and_then(|()| self.check_not_encoded())
    }

    /// The error for a document whose content type is not specified. A page of HTML is reported by
    /// its content type, not as damaged JSON.
    pub(crate) fn untyped_fault(&self, error: ReadError) -> Error {
        match error {
            ReadError::Json(json) if json.kind() == Kind::Syntax && !self.is_json() => {
                self.fault(ServerRule::ContentType)
            }
            error => self.read_fault(error),
        }
    }

    /// Every request has `Accept-Encoding: identity`, so that no other coding is acceptable (RFC 9110
    /// section 12.5.3).
    pub(crate) fn check_not_encoded(&self) -> Result<(), Error> {
        match self.content_encoding() {
            Some(_) => Err(self.fault(ServerRule::ContentEncoding)),
            None => Ok(()),
        }
    }

    /// `Content-Encoding`, unless the body is as it is (RFC 9110 section 8.4).
    fn content_encoding(&self) -> Option<Excerpt> {
        let values = self.headers.get_all(CONTENT_ENCODING).iter();
        let value = values.map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b", "[..]);
        let value = String::from_utf8_lossy(&value);
        let is_identity = |coding: &str| {
            coding.trim().is_empty() || coding.trim().eq_ignore_ascii_case("identity")
        };
        (!value.split(',').all(is_identity)).then(|| Excerpt::of(&value))
    }

    /// Size and status.
    pub(crate) fn check_status(&self, status: StatusCode) -> Result<(), Error> {
        self.check_size()?;
        self.check_not_redirected()?;
        if self.status == status { Ok(()) } else { Err(self.not_a_success()) }
    }

    pub(crate) fn check_size(&self) -> Result<(), Error> {
        if self.body.len() > self.limit {
            return Err(self.fault(ServerRule::BodyTooLarge));
        }
        Ok(())
    }

    /// A redirect is never followed with credentials (FAPI 2.0 Security Profile 5.3.2.2-10).
    pub(crate) fn check_not_redirected(&self) -> Result<(), Error> {
        if self.status.is_redirection() {
            return Err(self.fault(ServerRule::Redirected));
        }
        Ok(())
    }

    /// The error of an unexpected status: an OAuth error, an HTTP error without one, or, for an
    /// unexpected success, a violated rule.
    fn not_a_success(&self) -> Error {
        if !self.status.is_client_error() && !self.status.is_server_error() {
            return self.fault(ServerRule::Status);
        }
        match self.oauth_error() {
            Some(said) => self.refuse(RefusalKind::OAuth, said),
            None => self.refuse(RefusalKind::Http, self.described().unwrap_or_else(|| self.said())),
        }
    }

    fn oauth_error(&self) -> Option<Said> {
        let body = self.error_body()?;
        let Described { error, error_description } = body.oauth()?;
        Some(Said {
            error: Some(error),
            error_description,
            error_uri: body.error_uri(),
            state: body.state(),
            ..self.said()
        })
    }

    /// The error in FDX's words or in those of problem details, or the beginning of the body.
    pub(crate) fn described(&self) -> Option<Said> {
        if let Some(Described { error, error_description }) =
            self.error_body().and_then(ErrorBody::described)
        {
            return Some(Said { error: Some(error), error_description, ..self.said() });
        }
        if holds_a_credential(self.body) {
            return None;
        }
        let text = String::from_utf8_lossy(self.body.get(..MAX_EXCERPT).unwrap_or(self.body));
        let text = text.trim();
        let body = (!text.is_empty()).then(|| Excerpt::of(text))?;
        Some(Said { body: Some(body), ..self.said() })
    }

    /// The body of an error, if it is JSON of at most 16 KiB. Some servers label it as text, or not
    /// at all.
    pub(crate) fn error_body(&self) -> Option<&ErrorBody> {
        let read = || ErrorBody::read(self.json());
        let is_text = || matches!(self.content_type().as_str(), "" | "text/plain");
        let is_readable = || (self.is_json() || is_text()) && self.content_encoding().is_none();
        self.error_body.get_or_init(|| is_readable().then(read).flatten()).as_ref()
    }

    pub(crate) fn refuse(&self, kind: RefusalKind, said: Said) -> Error {
        let refusal = Refusal::new(kind, said, self.on_no_response);
        Error::Refusal(Box::new(Refusal { asserted: self.asserted, ..refusal }))
    }

    pub(crate) fn fault(&self, rule: ServerRule) -> Error {
        Error::Server(Box::new(ServerFault::new(rule, self.said(), self.on_no_response)))
    }

    /// The status and headers of the response, for errors.
    pub(crate) fn said(&self) -> Said {
        Said {
            status: self.status.as_u16(),
            interaction_id: self.text(&INTERACTION_ID).map(Excerpt::of),
            content_encoding: self.content_encoding(),
            retry_after: self.retry_after(),
            clock_offset: self.clock_offset(),
            ..Said::default()
        }
    }

    pub(crate) fn text(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn challenges(&self) -> Vec<Challenge> {
        // RFC 9110 5.5: other bytes than ASCII are opaque, and hide nothing around them.
        let values = self.headers.get_all(WWW_AUTHENTICATE).iter();
        let texts: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        challenge::parse(texts.iter().map(AsRef::as_ref))
    }

    /// RFC 9449 8.1: nonce = 1*NQCHAR, in one header.
    pub(super) fn dpop_nonce(&self) -> Result<Option<&str>, Error> {
        let mut values = self.headers.get_all(&DPOP_NONCE).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let nqchar = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        match value.to_str() {
            Ok(nonce)
                if values.next().is_none()
                    && (1..=MAX_NONCE).contains(&nonce.len())
                    && nonce.bytes().all(nqchar) =>
            {
                Ok(Some(nonce))
            }
            _ => Err(self.fault(ServerRule::NonceSyntax)),
        }
    }

    /// Whether the request has to be repeated with a DPoP nonce. RFC 9449 sections 8 and 9: an
    /// authorization server says so in the body of a 400, a resource server in a challenge of a 401.
    /// Some servers use the other form, the scheme `Bearer`, capitals, another status of a refusal, or
    /// return the error with status 200.
    pub(super) fn demands_nonce(&self) -> bool {
        let is_it = |code: &str| code.eq_ignore_ascii_case(USE_DPOP_NONCE);
        let in_body = || self.error_body().and_then(ErrorBody::oauth_code).is_some_and(is_it);
        let described = || self.described().and_then(|said| said.error);
        let challenged = |challenge: &Challenge| {
            (challenge.is("DPoP") || challenge.is("Bearer"))
                && challenge.parameter("error").is_some_and(is_it)
        };
        if self.status.is_success() {
            // A success is parsed once, by its reader, which also reports a body that is neither the
            // expected one nor a demand. Tokens are never given up for a nonce.
            return matches!(self.dpop_nonce(), Ok(Some(_)))
                && error_body::mentions(self.body, USE_DPOP_NONCE)
                && !holds_a_credential(self.body)
                && in_body();
        }
        self.status.is_client_error()
            && (in_body()
                || described().is_some_and(|code| is_it(code.as_str()))
                || self.challenges().iter().any(challenged))
    }

    /// Whether the content type is `media_type`, with any parameters.
    pub(crate) fn is(&self, media_type: &str) -> bool {
        self.content_type() == media_type
    }

    /// `application/json`, or a type of its syntax (RFC 6839 section 3.1, RFC 7517 section 8.5).
    fn is_json(&self) -> bool {
        let content_type = self.content_type();
        let subtype = content_type.strip_prefix("application/");
        subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
    }

    fn content_type(&self) -> String {
        let essence = self.text(&CONTENT_TYPE).and_then(|value| value.split(';').next());
        essence.unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// RFC 9110 section 10.2.3: seconds or a date; a day at most.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.text(&RETRY_AFTER)?.trim();
        let text = Some(text).filter(|text| !text.is_empty())?;
        let after = match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().map_or(DAY, Duration::from_secs),
            false => UnixTime::parse_http_date(text).ok()?.since(self.now),
        };
        Some(after.min(DAY))
    }

    /// FAPI 2.0 Security Profile 5.3.3.1, note 1: the `Date` header shows the
    /// difference of the clocks.
    fn clock_offset(&self) -> Option<i64> {
        let date = UnixTime::parse_http_date(self.text(&DATE)?).ok()?.as_seconds();
        i64::try_from(date).ok()?.checked_sub_unsigned(self.now.as_seconds())
    }
}

/// Whether a body of an unknown form names a member whose value is a credential. No part of it is
/// kept.
fn holds_a_credential(body: &[u8]) -> bool {
    const NAMES: [&str; 6] =
        ["_token", "assertion", "client_secret", "code\"", "request_uri", "verifier"];
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    NAMES.iter().any(|name| text.contains(name))
}
