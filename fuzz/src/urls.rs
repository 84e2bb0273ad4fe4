use fdx_wire::{HttpsUrl, Issuer, RedirectUri};
use http::Uri;

/// URLs.
///
/// # Panics
/// Where one that was taken is not kept as it was, is made of other parts than its text, or is
/// none to `http`.
pub fn urls(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(url) = HttpsUrl::parse(text) {
        assert_eq!(url.as_str(), text);
        let query = url.query().map_or(String::new(), |query| format!("?{query}"));
        assert_eq!(format!("{}{query}", url.without_query()), text);
        assert!(url.without_query().ends_with(url.path()) && url.covers(&url));
        let uri: Uri = text.parse().unwrap();
        assert_eq!(uri.host(), Some(url.host()));
        assert_eq!(uri.port_u16().unwrap_or(443), url.port());
        assert_eq!(uri.scheme_str(), Some("https"));
        if let Ok(below) = url.join_segment(text) {
            assert!(url.covers(&below) && below.origin() == url.origin());
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
        let uri: Uri = text.parse().unwrap();
        assert_eq!(uri.host(), Some(url.host()));
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
