use core::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroize;

/// 32 unpredictable bytes from which one exchange derives all its unpredictable values.
///
/// The caller draws them from the operating system, or chooses them in a test. The type is not
/// `Clone`, and is wiped when dropped. Each derived value is one SHA-256 block over the bytes, the
/// number of the attempt and the [`Label`]. No value reveals another.
///
/// ```
/// use fdx_wire::{Entropy, Label};
///
/// const STATE: Label = Label::new("state");
/// let entropy = Entropy::new([7; 32]);
/// assert_ne!(entropy.derive(STATE, 0), entropy.derive(STATE, 1));
/// assert_eq!(format!("{entropy:?}"), "Entropy([redacted])");
/// ```
pub struct Entropy([u8; 32]);

/// The purpose of a derived value: at most 18 bytes of ASCII, distinct within a program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Label(&'static str);

/// One SHA-256 block has room for 55 bytes and the padding.
const BLOCK: usize = 55;
const LABEL: usize = BLOCK - 32 - 4 - 1;

impl Entropy {
    /// Takes 32 unpredictable bytes. The same bytes derive the same values, also in requests: never
    /// use them twice, except in replays and tests.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Draws 32 bytes from the operating system.
    ///
    /// # Errors
    /// The error of the operating system's random number generator.
    #[cfg(feature = "os-entropy")]
    pub fn from_os() -> Result<Self, std::io::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| std::io::Error::other(std::format!("{error}")))?;
        Ok(Self(bytes))
    }

    /// Derives 32 bytes for one purpose in one attempt.
    #[must_use]
    pub fn derive(&self, label: Label, attempt: u32) -> [u8; 32] {
        let mut label_field = [0; LABEL];
        for (to, from) in label_field.iter_mut().zip(label.0.bytes()) {
            *to = from;
        }
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(attempt.to_be_bytes());
        hash.update([label.0.len() as u8]);
        hash.update(label_field);
        hash.finalize().into()
    }
}

impl Drop for Entropy {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy([redacted])")
    }
}

impl Label {
    /// Creates a label. In a constant, a name that is too long does not compile.
    ///
    /// # Panics
    /// Panics if `name` is longer than 18 bytes.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        assert!(name.len() <= LABEL, "a label has at most 18 bytes");
        Self(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_attempts_do_not_collide() {
        let entropy = Entropy::new([1; 32]);
        let mut seen = std::collections::BTreeSet::new();
        for label in ["", "a", "b", "ab", "a\0", "state", "nonce"] {
            for attempt in 0..4 {
                assert!(seen.insert(entropy.derive(Label::new(label), attempt)));
            }
        }
    }

    #[test]
    fn derivation_is_stable() {
        // A change breaks the replay of every recorded flow.
        let derived = Entropy::new([0; 32]).derive(Label::new("state"), 1);
        let mut block = [0_u8; 55];
        block[35] = 1;
        block[36] = 5;
        block[37..42].copy_from_slice(b"state");
        assert_eq!(derived, <[u8; 32]>::from(Sha256::digest(block)));
    }

    #[test]
    fn debug_hides_entropy() {
        for bytes in [[0; 32], [0xff; 32]] {
            assert_eq!(std::format!("{:?}", Entropy::new(bytes)), "Entropy([redacted])");
        }
    }
}
