use core::fmt;
use core::time::Duration;

use fdx_wire::members::Excerpt;

/// The status and texts of a server's failure response. The texts are bounded and escaped.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Said {
    /// The HTTP status. 0 if the error arrived in a callback (RFC 6749 section 4.1.2.1).
    pub status: u16,
    /// OAuth's `error`, or the code of an FDX error, as received.
    pub error: Option<Excerpt>,
    /// `error_description`, or the message of an FDX error.
    pub error_description: Option<Excerpt>,
    /// `error_uri`.
    pub error_uri: Option<Excerpt>,
    /// `state`, if the error repeats it.
    pub state: Option<Excerpt>,
    /// `acr_values` of a challenge: the next push needs them (RFC 9470 section 3).
    pub acr_values: Option<Excerpt>,
    /// `max_age` of a challenge, in seconds: the next push needs it (RFC 9470 section 3).
    pub max_age: Option<u64>,
    /// The beginning of the body of an error that has neither code nor description.
    pub body: Option<Excerpt>,
    /// `x-fapi-interaction-id` of the response, for correlating with the institution's logs.
    pub interaction_id: Option<Excerpt>,
    /// `Content-Encoding` of the answer, unless it is `identity`: the body was not read.
    pub content_encoding: Option<Excerpt>,
    /// `Retry-After`, at most a day.
    pub retry_after: Option<Duration>,
    /// By how many seconds the server's `Date` is ahead of `now`. Negative if it is behind.
    pub clock_offset: Option<i64>,
}

impl Said {
    /// Whether the same call may succeed later (RFC 6585 section 4, RFC 9110 section 15.6).
    pub(crate) fn is_passing(&self) -> bool {
        self.status == 429 || self.status >= 500
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        if self.status != 0 {
            write!(f, "status {}", self.status)?;
            between = ", ";
        }
        let texts = [
            ("", &self.error),
            ("", &self.error_description),
            ("see ", &self.error_uri),
            ("needs acr_values ", &self.acr_values),
            ("body: ", &self.body),
            ("interaction ", &self.interaction_id),
            ("Content-Encoding ", &self.content_encoding),
        ];
        for (lead, text) in texts {
            if let Some(text) = text {
                write!(f, "{between}{lead}{text}")?;
                between = ", ";
            }
        }
        if let Some(seconds) = self.max_age {
            write!(f, "{between}needs max_age {seconds}")?;
            between = ", ";
        }
        match clock_note(self.clock_offset) {
            Some(note) => write!(f, "{between}{note}"),
            None => Ok(()),
        }
    }
}

/// The text about a clock that differs by more than [`CLOCK_NOTE`].
pub(crate) fn clock_note(offset: Option<i64>) -> Option<String> {
    let offset = offset?;
    let seconds = offset.unsigned_abs();
    let side = if offset > 0 { "ahead" } else { "behind" };
    (seconds > CLOCK_NOTE).then(|| format!("the server's clock is {seconds} s {side}"))
}

/// A clock that differs by more seconds is mentioned: FAPI 2.0 tolerates 10.
const CLOCK_NOTE: u64 = 10;
