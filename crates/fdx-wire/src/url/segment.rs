use alloc::string::String;
use alloc::vec::Vec;

use super::UrlError;

/// Checks a text that another party chose, such as an account id, before it becomes part of a path.
///
/// No server may read the percent-encoded text as a parent directory: also not if it decodes once or
/// twice, reads `\` as `/`, or ends a segment at `;`, `?` or `#`. A slash is allowed, because
/// identifiers in base64 contain it; [`HttpsUrl::join_segment`](super::HttpsUrl::join_segment) writes
/// it as `%2F`.
///
/// ```
/// use fdx_wire::{UrlError, check_path_id};
///
/// assert_eq!(check_path_id("a+b/c=="), Ok(()));
/// assert_eq!(check_path_id("../../other"), Err(UrlError::DotSegment));
/// assert_eq!(check_path_id("..;/other"), Err(UrlError::DotSegment));
/// assert_eq!(check_path_id("..?"), Err(UrlError::DotSegment));
/// assert_eq!(check_path_id("%2e%2e"), Err(UrlError::Identifier));
/// ```
///
/// # Errors
/// [`UrlError::Identifier`] for an empty text, and for a backslash, a percent sign or a control
/// character. [`UrlError::DotSegment`] if a part between slashes, up to its first `;`, `?` or `#`, is
/// `.` or `..`.
pub fn check_path_id(text: &str) -> Result<(), UrlError> {
    let other = |char: char| char == '\\' || char == '%' || char.is_control();
    if text.is_empty() || text.contains(other) {
        return Err(UrlError::Identifier);
    }
    let dots = |part: &str| matches!(part.split([';', '?', '#']).next(), Some("." | ".."));
    if text.split('/').any(dots) { Err(UrlError::DotSegment) } else { Ok(()) }
}

/// The text of a path segment, percent-decoded once; `None` where it is not UTF-8.
pub(super) fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next())? * 16 + hex(rest.next())?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: Option<u8>) -> Option<u8> {
    char::from(digit?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
