//! URLs compared with other readers: `url::Url` (the WHATWG URL standard), `http::Uri`, and a model of
//! what servers and proxies make of a path.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::net::Ipv6Addr;

use fdx_wire::{HttpsUrl, Issuer, RedirectUri, check_path_id};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Scheme, host, port, path and query, in the form in which two readings are compared.
type Parts = (String, Host, u16, String, Option<String>);

#[derive(Debug, Eq, PartialEq)]
enum Host {
    Address(Ipv6Addr),
    Name(String),
}

fn parts(scheme: &str, host: &str, port: u16, path: &str, query: Option<&str>) -> Parts {
    let address = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    let host = match address.and_then(|inner| inner.parse().ok()) {
        Some(address) => Host::Address(address),
        None => Host::Name(host.to_ascii_lowercase()),
    };
    let path = if path.is_empty() { "/" } else { path };
    (scheme.to_owned(), host, port, path.to_owned(), query.map(str::to_owned))
}

fn ours(url: &HttpsUrl) -> Parts {
    let scheme = if url.is_loopback_http() { "http" } else { "https" };
    parts(scheme, url.host(), url.port(), url.path(), url.query())
}

fn of_origin(uri: &RedirectUri) -> Parts {
    let origin = uri.origin();
    let (scheme, rest) = origin.as_str().split_once("://").unwrap();
    let end = rest.rfind(']').map_or_else(|| rest.find(':').unwrap_or(rest.len()), |at| at + 1);
    parts(scheme, &rest[..end], uri.port(), uri.path(), uri.query())
}

fn whatwg(text: &str) -> Result<Parts, url::ParseError> {
    let url = url::Url::parse(text)?;
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    let (host, port) = (url.host_str().unwrap(), url.port_or_known_default().unwrap());
    Ok(parts(url.scheme(), host, port, url.path(), url.query()))
}

fn http(text: &str) -> Parts {
    let uri: http::Uri = text.parse().unwrap();
    let scheme = uri.scheme_str().unwrap();
    let port = uri.port_u16().unwrap_or(if scheme == "http" { 80 } else { 443 });
    parts(scheme, uri.host().unwrap(), port, uri.path(), uri.query())
}

/// The documented exception: a label that says it is Punycode and is not.
fn has_punycode(host: &str) -> bool {
    host.to_ascii_lowercase().split('.').any(|label| label.starts_with("xn--"))
}

/// Whether `text` is accepted; if so, all readers agree about it.
fn compared(text: &str) -> bool {
    let (strict, loopback) = (HttpsUrl::parse(text), HttpsUrl::parse_loopback(text));
    let redirect = RedirectUri::parse(text);
    assert_eq!(redirect.is_ok(), loopback.is_ok(), "{text}");
    let Ok(url) = loopback else {
        assert!(strict.is_err() && Issuer::parse_loopback(text).is_err(), "{text}");
        return false;
    };
    assert_eq!(strict.is_ok(), !url.is_loopback_http(), "{text}");
    assert_eq!(Issuer::parse_loopback(text).is_ok(), url.query().is_none(), "{text}");
    assert_eq!(ours(&url), of_origin(&redirect.unwrap()), "{text}");
    assert_eq!(ours(&url), http(text), "http::Uri: {text}");
    match whatwg(text) {
        Ok(parts) => assert_eq!(ours(&url), parts, "url::Url: {text}"),
        Err(_) => assert!(has_punycode(url.host()), "url::Url refuses {text}"),
    }
    true
}

const HOSTS: &[&str] = &[
    "bank.example",
    "BANK.example",
    "a",
    "a-b",
    "a_b",
    "-",
    "_",
    "a--b",
    "ab--cd.example",
    "0",
    "00",
    "127.0.0.1",
    "127.1",
    "0177.0.0.1",
    "127.0.0.01",
    "2130706433",
    "0x7f000001",
    "0X7F.1",
    "0x",
    "a.0x",
    "a.1",
    "1.a",
    "1.2.3",
    "1.2.3.4",
    "1.2.3.4.5",
    "256.1.1.1",
    "a.0xg",
    "1e3",
    "0b1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0:0::1]",
    "[::FFFF:1.2.3.4]",
    "[::ffff:102:304]",
    "[1::]",
    "[::1%25eth0]",
    "[::01.2.3.4]",
    "[v1.a]",
    "[]",
    "[fe80::1",
    "xn--bnk-qla.example",
    "XN--BNK-QLA.example",
    "xn--a.example",
    "xn--",
    "a.xn--",
    "bank..example",
    "bank.example.",
    ".",
    "localhost",
    "a%41",
    "b\u{e4}nk.example",
    "user@bank.example",
    "\u{ff11}.1",
];

