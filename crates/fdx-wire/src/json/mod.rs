//! The one reader for untrusted JSON.
//!
//! A structural [`scan`] bounds the document before serde_json reads the same bytes: its size, its
//! depth, and the number of its members and elements. It rejects an object that repeats a member
//! (RFC 7515 section 4, RFC 7519 section 4), with escapes decoded, except a member that
//! [`Limits::repeatable`] allows twice. serde_json alone accepts any
//! depth in members that it ignores, and notices only duplicates of members that it knows.
//!
//! # Names that serde_json reserves
//!
//! serde_json represents raw JSON as an object with a member `$serde_json::private::RawValue`, and
//! parses the text of that member where such an object is read into a `serde_json::Value`. That
//! text would escape every check above. The scan therefore rejects each name that begins with
//! `$serde_json::private::`, at any depth. A text that passed the scan can be read into any type,
//! `serde_json::Value` included. Our own crates use [`JsonValue`] instead.
//!
//! # Features of serde_json
//!
//! Cargo builds one serde_json for a program, with the features of every crate in it.
//! `arbitrary_precision` changes how a number of unknown type reaches a visitor. No reader of these
//! crates asks serde_json for a value of unknown type (`deserialize_any`): it reads a [`RawJson`],
//! then a [`JsonValue`] or a type. The result is the same with every feature. A caller's own type
//! may still depend on them: `serde_json::Value` holds `1e400` only with `arbitrary_precision`.
//!
//! # Lone surrogates
//!
//! `"\ud800"` is within JSON's grammar, but is no text (RFC 8259 section 8.2). One rule covers all
//! readers:
//!
//! | where | result |
//! |---|---|
//! | in a member's name | the document is rejected: [`Kind::Syntax`] |
//! | in a value that is ignored, or kept as [`RawJson`] | accepted; [`RawJson`] keeps it as it is |
//! | in a value that is read as a text or [`JsonValue`] | this read is rejected: [`Kind::Shape`] |
//!
//! A member that only informs is kept as [`RawJson`], so that such a text costs this member alone.

mod canonical;
mod error;
mod object;
mod raw;
mod scan;
mod value;

#[cfg(feature = "std")]
use crate::{Secret, SecretBuffer};
#[cfg(feature = "std")]
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::{JsonError, Kind};
pub use object::ObjectWriter;
pub use raw::RawJson;
pub use scan::scan;
pub use value::{JsonNumber, JsonValue, Rounding};

/// How large a document may be. Each exchange has its own limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Objects and arrays within each other.
    pub depth: usize,
    /// Members and elements in the whole document.
    pub members: usize,
    /// The name of a member that the outermost object may have twice, if both values are strings with
    /// the same text. Read such a document into a map: serde rejects a repeated field of a struct.
    pub repeatable: Option<&'static str>,
}

impl Limits {
    /// `bytes` bytes, 32 levels and 10,000 members.
    #[must_use]
    pub const fn bytes(bytes: usize) -> Self {
        Self { bytes, depth: DEPTH, members: 10_000, repeatable: None }
    }

    /// For a text that is in memory already: any length, and 32 levels.
    pub(crate) const fn of_part() -> Self {
        Self { bytes: usize::MAX, depth: DEPTH, members: usize::MAX, repeatable: None }
    }
}

const DEPTH: usize = 32;

impl Default for Limits {
    /// 64 KiB, 32 levels, 10,000 members.
    fn default() -> Self {
        Self::bytes(64 * 1024)
    }
}

/// Reads a `T` from bytes that passed [`scan`]. Members that `T` does not know are ignored.
///
/// # Errors
/// [`JsonError`], which never repeats the document's text.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, JsonError> {
    let text = scan(bytes, limits)?;
    serde_json::from_str(text).map_err(|error| JsonError::from_serde(error, text))
}

/// Reads a `T` from a JSON object. serde would fill a struct from an array too, by the place of its
/// elements; here an array is of the wrong shape.
///
/// ```
/// use fdx_wire::json::{Kind, Limits, object_from_slice};
///
/// let error = object_from_slice::<Vec<u8>>(b" [1]", &Limits::default()).unwrap_err();
/// assert_eq!(error.kind(), Kind::Shape);
/// ```
///
/// # Errors
/// [`JsonError`], which never repeats the document's text.
pub fn object_from_slice<T: DeserializeOwned>(
    bytes: &[u8],
    limits: &Limits,
) -> Result<T, JsonError> {
    let text = scan(bytes, limits)?;
    if text.trim_start().starts_with('[') {
        return Err(JsonError::at(Kind::Shape, bytes, 0));
    }
    serde_json::from_str(text).map_err(|error| JsonError::from_serde(error, text))
}

/// Writes `value` as JSON. Unlike [`RawJson::of`], it leaves no copy of the text in memory that was
/// freed.
///
/// # Errors
/// [`JsonError`] where `value` has no JSON form, such as a map whose keys are not texts.
#[cfg(feature = "std")]
pub fn to_secret<T: Serialize + ?Sized>(value: &T) -> Result<Secret, JsonError> {
    struct Writer(SecretBuffer);

    impl std::io::Write for Writer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.push(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut writer = Writer(SecretBuffer::with_capacity(1024));
    serde_json::to_writer(&mut writer, value).map_err(|_| JsonError::unwritable())?;
    // JSON is UTF-8.
    Ok(writer.0.into_secret().unwrap_or_else(|| Secret::concat(&[])))
}

#[cfg(test)]
mod tests;
