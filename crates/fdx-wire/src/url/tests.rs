use alloc::format;
use alloc::string::String;

use proptest::prelude::*;

use super::*;

#[test]
fn rejects_urls_that_two_readers_read_differently() {
    use UrlError::*;
    for (text, error) in [
        ("http://bank.example/", Scheme),
        ("HTTPS://bank.example/", Scheme),
        ("//bank.example/", Scheme),
        ("https://", Host),
        ("https:///path", Host),
        ("https://bank..example/", Host),
        ("https://bank.example:/", Port),
        ("https://bank.example:0/", Port),
        ("https://bank.example:0443/", Port),
        ("https://bank.example:65536/", Port),
        ("https://bank.example:+1/", Port),
        ("https://a@bank.example/", UserInfo),
        ("https://a:b@bank.example/", UserInfo),
        ("https://bank.example/#x", Extra),
        ("https://bank.example\\evil.example/", Character),
        ("https://bank.example/a b", Character),
        ("https://bank.example/\u{e9}", Character),
        ("https://b\u{e4}nk.example/", Character),
        ("https://bank.example/%", Character),
        ("https://bank.example/%2", Character),
        ("https://bank.example/a\nb", Character),
        ("https://bank.example/.", DotSegment),
        ("https://bank.example/a/../b", DotSegment),
        ("https://bank.example/a/%2E%2e", DotSegment),
        ("https://bank.example/a/.%2e/b", DotSegment),
        ("https://[::1", Host),
        ("https://[::1]x/", Host),
        ("https://[::g]/", Host),
    ] {
        assert_eq!(HttpsUrl::parse(text), Err(error), "{text:?}");
    }
    assert_eq!(HttpsUrl::parse(&format!("https://a/{}", "b".repeat(2048))), Err(Length));
}

#[test]
fn bounds_hold_on_both_sides() {
    let of_length = |bytes: usize| format!("{:b<bytes$}", "https://a/");
    let with_host = |bytes: usize| format!("https://{:a<bytes$}", "");
    for (text, outcome) in [
        (of_length(2048), Ok(2048)),
        (of_length(2049), Err(UrlError::Length)),
        (with_host(253), Ok(8 + 253)),
        (with_host(254), Err(UrlError::Host)),
        ("https://a:1".into(), Ok(11)),
        ("https://a:65535".into(), Ok(15)),
        ("https://a:65536".into(), Err(UrlError::Port)),
    ] {
        assert_eq!(HttpsUrl::parse(&text).map(|url| url.as_str().len()), outcome, "{text}");
    }
}

#[test]
fn a_host_is_letters_digits_dots_hyphens_and_underscores() {
    // RFC 3986 3.2.2 lets a registered name have more, which no name in the DNS has.
    for other in "!$&'()*+,;=~".chars().map(String::from).chain(["%41".into(), "..".into()]) {
        let text = format!("https://a{other}b.example/");
        assert_eq!(HttpsUrl::parse(&text), Err(UrlError::Host), "{text}");
    }
    for host in ["a-b", "a_b", "1.A", "a.1b", "a.0xg", "xn--bnk-qla.example"] {
        assert_eq!(HttpsUrl::parse(&format!("https://{host}/")).unwrap().host(), host);
    }
}

// WHATWG URL 3.5: what ends in a number is an IPv4 address, or no host.
#[test]
fn a_host_that_ends_in_a_number_is_a_canonical_ipv4_address() {
    for host in [
        "0",
        "00",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0X7F000001",
        "0x",
        "0177.0.0.1",
        "a.1",
        "A.1",
        "a.0x",
        "a.0X1f",
        "1.2.3",
        "1.2.3.4.5",
        "256.0.0.1",
        "127.0.0.01",
        "127.0.0.0x1",
        "bank.08",
    ] {
        for end in ["", "/", ":8443/fdx", "?a=b"] {
            let text = format!("https://{host}{end}");
            assert_eq!(HttpsUrl::parse(&text), Err(UrlError::Host), "{text}");
            assert_eq!(RedirectUri::parse(&text), Err(UrlError::Host), "{text}");
            assert_eq!(Issuer::parse(&text), Err(UrlError::Host), "{text}");
        }
    }
    for text in ["http://127.1/", "http://2130706433/", "http://0x7f000001/"] {
        assert_eq!(HttpsUrl::parse_loopback(text), Err(UrlError::Host), "{text}");
    }
    for host in ["127.0.0.1", "0.0.0.0", "255.255.255.255"] {
        assert_eq!(HttpsUrl::parse(&format!("https://{host}/")).unwrap().host(), host);
    }
}

