use fdx_wire::base64url;
use zeroize::Zeroizing;

use super::{KeyError, SecretNumbers, pkcs};

const BEGIN: &str = "-----BEGIN ";
const MAX_BYTES: usize = 64 * 1024;

/// Reads the one private key of a PEM text (RFC 7468). Text before and after it is ignored.
pub(super) fn secret(pem: &str) -> Result<SecretNumbers, KeyError> {
    if pem.len() > MAX_BYTES {
        return Err(KeyError::Pem);
    }
    let mut blocks = pem.split(BEGIN).skip(1).filter_map(|block| {
        let (label, rest) = block.split_once("-----")?;
        label.ends_with("PRIVATE KEY").then_some((label, rest))
    });
    let (Some((label, rest)), None) = (blocks.next(), blocks.next()) else {
        return Err(KeyError::Pem);
    };
    let end = format!("-----END {label}-----");
    let (body, _) = rest.split_once(end.as_str()).ok_or(KeyError::Pem)?;
    match label {
        "PRIVATE KEY" => pkcs::pkcs8(&decode(body)?),
        // RFC 1421 headers, which OpenSSL wrote when it encrypted PKCS#1.
        "RSA PRIVATE KEY" | "EC PRIVATE KEY" if body.contains("ENCRYPTED") => {
            Err(KeyError::Encrypted)
        }
        "RSA PRIVATE KEY" => pkcs::pkcs1(&decode(body)?),
        "EC PRIVATE KEY" => Err(KeyError::Sec1),
        "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
        _ => Err(KeyError::KeyType),
    }
}

fn decode(body: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut text = Zeroizing::new(String::with_capacity(body.len()));
    text.extend(body.chars().filter_map(|char| match char {
        '+' => Some('-'),
        '/' => Some('_'),
        // The two characters of base64url that base64 lacks must not slip through.
        '-' | '_' => Some('!'),
        '=' => None,
        space if space.is_ascii_whitespace() => None,
        other => Some(other),
    }));
    base64url::decode(&text).map(Zeroizing::new).map_err(|_| KeyError::Pem)
}
