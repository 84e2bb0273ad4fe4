use super::UrlError;

const MAX_BYTES: usize = 2048;

/// Where the parts of a URL lie, as byte offsets into its text.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Parts {
    pub(super) host: (usize, usize),
    pub(super) path: usize,
    pub(super) query: Option<usize>,
    pub(super) port: u16,
}

/// Checks `text`, which is `https`, or `http` to a host that is an address of this very machine.
///
/// RFC 8252 8.3: a literal, for what `localhost` means is a resolver's decision.
pub(super) fn check_loopback(text: &str) -> Result<Parts, UrlError> {
    if !text.starts_with("http://") {
        return check(text, "https://", 443);
    }
    let parts = check(text, "http://", 80)?;
    match text.get(parts.host.0..parts.host.1) {
        Some("127.0.0.1" | "[::1]") => Ok(parts),
        _ => Err(UrlError::Scheme),
    }
}

/// Checks `text`, whose scheme is `scheme` (with `://`), character by character and part by part.
pub(super) fn check(text: &str, scheme: &str, default_port: u16) -> Result<Parts, UrlError> {
    if text.len() > MAX_BYTES {
        return Err(UrlError::Length);
    }
    let rest = text.strip_prefix(scheme).ok_or(UrlError::Scheme)?;
    characters(rest)?;
    if rest.contains('#') {
        return Err(UrlError::Extra);
    }
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let path = scheme.len() + authority.len();
    let query = text.get(path..).and_then(|tail| tail.find('?')).map(|at| path + at);
    // The WHATWG URL standard encodes it there, and nowhere else.
    if query.and_then(|at| text.get(at..)).is_some_and(|query| query.contains('\'')) {
        return Err(UrlError::Character);
    }
    dot_segments(text.get(path..query.unwrap_or(text.len())).unwrap_or_default())?;

    let (host, port) = split_port(authority)?;
    host_name(host)?;
    let port = port.map_or(Ok(default_port), port_number)?;
    Ok(Parts { host: (scheme.len(), scheme.len() + host.len()), path, query, port })
}

fn characters(rest: &str) -> Result<(), UrlError> {
    let mut bytes = rest.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits = [bytes.next(), bytes.next()];
                if !digits.iter().all(|digit| digit.is_some_and(|d| d.is_ascii_hexdigit())) {
                    return Err(UrlError::Character);
                }
            }
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                return Err(UrlError::Character);
            }
            0x21..=0x7e => {}
            _ => return Err(UrlError::Character),
        }
    }
    Ok(())
}

/// `%2e` is a dot to every reader that normalises.
fn dot_segments(path: &str) -> Result<(), UrlError> {
    let dots = |segment: &str| {
        let mut rest = segment;
        let mut count = 0;
        while !rest.is_empty() {
            let after = rest.strip_prefix('.').or_else(|| {
                rest.get(..3).filter(|dot| dot.eq_ignore_ascii_case("%2e")).and(rest.get(3..))
            });
            match after {
                Some(after) => rest = after,
                None => return false,
            }
            count += 1;
        }
        count == 1 || count == 2
    };
    if path.split('/').any(dots) { Err(UrlError::DotSegment) } else { Ok(()) }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
    if authority.contains('@') {
        return Err(UrlError::UserInfo);
    }
    let after_host = if authority.starts_with('[') {
        authority.find(']').map(|at| at + 1).ok_or(UrlError::Host)?
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, tail) = authority.split_at_checked(after_host).ok_or(UrlError::Host)?;
    match tail.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if tail.is_empty() => Ok((host, None)),
        None => Err(UrlError::Host),
    }
}

fn host_name(host: &str) -> Result<(), UrlError> {
    let usable = match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => inner.parse::<core::net::Ipv6Addr>().is_ok(),
        None => {
            let label = |label: &str| {
                let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
                !label.is_empty() && label.bytes().all(inner)
            };
            let address = || host.parse::<core::net::Ipv4Addr>().is_ok();
            host.len() <= 253 && host.split('.').all(label) && (!ends_in_number(host) || address())
        }
    };
    if usable { Ok(()) } else { Err(UrlError::Host) }
}

/// Whether the WHATWG URL standard reads the host as an IPv4 address ("ends in a number"): the last
/// label is made of digits, or of `0x` and hexadecimal digits, if any.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    digits(last) || hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn port_number(digits: &str) -> Result<u16, UrlError> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if plain { digits.parse().map_err(|_| UrlError::Port) } else { Err(UrlError::Port) }
}
