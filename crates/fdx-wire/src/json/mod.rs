//! One reader for JSON that a stranger wrote.
//!
//! A structural [`scan`] bounds the document before serde sees the same bytes: its size, how deep
//! it nests, how many members and elements it has in all, and that no object names a member twice
//! (RFC 7515 section 4, RFC 7519 section 4), with escapes decoded. serde alone would accept any
//! depth in members that it ignores, and would notice only the duplicates of members that it knows.

mod error;
mod object;
mod raw;
mod scan;

use serde::de::DeserializeOwned;

pub use error::{JsonError, Kind};
pub use object::ObjectWriter;
pub use raw::RawJson;
pub use scan::scan;

/// How large a document may be. Each exchange names its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Objects and arrays within each other.
    pub depth: usize,
    /// Members and elements in the whole document.
    pub members: usize,
}

impl Limits {
    /// `bytes` bytes, 32 levels and 10,000 members.
    #[must_use]
    pub const fn bytes(bytes: usize) -> Self {
        Self { bytes, depth: 32, members: 10_000 }
    }
}

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
    serde_json::from_str(text).map_err(JsonError::from_serde)
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
    serde_json::from_str(text).map_err(JsonError::from_serde)
}

#[cfg(test)]
mod tests;
