//! The comparison of `htu` with the URL of a request.

use fdx_wire::{HttpsUrl, Origin};

/// Whether `htu` names `url` (RFC 9449 section 4.3-9): without query and fragment, and after the
/// normalisations of RFC 3986 sections 6.2.2 and 6.2.3. So the case of scheme and host, a default
/// port, an empty path, and needless percent-encoding do not matter. Paths with dot segments never
/// match.
pub(crate) fn is_target(htu: &str, url: &str) -> bool {
    normalised(htu).is_some_and(|htu| Some(htu) == normalised(url))
}

fn normalised(url: &str) -> Option<(Origin, String)> {
    let bare = url.split(['?', '#']).next()?;
    let (scheme, rest) = bare.split_once("://")?;
    let url =
        HttpsUrl::parse_loopback(&format!("{}://{rest}", scheme.to_ascii_lowercase())).ok()?;
    let path = if url.path().is_empty() { "/" } else { url.path() };
    Some((url.origin(), percent_normalised(path)))
}

/// RFC 3986 6.2.2.1 and 6.2.2.2: hexadecimal digits in capitals, and no encoded unreserved
/// characters. Each percent sign of `path` has two hexadecimal digits, which `HttpsUrl` requires.
fn percent_normalised(path: &str) -> String {
    let mut normal = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        normal.push_str(before);
        let (digits, after) = after.split_at_checked(2).unwrap_or((after, ""));
        match u8::from_str_radix(digits, 16) {
            Ok(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                normal.push(char::from(byte));
            }
            _ => {
                normal.push('%');
                normal.push_str(&digits.to_ascii_uppercase());
            }
        }
        rest = after;
    }
    normal + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const URL: &str = "https://bank.example/fdx/v6/accounts/a%2Fb-1";

    #[test]
    fn ignores_query_fragment_and_spelling() {
        for htu in [
            URL,
            "HTTPS://BANK.EXAMPLE/fdx/v6/accounts/a%2Fb-1",
            "hTTps://bank.Example:443/fdx/v6/accounts/a%2fb%2D1?b=c#d",
            "https://bank.example/%66dx/v6/accounts/a%2Fb-1#?",
            "https://bank.example/fdx/v6/accounts/a%2Fb-1?allthe#programmed",
        ] {
            assert!(is_target(htu, URL), "{htu}");
            assert!(is_target(htu, &format!("{URL}?page=2")), "{htu}");
        }
        assert!(is_target("https://bank.example:8443", "https://bank.example:8443/"));
    }

    #[test]
    fn another_resource_is_another_target() {
        for htu in [
            "",
            "https://bank.example",
            "http://bank.example/fdx/v6/accounts/a%2Fb-1",
            "https://bank.example:8443/fdx/v6/accounts/a%2Fb-1",
            "https://bank.example.evil/fdx/v6/accounts/a%2Fb-1",
            "https://bank.example/fdx/v6/accounts/a/b-1",
            "https://bank.example/FDX/v6/accounts/a%2Fb-1",
            "https://bank.example/fdx/v6/accounts/a%2Fb-1/",
            "https://bank.example/fdx/v6/accounts/a%252Fb-1",
            "https://bank.example/fdx/v6/x/../accounts/a%2Fb-1",
            "https://user@bank.example/fdx/v6/accounts/a%2Fb-1",
            "/fdx/v6/accounts/a%2Fb-1",
        ] {
            assert!(!is_target(htu, URL), "{htu}");
        }
    }

    proptest! {
        #[test]
        fn normalisation_ends_after_one_round(path in "(/[%0-9a-zA-Z~.é]{0,9}){0,4}") {
            let once = percent_normalised(&path);
            if HttpsUrl::parse(&format!("https://a.example{path}")).is_ok() {
                prop_assert_eq!(percent_normalised(&once), once);
            }
        }

        #[test]
        fn each_character_can_be_encoded(path in "(/[a-zA-Z0-9._~-]{1,9}){1,4}", at in any::<proptest::sample::Index>()) {
            let url = format!("https://bank.example{path}");
            let place = at.index(path.len());
            let byte = path.as_bytes()[place];
            let encoded = format!("{}%{byte:02x}{}", &path[..place], &path[place + 1..]);
            let same = is_target(&format!("https://bank.example{encoded}"), &url);
            // A slash is reserved. Dot segments are refused in either spelling.
            prop_assert_eq!(same, byte != b'/' && HttpsUrl::parse(&url).is_ok());
        }
    }
}
