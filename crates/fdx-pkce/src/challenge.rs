use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::{CodeVerifier, PkceError};

/// The only value of `code_challenge_method` (FAPI 2.0 Security Profile 5.3.3.2).
pub const CODE_CHALLENGE_METHOD: &str = "S256";

const LENGTH: usize = 43;

/// The `code_challenge` of the method `S256`: 43 characters of base64url, public.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct CodeChallenge([u8; LENGTH]);

impl CodeChallenge {
    /// Reads a received challenge.
    ///
    /// # Errors
    /// [`PkceError::CodeChallenge`] unless the text is base64url of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, PkceError> {
        let mut digest = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut digest) {
            Ok(32) => Ok(Self::from_digest(digest)),
            _ => Err(PkceError::CodeChallenge),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether this is the challenge of `verifier` (RFC 7636 section 4.6), in constant time.
    #[must_use]
    pub fn verify(&self, verifier: &CodeVerifier) -> bool {
        self.0.ct_eq(&verifier.challenge().0).into()
    }

    pub(crate) fn from_digest(digest: [u8; 32]) -> Self {
        let mut text = [0; LENGTH];
        // 32 bytes have exactly 43 characters.
        let _ = URL_SAFE_NO_PAD.encode_slice(digest, &mut text);
        Self(text)
    }
}

impl fmt::Debug for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeChallenge({})", self.as_str())
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