const PORTS: &[&str] = &["", ":443", ":80", ":8443", ":65535", ":", ":0", ":0443", ":65536"];

const PATH: &[&str] = &[
    "/", "/", "/", "/", "a", "b", "fdx", "v6", "other", ".", "..", "...", "%2e", "%2E", ".%2e",
    "%2f", "%2F", "%5c", "%5C", "%00", "%0a", "%25", "%252e", "%252f", "%c0%ae", "%c3%a9", "%20",
    ";", "..;", ".;", "%2e%2e;", "%3b", "..%3B", "..%2f", "..%5c", "/..;/", "'", "!", "$", "&",
    "(", ")", "*", "+", ",", "=", ":", "@", "~", "[", "]", "-", "_",
];

const QUERY: &[&str] = &[
    "", "a=b", "&", "=", "/", "/../", "..", "%2e%2e", "%27", "%00", "%ff", "+", "[0]", "?", ":",
    "@", "!", "(", "*", "~",
];

/// What may stand nowhere.
const BROKEN: &[&str] = &[
    "/../", "/./", "/%2e%2E/", "%", "%4", "\\", "|", "^", "`", "{", "\"", "<", " ", "\t", "\u{e9}",
    "#", "'",
];

fn pieces(usual: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![30 => prop::sample::select(usual), 1 => prop::sample::select(BROKEN)];
    prop::collection::vec(piece, 0..=most).prop_map(|pieces| pieces.concat())
}

/// Texts made of what some reader treats specially, mostly acceptable.
fn text() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![24 => Just("https://"), 2 => Just("http://"), 1 => Just("HTTPS://"),
        1 => Just("https:/")];
    let host = prop_oneof![
        4 => Just("bank.example".to_owned()),
        2 => prop_oneof![Just("127.0.0.1".to_owned()), Just("[::1]".to_owned())],
        3 => prop::sample::select(HOSTS).prop_map(str::to_owned),
        1 => "[a-cx0-9A-F._-]{1,12}",
        1 => "\\[[0-9a-f:.]{2,20}\\]",
        1 => "(0x[0-9a-f]{0,4}|[0-9]{1,3})(\\.(0x[0-9a-f]{0,4}|[0-9]{1,3})){0,4}",
    ];
    let start = prop_oneof![6 => Just("/"), 1 => Just("")];
    let path = (start, pieces(PATH, 6)).prop_map(|(start, path)| format!("{start}{path}"));
    let query = prop_oneof![
        3 => Just(String::new()),
        2 => pieces(QUERY, 4).prop_map(|query| format!("?{query}")),
    ];
    let port = prop_oneof![4 => Just(""), 1 => prop::sample::select(PORTS)];
    let parts = (scheme, host, port, path, query);
    parts.prop_map(|(scheme, host, port, path, query)| format!("{scheme}{host}{port}{path}{query}"))
}

