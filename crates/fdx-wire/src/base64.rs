//! Padded base64 with `+` and `/` (RFC 4648 section 4), for the Basic scheme of HTTP.

use alloc::string::String;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Appends the encoding of `bytes` to `text`.
///
/// ```
/// let mut text = String::from("Basic ");
/// fdx_wire::base64::encode_into(b"Aladdin:open sesame", &mut text); // RFC 7617 section 2
/// assert_eq!(text, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
/// ```
pub fn encode_into(bytes: &[u8], text: &mut String) {
    STANDARD.encode_string(bytes, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_padded_encoding() {
        // RFC 4648 section 10. The last one has the two characters that differ in base64url.
        for (bytes, encoded) in [
            ("".as_bytes(), ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
            (b"fooba", "Zm9vYmE="),
            (b"foobar", "Zm9vYmFy"),
            (b"\xfb\xff", "+/8="),
        ] {
            let mut text = String::from("Basic ");
            encode_into(bytes, &mut text);
            assert_eq!(text.strip_prefix("Basic "), Some(encoded));
        }
    }
}
