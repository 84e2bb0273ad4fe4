use alloc::format;
use alloc::string::String;

use proptest::prelude::*;

use super::*;

#[test]
fn what_two_readers_might_read_differently_is_refused() {
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
fn dot_segments_cannot_be_joined() {
    let base = HttpsUrl::parse("https://api.example/consents").unwrap();
    assert_eq!(base.join_segment(".."), Err(UrlError::DotSegment));
    assert_eq!(base.join_segment("...").unwrap().path(), "/consents/...");
}

proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = HttpsUrl::parse(&text);
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
    fn a_joined_segment_stays_one_segment(segment in "\\PC{1,40}") {
        let base = HttpsUrl::parse("https://api.example/c").unwrap();
        if let Ok(url) = base.join_segment(&segment) {
            prop_assert_eq!(url.path().matches('/').count(), 2);
            prop_assert!(base.covers(&url));
        }
    }
}
