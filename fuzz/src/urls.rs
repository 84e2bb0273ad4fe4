use std::net::Ipv6Addr;

use fdx_wire::{HttpsUrl, Issuer, RedirectUri};
use http::Uri;

/// URLs, compared with `http::Uri` and `url::Url`.
///
/// # Panics
/// If an accepted URL is changed, has parts that differ from its text, or is read differently by
/// one of the other two, or if a joined identifier is not below its base.
pub fn urls(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(url) = HttpsUrl::parse(text) {
        assert_eq!(url.as_str(), text);
        let query = url.query().map_or(String::new(), |query| format!("?{query}"));
        assert_eq!(format!("{}{query}", url.without_query()), text);
        assert!(url.without_query().ends_with(url.path()) && url.covers(&url));
        others_agree(&url);
        if let Ok(below) = url.join_segment(text) {
            assert!(url.joins_to(&below) && below.origin() == url.origin());
            assert_eq!(url.covers(&below), !text.contains('/'));
        }
    }
    if let Ok(issuer) = Issuer::parse(text) {
        assert_eq!((issuer.as_str(), issuer.url().query()), (text, None));
    }
    if let Ok(url) = HttpsUrl::parse_loopback(text) {
        let literal = matches!(url.host(), "127.0.0.1" | "[::1]");
        assert_eq!(url.is_loopback_http(), HttpsUrl::parse(text).is_err());
        assert!(!url.is_loopback_http() || literal);
        assert!(url.origin().as_str().starts_with("http://") == url.is_loopback_http());
        others_agree(&url);
    }
    if let Ok(uri) = RedirectUri::parse(text) {
        assert_eq!(uri.as_str(), text);
        assert!(
            text.starts_with("https://")
                || text.starts_with("http://127.0.0.1")
                || text.starts_with("http://[::1]")
        );
    }
}

fn others_agree(url: &HttpsUrl) {
    let scheme = if url.is_loopback_http() { "http" } else { "https" };
    let default = if url.is_loopback_http() { 80 } else { 443 };
    let path = if url.path().is_empty() { "/" } else { url.path() };
    let ours = (scheme, url.port(), path, url.query());

    let uri: Uri = url.as_str().parse().unwrap();
    let port = uri.port_u16().unwrap_or(default);
    assert_eq!(ours, (uri.scheme_str().unwrap(), port, uri.path(), uri.query()));
    assert_eq!(uri.host(), Some(url.host()));

    let host = url.host().to_ascii_lowercase();
    let Ok(other) = url::Url::parse(url.as_str()) else {
        // The only exception: a label with the prefix of Punycode that is not Punycode.
        assert!(host.split('.').any(|label| label.starts_with("xn--")), "{url}");
        return;
    };
    let port = other.port_or_known_default().unwrap();
    assert_eq!(ours, (other.scheme(), port, other.path(), other.query()));
    let address = |host: &str| host.trim_matches(['[', ']']).parse::<Ipv6Addr>().ok();
    let text = other.host_str().unwrap();
    assert!(text == host || address(text).is_some() && address(text) == address(&host), "{url}");
}
