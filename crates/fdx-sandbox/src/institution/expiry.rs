//! The end of everything that is valid for a limited time.

use fdx_wire::UnixTime;

/// Whether what expires at `expires` is still valid at `now`. At `expires` it no longer is
/// (RFC 7519 section 4.1.4).
///
/// Every time limit of the institution is checked here: request URIs, pages, codes, tokens,
/// consents, assertions, request objects, proofs, and the memory of their `jti`s.
pub(crate) fn is_valid(expires: UnixTime, now: UnixTime) -> bool {
    now < expires
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_ends_with_the_second_before_expiry() {
        let at = UnixTime::from_seconds;
        for (now, valid) in [(0, true), (59, true), (60, false), (61, false)] {
            assert_eq!(is_valid(at(60), at(now)), valid, "{now}");
        }
    }
}
