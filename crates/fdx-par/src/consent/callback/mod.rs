//! The authorization response (RFC 6749 section 4.1.2, RFC 9207, JARM).

pub(crate) mod callback;
pub(crate) mod signed;