// `url::Url` writes it as %27 there, and as it is in a path.
#[test]
fn an_apostrophe_in_a_query_is_refused() {
    for text in ["https://bank.example?'", "https://bank.example/a?b='c'"] {
        assert_eq!(HttpsUrl::parse(text), Err(UrlError::Character), "{text}");
        assert_eq!(RedirectUri::parse(text), Err(UrlError::Character), "{text}");
    }
    assert!(HttpsUrl::parse("https://bank.example/o'hara?b=%27").is_ok());
}

// RFC 5952: browsers rewrite an address before they send it back.
#[test]
fn an_ipv6_origin_is_the_same_in_every_spelling() {
    let origin = |text| HttpsUrl::parse(text).unwrap().origin();
    for text in ["https://[0:0:0:0:0:0:0:1]", "https://[0::1]:443/", "https://[::0001]"] {
        assert_eq!(origin(text), origin("https://[::1]"), "{text}");
    }
    assert_eq!(origin("https://[::FFFF:102:304]/"), origin("https://[::ffff:1.2.3.4]/"));
    assert_ne!(origin("https://[::1]"), origin("https://[::2]"));
    assert_eq!(HttpsUrl::parse("https://[0::1]/").unwrap().as_str(), "https://[0::1]/");
}

#[test]
fn all_but_unreserved_characters_are_percent_encoded() {
    // RFC 3986 2.1 and 2.3: letters, digits and four marks stay, and the digits are upper-case.
    for char in '\0'..='\u{7f}' {
        let stays = char.is_ascii_alphanumeric() || "-._~".contains(char);
        let text = if stays { char.into() } else { format!("%{:02X}", u32::from(char)) };
        assert_eq!(percent_encode(char.encode_utf8(&mut [0; 1])), text);
    }
    assert_eq!(percent_encode("\u{e9}\u{20ac}"), "%C3%A9%E2%82%AC");
}

#[test]
fn a_secret_is_percent_encoded_in_memory_that_is_not_outgrown() {
    let encoded = percent_encode(&"&".repeat(100));
    assert_eq!(encoded.capacity(), String::with_capacity(encoded.len()).capacity());
}

#[test]
fn a_redirect_uri_has_the_parts_that_its_text_shows() {
    for (text, origin, port, path, query) in [
        ("https://App.example", "https://app.example", 443, "", None),
        ("https://app.example:443/", "https://app.example", 443, "/", None),
        ("https://app.example:80/cb?", "https://app.example:80", 80, "/cb", Some("")),
        ("https://app.example?a=/b?c", "https://app.example", 443, "", Some("a=/b?c")),
        ("http://127.0.0.1/cb?a=b", "http://127.0.0.1", 80, "/cb", Some("a=b")),
        ("http://127.0.0.1:443/", "http://127.0.0.1:443", 443, "/", None),
        ("http://[::1]:65535/a/b", "http://[::1]:65535", 65535, "/a/b", None),
    ] {
        let uri = RedirectUri::parse(text).unwrap();
        assert_eq!((uri.as_str(), uri.origin().as_str()), (text, origin));
        assert_eq!((uri.port(), uri.path(), uri.query()), (port, path, query), "{text}");
    }
}

