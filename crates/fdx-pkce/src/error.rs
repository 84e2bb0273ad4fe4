use core::fmt;

/// The rule of RFC 7636 that a text broke. Never repeats the text, which may be secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PkceError {
    /// The `code_verifier` does not have 43 to 128 unreserved characters (RFC 7636 section 4.1).
    CodeVerifier,
    /// The `code_challenge` does not have 43 characters of base64url (RFC 7636 section 4.2).
    CodeChallenge,
}

impl fmt::Display for PkceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CodeVerifier => {
                "the code_verifier does not have 43 to 128 unreserved characters (RFC 7636 section 4.1)"
            },
            Self::CodeChallenge => {
                "the code_challenge does not have 43 characters of base64url (RFC 7636 section 4.2)"
            },
        })
    }
}

impl core::error::Error for PkceError {}