/// A way in which a server or a proxy reads a path.
#[derive(Clone, Copy, Debug)]
struct Server {
    /// How often it decodes percent signs, each proxy in front of it included.
    decodings: usize,
    /// Whether `;` and what follows is dropped from each segment, before decoding (Tomcat, Jetty) or
    /// after it.
    parameters: Parameters,
    /// Whether `\` is a separator, as on Windows.
    backslash: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Parameters {
    Kept,
    DroppedBefore,
    DroppedAfter,
}

fn servers() -> impl Iterator<Item = Server> {
    use Parameters::{DroppedAfter, DroppedBefore, Kept};
    let ways = [Kept, DroppedBefore, DroppedAfter];
    let all = (0..3).flat_map(move |decodings| ways.map(|parameters| (decodings, parameters)));
    all.flat_map(|(decodings, parameters)| {
        [false, true].map(|backslash| Server { decodings, parameters, backslash })
    })
}

impl Server {
    /// The segments of the resource that is served for `path`.
    fn serves(self, path: &str) -> Vec<Vec<u8>> {
        let mut bytes = path.as_bytes().to_vec();
        if self.parameters == Parameters::DroppedBefore {
            bytes = without_parameters(&bytes);
        }
        for _ in 0..self.decodings {
            bytes = decoded(&bytes);
        }
        if self.backslash {
            bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
        }
        if self.parameters == Parameters::DroppedAfter {
            bytes = without_parameters(&bytes);
        }
        // C strings end at NUL.
        bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
        let mut segments = Vec::new();
        // `merge_slashes` is nginx's default.
        for segment in bytes.split(|byte| *byte == b'/') {
            match segment {
                b"" | b"." => {}
                b".." => drop(segments.pop()),
                other => segments.push(other.to_vec()),
            }
        }
        segments
    }
}

fn without_parameters(path: &[u8]) -> Vec<u8> {
    let segments = path.split(|byte| *byte == b'/');
    let plain = segments.map(|segment| segment.split(|byte| *byte == b';').next().unwrap());
    plain.collect::<Vec<_>>().join(&b'/')
}

/// Decoded once as lenient readers do: overlong UTF-8 is taken for the character that it encodes.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let value = value.filter(|_| *first == b'%');
        bytes.push(value.unwrap_or(*first));
        rest = if value.is_some() { &tail[2..] } else { tail };
        if let [.., 0xc0 | 0xc1, last @ 0x80..=0xbf] = bytes[..] {
            let high = bytes[bytes.len() - 2] & 1;
            bytes.truncate(bytes.len() - 2);
            bytes.push(high << 6 | last & 0x3f);
        }
    }
    bytes
}

fn assert_below(base: &HttpsUrl, other: &HttpsUrl) {
    for server in servers() {
        let (base, other) = (server.serves(base.path()), server.serves(other.path()));
        assert!(other.starts_with(&base), "{server:?} serves {other:?} below {base:?}");
    }
}

fn base() -> impl Strategy<Value = HttpsUrl> {
    let bases = [
        "https://api.example/fdx/v6",
        "https://api.example/fdx/v6/",
        "https://api.example",
        "https://api.example/a/b/c",
        "https://api.example/t;a/v6",
        "https://api.example/a%20b",
    ];
    prop::sample::select(bases.to_vec()).prop_map(|base| HttpsUrl::parse(base).unwrap())
}

proptest! {
    #[test]
    fn all_readers_agree_about_what_is_accepted(text in text()) {
        compared(&text);
    }

    #[test]
    fn no_server_reads_a_covered_path_as_one_outside_the_base(
        base in base(),
        tail in prop::collection::vec(prop::sample::select(PATH), 0..=7),
    ) {
        let text = format!("{}/{}", base.as_str().trim_end_matches('/'), tail.concat());
        if let Ok(other) = HttpsUrl::parse(&text) && (base.covers(&other) || base.joins_to(&other)) {
            assert_below(&base, &other);
        }
    }

    #[test]
    fn no_server_reads_a_joined_identifier_as_a_path_outside_the_base(
        base in base(),
        id in prop_oneof![
            prop::collection::vec(prop::sample::select(PATH), 1..=6).prop_map(|v| v.concat()),
            "\\PC{1,12}",
        ],
    ) {
        match base.join_segment(&id) {
            Ok(joined) => {
                prop_assert!(base.joins_to(&joined));
                prop_assert_eq!(base.covers(&joined), !id.contains(['/', '?', '#']));
                let slashes = |url: &HttpsUrl| url.path().trim_end_matches('/').matches('/').count();
                prop_assert_eq!(slashes(&joined), slashes(&base) + 1);
                assert_below(&base, &joined);
            }
            Err(error) => prop_assert_eq!(Some(error), check_path_id(&id).err()),
        }
    }
}

/// Most mutations break a URL, and a property about accepted texts is worth what it accepts.
#[test]
fn a_third_of_the_generated_texts_is_accepted() {
    let mut runner = TestRunner::deterministic();
    let accepted = (0..3000).filter(|_| compared(&text().new_tree(&mut runner).unwrap().current()));
    let accepted = accepted.count();
    assert!(accepted > 1000, "{accepted} of 3000");
}

#[test]
fn each_host_of_the_alphabet_is_read_alike() {
    let texts = HOSTS.iter().flat_map(|host| PORTS.iter().map(move |port| format!("{host}{port}")));
    for authority in texts {
        for end in ["", "/", "?", "/a?b"] {
            compared(&format!("https://{authority}{end}"));
            compared(&format!("http://{authority}{end}"));
        }
    }
}
