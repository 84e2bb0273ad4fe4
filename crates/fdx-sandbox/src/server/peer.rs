//! The client certificate of a connection: its thumbprint, subject (RFC 4514) and DNS names.

use fdx_jose::Thumbprint;
use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use crate::institution::received::Peer;

impl Peer {
    /// A connection with this certificate, in DER: its thumbprint, subject and DNS names. A subject
    /// with attributes other than those of RFC 4514 section 3 is left out.
    #[must_use]
    pub fn of_certificate(der: &[u8]) -> Self {
        let peer = Self::certificate(Thumbprint::of_certificate(der));
        let der = CertificateDer::from(der);
        let Ok(certificate) = EndEntityCert::try_from(&der) else {
            return peer;
        };
        let peer = certificate.valid_dns_names().fold(peer, Self::san_dns);
        match subject_text(certificate.subject()) {
            Some(subject) => peer.subject_dn(&subject),
            None => peer,
        }
    }
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
/// UTF8String, PrintableString and IA5String: each is UTF-8.
const TEXTS: [u8; 3] = [0x0c, 0x13, 0x16];

/// RFC 4514 section 3: the attribute types that have a name.
const ATTRIBUTES: [(&[u8], &str); 9] = [
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 9], "STREET"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "DC"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], "UID"),
];

/// Returns the text of a name, given the contents of its RDNSequence. `None` if it has no text.
fn subject_text(mut names: &[u8]) -> Option<String> {
    let mut texts = Vec::new();
    while !names.is_empty() {
        let mut attributes = take(SET, &mut names)?;
        let mut parts = Vec::new();
        while !attributes.is_empty() {
            parts.push(attribute(take(SEQUENCE, &mut attributes)?)?);
        }
        texts.push(parts.join("+"));
    }
    // RFC 4514 2.1: the last name comes first.
    texts.reverse();
    Some(texts.join(",")).filter(|text| !text.is_empty())
}

fn attribute(mut parts: &[u8]) -> Option<String> {
    let oid = take(OID, &mut parts)?;
    let (_, name) = ATTRIBUTES.iter().find(|(known, _)| *known == oid)?;
    let tag = parts.first().copied().filter(|tag| TEXTS.contains(tag))?;
    let value = str::from_utf8(take(tag, &mut parts)?).ok()?;
    parts.is_empty().then(|| format!("{name}={}", escape(value)))
}

/// Takes one DER element with this tag and returns its contents. Names are short: lengths of more
/// than two bytes are not supported.
fn take<'a>(tag: u8, rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (head, after) = match **rest {
        [found, length @ 0..=0x7f, ref after @ ..] if found == tag => (usize::from(length), after),
        [found, 0x81, length, ref after @ ..] if found == tag => (usize::from(length), after),
        [found, 0x82, high, low, ref after @ ..] if found == tag => {
            (usize::from(high) << 8 | usize::from(low), after)
        }
        _ => return None,
    };
    let (held, after) = after.split_at_checked(head)?;
    *rest = after;
    Some(held)
}

/// RFC 4514 section 2.4.
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (at, character) in value.chars().enumerate() {
        match character {
            '\0' => escaped.push_str("\\00"),
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => escaped.extend(['\\', character]),
            ' ' if at == 0 || at == last => escaped.push_str("\\ "),
            '#' if at == 0 => escaped.push_str("\\#"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn element(tag: u8, held: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(held.len()).unwrap()], held].concat()
    }

    fn attribute(oid: &[u8], value: &str) -> Vec<u8> {
        element(SEQUENCE, &[element(OID, oid), element(0x0c, value.as_bytes())].concat())
    }

    #[test]
    fn subject_text_begins_with_the_last_name_and_is_escaped() {
        let country = element(SET, &attribute(&[0x55, 4, 6], "US"));
        let both = [attribute(&[0x55, 4, 10], "A, B"), attribute(&[0x55, 4, 11], "#1 ")].concat();
        let names = [country, element(SET, &both)].concat();
        assert_eq!(subject_text(&names).as_deref(), Some("O=A\\, B+OU=\\#1\\ ,C=US"));
    }

    #[test]
    fn subject_with_unknown_attribute_has_no_text() {
        assert_eq!(subject_text(&element(SET, &attribute(&[0x55, 4, 99], "x"))), None);
        assert_eq!(subject_text(&[]), None);
    }

    proptest! {
        #[test]
        fn subject_text_never_panics(names in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = subject_text(&names);
        }
    }
}
