use core::fmt;

/// A text that is not what RFC 7636 calls by that name. It is not repeated here: it may be secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PkceError {
    /// A `code_verifier` is 43 to 128 unreserved characters (RFC 7636 section 4.1).
    CodeVerifier,
    /// An S256 `code_challenge` is 43 characters of base64url (RFC 7636 section 4.2).
    CodeChallenge,
}

impl fmt::Display for PkceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CodeVerifier => "a code_verifier has 43 to 128 unreserved characters",
            Self::CodeChallenge => "an S256 code_challenge has 43 characters of base64url",
        })
    }
}

impl core::error::Error for PkceError {}
