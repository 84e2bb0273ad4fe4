use fdx_wire::{Secret, base64url};
use zeroize::Zeroizing;

use super::{KeyError, PublicNumbers, SecretNumbers, der};

const BEGIN: &str = "-----BEGIN ";
const MAX_BYTES: usize = 64 * 1024;

/// Reads the only private key of a PEM text (RFC 7468). Other text is ignored.
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
        "PRIVATE KEY" => der::pkcs8(&decode(body)?),
        // The RFC 1421 headers of encrypted PKCS#1, which OpenSSL wrote.
        "RSA PRIVATE KEY" | "EC PRIVATE KEY" if body.contains("ENCRYPTED") => {
            Err(KeyError::Encrypted)
        }
        "RSA PRIVATE KEY" => der::pkcs1(&decode(body)?),
        "EC PRIVATE KEY" => Err(KeyError::Sec1),
        "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
        _ => Err(KeyError::KeyType),
    }
}

/// Reads the only public key of a PEM text (RFC 7468 section 13).
pub(super) fn public(pem: &str) -> Result<PublicNumbers, KeyError> {
    if pem.len() > MAX_BYTES {
        return Err(KeyError::Pem);
    }
    let mut blocks = pem.split("-----BEGIN PUBLIC KEY-----").skip(1);
    let (Some(rest), None) = (blocks.next(), blocks.next()) else {
        return Err(KeyError::Pem);
    };
    let (body, _) = rest.split_once("-----END PUBLIC KEY-----").ok_or(KeyError::Pem)?;
    der::spki(&decode(body)?)
}

/// Writes PKCS#8 (RFC 7468 section 10): base64 with padding, 64 characters a line.
pub(super) fn write(pkcs8: &[u8]) -> Secret {
    Secret::new(text(pkcs8))
}

fn text(pkcs8: &[u8]) -> String {
    let base64url = Zeroizing::new(base64url::encode(pkcs8));
    let padding = (4 - base64url.len() % 4) % 4;
    let length = base64url.len() + padding;
    // Enough capacity: a reallocation would leave an unwiped copy.
    let mut pem = String::with_capacity(length + length / 64 + 60);
    pem.push_str("-----BEGIN PRIVATE KEY-----");
    for (at, char) in base64url.chars().chain(core::iter::repeat_n('=', padding)).enumerate() {
        if at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(match char {
            '-' => '+',
            '_' => '/',
            other => other,
        });
    }
    pem.push_str("\n-----END PRIVATE KEY-----\n");
    pem
}

fn decode(body: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut text = Zeroizing::new(String::with_capacity(body.len()));
    text.extend(body.chars().filter_map(|char| match char {
        '+' => Some('-'),
        '/' => Some('_'),
        // The two characters that only base64url has are not PEM.
        '-' | '_' => Some('!'),
        '=' => None,
        space if space.is_ascii_whitespace() => None,
        other => Some(other),
    }));
    base64url::decode(&text).map(Zeroizing::new).map_err(|_| KeyError::Pem)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn written_pem_reads_back_and_never_reallocates(
            der in prop::collection::vec(any::<u8>(), 1..2500),
        ) {
            let pem = text(&der);
            let body = pem.strip_prefix("-----BEGIN PRIVATE KEY-----\n").unwrap();
            let body = body.strip_suffix("\n-----END PRIVATE KEY-----\n").unwrap();
            prop_assert_eq!(&*decode(body).unwrap(), &der);
            // RFC 7468 section 2: exactly 64 characters a line, except for the last line.
            let lines: Vec<&str> = body.split('\n').collect();
            let (last, full) = lines.split_last().unwrap();
            prop_assert!(full.iter().all(|line| line.len() == 64));
            prop_assert!((1..=64).contains(&last.len()));
            // RFC 4648 section 4: padding completes the last group of four.
            let digits = body.replace('\n', "");
            prop_assert_eq!(digits.len(), der.len().div_ceil(3) * 4);
            prop_assert_eq!(digits.matches('=').count(), (3 - der.len() % 3) % 3);
            // A reallocation would have doubled the capacity.
            prop_assert!(pem.capacity() <= pem.len() + 6);
        }
    }
}
