use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::Secret;

/// Bytes under construction that contain secrets.
///
/// A `Vec` or `String` that grows frees its old memory with the secret in it. This buffer wipes the
/// old memory first, and its own when it is dropped. It does not print.
///
/// ```
/// use fdx_wire::SecretBuffer;
///
/// let mut buffer = SecretBuffer::with_capacity(4);
/// buffer.push(b"code=");
/// buffer.push(b"Kz~8mXK1");
/// assert_eq!(buffer.into_secret().unwrap().expose(), "code=Kz~8mXK1");
/// ```
#[derive(Default)]
pub struct SecretBuffer(Zeroizing<Vec<u8>>);

impl SecretBuffer {
    /// An empty buffer with room for `bytes`.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(bytes)))
    }

    /// Appends `bytes`.
    pub fn push(&mut self, bytes: &[u8]) {
        let length = self.0.len() + bytes.len();
        if length > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(length.max(2 * self.0.capacity())));
            larger.extend_from_slice(&self.0);
            // The assignment drops the old memory, which wipes it.
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    /// The bytes so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The number of bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes, in the same memory, which is now the caller's to wipe.
    #[must_use]
    pub fn into_bytes(mut self) -> Vec<u8> {
        core::mem::take(&mut *self.0)
    }

    /// The text, in the same memory. `None` if the bytes are not UTF-8.
    #[must_use]
    pub fn into_secret(self) -> Option<Secret> {
        match String::from_utf8(self.into_bytes()) {
            Ok(text) => Some(Secret::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                None
            }
        }
    }
}

impl From<Vec<u8>> for SecretBuffer {
    /// Takes the bytes in their memory.
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for SecretBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBuffer([redacted], {} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned as _;
    use alloc::format;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_bytes_are_the_appended_ones(capacity in 0..16usize, parts: Vec<Vec<u8>>) {
            let mut buffer = SecretBuffer::with_capacity(capacity);
            for part in &parts {
                buffer.push(part);
            }
            let bytes = parts.concat();
            prop_assert_eq!(buffer.as_bytes(), &bytes);
            prop_assert_eq!((buffer.len(), buffer.is_empty()), (bytes.len(), bytes.is_empty()));
            let text = buffer.into_secret().map(|secret| secret.expose().to_owned());
            prop_assert_eq!(text, String::from_utf8(bytes).ok());
        }
    }

    #[test]
    fn a_buffer_with_room_stays_in_its_memory() {
        let mut buffer = SecretBuffer::with_capacity(8);
        buffer.push(b"s3cret");
        let began = buffer.as_bytes().as_ptr();
        buffer.push(b"!!");
        assert_eq!(buffer.as_bytes().as_ptr(), began);
        assert_eq!(buffer.into_secret().unwrap().expose().as_ptr(), began);
    }

    #[test]
    fn bytes_are_taken_in_their_memory() {
        let bytes = b"s3cret".to_vec();
        let began = bytes.as_ptr();
        let buffer = SecretBuffer::from(bytes);
        assert_eq!((buffer.as_bytes().as_ptr(), buffer.as_bytes()), (began, &b"s3cret"[..]));
    }

    #[test]
    fn a_buffer_does_not_print() {
        let mut buffer = SecretBuffer::default();
        buffer.push(b"s3cret");
        assert_eq!(format!("{buffer:?}"), "SecretBuffer([redacted], 6 bytes)");
    }
}
