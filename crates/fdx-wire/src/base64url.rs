//! base64url without padding, as in JOSE (RFC 7515 section 2, RFC 4648 section 5).

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{Engine as _, decoded_len_estimate};
use zeroize::Zeroizing;

/// The text is not canonical base64url: it has a character outside the alphabet, padding, an
/// impossible length, or trailing bits that are not zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the text is not base64url without padding (RFC 7515 section 2)")]
pub struct NotBase64Url;

/// Encodes `bytes`.
///
/// ```
/// assert_eq!(fdx_wire::base64url::encode(&[0xfb, 0xff]), "-_8");
/// ```
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the encoding of `bytes` to `text`.
pub fn encode_into(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// Decodes `text`. Accepts only the output of [`encode`].
///
/// # Errors
/// [`NotBase64Url`].
pub fn decode(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    // What was decoded before an error may be a part of a secret.
    let mut bytes = Zeroizing::new(vec![0; decoded_len_estimate(text.len())]);
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).map_err(|_| NotBase64Url)?;
    bytes.truncate(length);
    Ok(core::mem::take(&mut *bytes))
}

/// Decodes a text of exactly `N` bytes.
///
/// # Errors
/// [`NotBase64Url`]; also if the length differs.
pub fn decode_array<const N: usize>(text: &str) -> Result<[u8; N], NotBase64Url> {
    Zeroizing::new(decode(text)?).as_slice().try_into().map_err(|_| NotBase64Url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn encoded_bytes_decode_back(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)), Ok(bytes));
        }

        #[test]
        fn decodes_only_canonical_text(text in "[A-Za-z0-9_=+/-]{0,12}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }

        #[test]
        fn decodes_arrays_of_exactly_their_length(bytes: [u8; 32]) {
            let text = encode(&bytes);
            prop_assert_eq!(decode_array(&text), Ok(bytes));
            prop_assert_eq!(decode_array::<31>(&text), Err(NotBase64Url));
            prop_assert_eq!(decode_array::<33>(&text), Err(NotBase64Url));
        }

        #[test]
        fn appends_the_same_encoding(before: String, bytes: Vec<u8>) {
            let mut text = before.clone();
            encode_into(&bytes, &mut text);
            prop_assert_eq!(text, before + &encode(&bytes));
        }
    }

    #[test]
    fn encoding_is_url_safe_and_unpadded() {
        // RFC 7515 appendix C.
        assert_eq!(encode(&[3, 236, 255, 224, 193]), "A-z_4ME");
    }

    #[test]
    fn rejects_what_is_not_canonical() {
        for text in ["A", "AA==", "AB", "A+AA", "A AA", "\u{e4}"] {
            assert_eq!(decode(text), Err(NotBase64Url), "{text}");
        }
        assert_eq!(decode_array::<2>("AA"), Err(NotBase64Url));
    }
}
