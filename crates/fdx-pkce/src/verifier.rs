use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::{CodeChallenge, PkceError};

const MIN: usize = 43;
const MAX: usize = 128;

/// The `code_verifier`: 43 to 128 unreserved characters (RFC 7636 section 4.1).
///
/// A secret: it is wiped when dropped, and `Debug` hides it.
///
/// ```
/// let verifier = fdx_pkce::CodeVerifier::new([0; 32]);
/// assert_eq!(format!("{verifier:?}"), "CodeVerifier([redacted])");
/// ```
#[derive(Clone)]
pub struct CodeVerifier {
    text: [u8; MAX],
    length: usize,
}

impl CodeVerifier {
    /// The base64url text of 32 random bytes: 43 characters, 256 bits, as RFC 7636 section 4.1
    /// recommends.
    #[must_use]
    pub fn new(mut random: [u8; 32]) -> Self {
        let mut text = [0; MAX];
        // 32 bytes have 43 characters, which fit into 128.
        let length = URL_SAFE_NO_PAD.encode_slice(random, &mut text).unwrap_or_default();
        random.zeroize();
        Self { text, length }
    }

    /// Reads a received verifier, as an institution does.
    ///
    /// # Errors
    /// [`PkceError::CodeVerifier`] for another length or alphabet.
    pub fn parse(text: &str) -> Result<Self, PkceError> {
        // RFC 7636 4.1: unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(MIN..=MAX).contains(&text.len()) || !text.bytes().all(unreserved) {
            return Err(PkceError::CodeVerifier);
        }
        let mut verifier = Self { text: [0; MAX], length: text.len() };
        for (to, from) in verifier.text.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(verifier)
    }

    /// Returns the text, for the token request.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.get(..self.length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }

    /// `BASE64URL(SHA256(ASCII(code_verifier)))` (RFC 7636 section 4.2).
    #[must_use]
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge::from_digest(Sha256::digest(self.expose()).into())
    }
}

impl Drop for CodeVerifier {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier([redacted])")
    }
}