#[test]
fn urls_print_as_texts() {
    let text = "https://Bank.example:8443/a";
    let (url, issuer) = (HttpsUrl::parse(text).unwrap(), Issuer::parse(text).unwrap());
    assert_eq!(format!("{url:?}"), r#""https://Bank.example:8443/a""#);
    assert_eq!(format!("{issuer:?}"), r#"Issuer("https://Bank.example:8443/a")"#);
    assert_eq!(format!("{:?}", RedirectUri::parse(text).unwrap()), format!("{text:?}"));
    assert_eq!(format!("{:?}", url.origin()), r#""https://bank.example:8443""#);
}

#[test]
fn usual_urls_are_kept_as_they_are() {
    for text in [
        "https://bank.example",
        "https://bank.example?x=/../",
        "https://BANK.example:8443/a//b/...?q=%2e%2e#".trim_end_matches('#'),
        "https://[::1]:9443/x",
        "https://127.0.0.1/",
    ] {
        assert_eq!(HttpsUrl::parse(text).unwrap().as_str(), text);
    }
}

#[test]
fn covering_respects_segments_and_origins() {
    let base = HttpsUrl::parse("https://api.example/fdx/v6").unwrap();
    for (text, covered) in [
        ("https://api.example/fdx/v6", true),
        ("https://API.example:443/fdx/v6/accounts?x=1", true),
        ("https://api.example/fdx/v60", false),
        ("https://api.example:8443/fdx/v6/accounts", false),
        ("https://api.example.evil.example/fdx/v6/accounts", false),
    ] {
        assert_eq!(base.covers(&HttpsUrl::parse(text).unwrap()), covered, "{text}");
    }
}

#[test]
fn rejects_urls_that_a_server_may_read_as_outside_the_base() {
    let base = HttpsUrl::parse("https://api.example/fdx/v6").unwrap();
    for tail in [
        "..%2f..%2fother",
        "..%2F..%2Fother",
        "a%2fb",
        "a%2Fb",
        "%2f",
        "..;/..;/other",
        "..;a=b/other",
        ".;/a",
        "%2e%2e;/other",
        "%2E.;/other",
        ".%2e%3b/other",
        "..%3Ba/other",
        "..%5c",
        "..%5Cother",
        "a%5cb",
        "%5C..%5Cother",
        "%00",
        "a%00b",
        "..%00/other",
        "%252e%252e/other",
        "..%252f..%252fother",
        "a%25b",
        "%c0%ae%c0%ae/other",
        "%0d%0aa",
        "a%7Fb",
        "%c2%85",
        "%ff",
    ] {
        let url = HttpsUrl::parse(&format!("https://api.example/fdx/v6/{tail}")).unwrap();
        assert!(!base.covers(&url), "{tail}");
    }
    for tail in
        ["accounts;v=1", "a..;b", "...;a", "a%3Bb", "%E2%82%AC", "a%20b", "", "a//b", "?x=%2f.."]
    {
        let url = HttpsUrl::parse(&format!("https://api.example/fdx/v6/{tail}")).unwrap();
        assert!(base.covers(&url), "{tail}");
    }
}

#[test]
fn joins_identifier_as_one_segment_without_traversal() {
    let base = HttpsUrl::parse("https://api.example/accounts").unwrap();
    for (ids, error) in [
        (
            &[
                ".",
                "..",
                "..?",
                "..#a",
                "../other",
                "../../other",
                "a/..",
                "a/../b",
                "./a",
                "..;",
                "..;/b",
                ".;a",
                "a/..;b",
            ][..],
            UrlError::DotSegment,
        ),
        (
            &[
                "",
                "\\",
                "..\\..\\other",
                "%2e%2e",
                "%2E.",
                "..%2f",
                "%",
                "a%",
                "%00",
                "\0",
                "a\nb",
                "a\u{7f}",
                "a\u{85}",
            ],
            UrlError::Identifier,
        ),
    ] {
        for id in ids {
            assert_eq!(base.join_segment(id), Err(error), "{id:?}");
        }
    }
    for (id, segment) in [
        ("...", "..."),
        ("a/b+c==", "a%2Fb%2Bc%3D%3D"),
        ("a;b", "a%3Bb"),
        ("/", "%2F"),
        ("..a", "..a"),
        ("\u{e4} ?#", "%C3%A4%20%3F%23"),
        ("a..;b", "a..%3Bb"),
    ] {
        let url = base.join_segment(id).unwrap();
        assert_eq!(url.path(), format!("/accounts/{segment}"));
        assert!(base.joins_to(&url), "{id}");
        assert_eq!(base.covers(&url), !id.contains(['/', '?', '#']), "{id}");
    }
}

#[test]
fn only_what_a_join_writes_is_joined() {
    let base = HttpsUrl::parse("https://api.example/fdx/v6/").unwrap();
    for (tail, joined) in [
        ("/accounts/a%2Fb", true),
        ("/accounts/a%2Fb?limit=5", true),
        ("", true),
        ("/accounts/a%2fb", false),
        ("/accounts/%61", false),
        ("/..%2F..%2Fother", false),
        ("/a%2F..", false),
        ("/..%3Ba", false),
        ("/a%2E%2E", false),
        ("/a;b", false),
        ("/a/", false),
        ("/a//b", false),
        ("/a%25", false),
        ("/a%5C", false),
        ("0/accounts", false),
    ] {
        let url = HttpsUrl::parse(&format!("https://api.example/fdx/v6{tail}")).unwrap();
        assert_eq!(base.joins_to(&url), joined, "{tail}");
    }
    let other = HttpsUrl::parse("https://api.example:8443/fdx/v6/a").unwrap();
    assert!(!base.joins_to(&other));
}

#[test]
fn plain_http_is_for_two_literals_under_its_own_name() {
    for (text, origin) in [
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.0.0.1:80/x", "http://127.0.0.1"),
        ("http://127.0.0.1:443/x", "http://127.0.0.1:443"),
        ("http://[::1]:8080/x", "http://[::1]:8080"),
        ("https://127.0.0.1:443/x", "https://127.0.0.1"),
        ("https://bank.example:80", "https://bank.example:80"),
    ] {
        let url = HttpsUrl::parse_loopback(text).unwrap();
        assert_eq!((url.as_str(), url.origin().as_str()), (text, origin));
        assert_eq!(url.is_loopback_http(), text.starts_with("http://"));
        assert_eq!(url.join_segment("a").unwrap().is_loopback_http(), url.is_loopback_http());
        let issuer = Issuer::parse_loopback(text).unwrap();
        assert_eq!(issuer.is_loopback_http(), url.is_loopback_http());
    }
    for text in [
        "http://localhost/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.2/",
        "http://0.0.0.0/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://bank.example/",
        "HTTP://127.0.0.1/",
    ] {
        assert_eq!(HttpsUrl::parse_loopback(text), Err(UrlError::Scheme), "{text}");
        assert_eq!(Issuer::parse_loopback(text), Err(UrlError::Scheme), "{text}");
    }
    let other = |text| HttpsUrl::parse_loopback(text).unwrap();
    assert!(!other("http://127.0.0.1:443/").covers(&other("https://127.0.0.1/")));
    assert_eq!(Issuer::parse_loopback("http://127.0.0.1/?x"), Err(UrlError::Extra));
    assert_eq!(HttpsUrl::parse_loopback("http://a@127.0.0.1/"), Err(UrlError::UserInfo));
}

#[test]
fn plain_http_is_not_read_from_a_document() {
    let text = "\"http://127.0.0.1:8080\"";
    assert!(serde_json::from_str::<HttpsUrl>(text).is_err());
    assert!(serde_json::from_str::<Issuer>(text).is_err());
    assert_eq!("http://127.0.0.1".parse::<HttpsUrl>(), Err(UrlError::Scheme));
    assert_eq!("http://127.0.0.1".parse::<Issuer>(), Err(UrlError::Scheme));
}

proptest! {
    #[test]
    fn whatever_is_http_is_a_loopback_literal(
        scheme in "https?",
        host in "(127\\.0\\.0\\.1|\\[::1\\]|localhost|[a-z0-9.]{1,12})",
        tail in "(:[1-9][0-9]{0,3})?([/?][!-~]{0,20}){0,2}",
    ) {
        let text = format!("{scheme}://{host}{tail}");
        let (strict, loopback) = (HttpsUrl::parse(&text), HttpsUrl::parse_loopback(&text));
        let redirect = RedirectUri::parse(&text);
        prop_assert_eq!(
            redirect.as_ref().map(|uri| (uri.origin(), uri.port(), uri.path(), uri.query())),
            loopback.as_ref().map(|url| (url.origin(), url.port(), url.path(), url.query()))
        );
        if scheme == "https" {
            prop_assert_eq!(strict, loopback);
        } else {
            prop_assert_eq!(strict, Err(UrlError::Scheme));
            if let Ok(url) = loopback {
                prop_assert!(matches!(url.host(), "127.0.0.1" | "[::1]"));
                prop_assert!(url.is_loopback_http() && url.covers(&url));
                prop_assert!(url.origin().as_str().starts_with("http://"));
            }
        }
    }

    #[test]
    fn what_is_read_is_within_its_bound(path in "[a-z]{2000,2060}") {
        let text = format!("https://bank.example/{path}");
        let expected = if text.len() > 2048 { Err(UrlError::Length) } else { Ok(()) };
        prop_assert_eq!(HttpsUrl::parse(&text).map(drop), expected);
        prop_assert_eq!(Issuer::parse(&text).map(drop), expected);
        prop_assert_eq!(RedirectUri::parse(&text).map(drop), expected);
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = HttpsUrl::parse(&text);
        let _ = HttpsUrl::parse_loopback(&format!("http://{text}"));
        let _ = RedirectUri::parse(&format!("http://{text}"));
    }

    #[test]
    fn parts_make_up_the_whole(text in "https://[a-z]{1,8}(:[1-9][0-9]{0,3})?(/[a-z%0-9]{0,4}){0,3}(\\?[a-z/?=]{0,6})?") {
        if let Ok(url) = HttpsUrl::parse(&text) {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            prop_assert_eq!(format!("{}{query}", url.without_query()), text.as_str());
            prop_assert!(url.without_query().ends_with(url.path()));
            prop_assert!(url.covers(&url));
        }
    }

    #[test]
    fn what_is_written_is_read_back(host in "[a-zA-Z]{1,8}(:[1-9][0-9]{0,3})?", path in "(/[a-z%0-9]{0,4}){0,3}") {
        let text = format!("https://{host}{path}");
        let json = serde_json::to_string(&text).unwrap();
        if let Ok(url) = HttpsUrl::parse(&text) {
            prop_assert_eq!(&serde_json::to_string(&url).unwrap(), &json);
            prop_assert_eq!(serde_json::from_str::<HttpsUrl>(&json).unwrap(), url);
        }
        if let Ok(issuer) = Issuer::parse(&text) {
            prop_assert_eq!(&serde_json::to_string(&issuer).unwrap(), &json);
            prop_assert_eq!(serde_json::from_str::<Issuer>(&json).unwrap(), issuer);
        }
        if let Ok(uri) = RedirectUri::parse(&text) {
            prop_assert_eq!(&serde_json::to_string(&uri).unwrap(), &json);
            prop_assert_eq!(serde_json::from_str::<RedirectUri>(&json).unwrap(), uri);
        }
    }

    #[test]
    fn a_joined_segment_stays_one_segment(segment in "\\PC{1,40}") {
        let base = HttpsUrl::parse("https://api.example/c").unwrap();
        if let Ok(url) = base.join_segment(&segment) {
            prop_assert_eq!(url.path().matches('/').count(), 2);
            prop_assert!(base.joins_to(&url));
        }
    }
}
