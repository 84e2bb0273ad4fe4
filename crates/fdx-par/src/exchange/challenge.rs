//! `WWW-Authenticate` (RFC 9110 section 11.6.1): several challenges, in one header or in many.

/// One challenge: a scheme and its parameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

const MAX_CHALLENGES: usize = 16;
const MAX_PARAMETERS: usize = 32;
/// The part of a malformed value that is searched for the name of the next parameter, in bytes.
const MAX_NAME: usize = 64;

impl Challenge {
    /// Schemes are compared without regard to case (RFC 9110 section 11.1).
    pub(crate) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of a parameter, whose names have no case either.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }
}

/// Reads challenges. A text that is neither a challenge nor a parameter, such as the rest of a value
/// whose inner quotes are not escaped, is skipped up to the next comma: what can be read is kept.
pub(crate) fn parse<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    for value in values {
        let mut reader = Reader { rest: value };
        while challenges.len() < MAX_CHALLENGES
            && let Some(challenge) = reader.challenge()
        {
            challenges.push(challenge);
        }
    }
    challenges
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn challenge(&mut self) -> Option<Challenge> {
        let scheme = loop {
            self.separators();
            match self.token() {
                Some(scheme) => break scheme.to_owned(),
                None if self.rest.is_empty() => return None,
                None => self.skip_to_comma(),
            }
        };
        let mut parameters = Vec::new();
        // Malformed texts count too: each may be as long as the header.
        for _ in 0..MAX_PARAMETERS {
            self.separators();
            if self.rest.is_empty() || self.is_at_scheme() {
                break;
            }
            let Some(name) = self.parameter_name() else {
                self.skip_to_comma();
                continue;
            };
            match self.value() {
                Some(value) => parameters.push((name.to_owned(), value)),
                // It was a token68, which may end in more than one (RFC 9110 11.2).
                None => self.rest = self.rest.trim_start_matches('='),
            }
        }
        Some(Challenge { scheme, parameters })
    }

    /// Whether a scheme is next: a token before a comma, before the end, before a parameter or
    /// before a token68 (RFC 9110 section 11.2).
    fn is_at_scheme(&self) -> bool {
        let mut ahead = Reader { rest: self.rest };
        let Some(_) = ahead.token() else { return false };
        let separated = ahead.rest.starts_with([' ', '\t']);
        ahead.spaces();
        if ahead.rest.is_empty() || ahead.rest.starts_with(',') {
            return true;
        }
        separated && !ahead.rest.starts_with('=') && ahead.token().is_some() && {
            let padded = ahead.rest.trim_start_matches('=');
            ahead.spaces();
            ahead.rest.starts_with('=') || ends_here(padded)
        }
    }

    /// The name of a parameter and its `=`.
    fn parameter_name(&mut self) -> Option<&'a str> {
        let name = self.token()?;
        self.spaces();
        self.rest = self.rest.strip_prefix('=')?;
        self.spaces();
        Some(name)
    }

    fn skip_to_comma(&mut self) {
        let (_, rest) = self.rest.split_once(',').unwrap_or_default();
        self.rest = rest;
    }

    fn value(&mut self) -> Option<String> {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            return self.token().map(str::to_owned);
        };
        let mut value = String::new();
        let mut chars = quoted.chars();
        loop {
            match chars.next()? {
                '"' if closes(chars.as_str()) => break,
                '"' => {
                    let before = quoted.strip_suffix(chars.as_str()).unwrap_or_default();
                    let before = before.strip_suffix('"').unwrap_or_default();
                    if let Some(tail) = opens_another(before) {
                        value.truncate(value.len().saturating_sub(tail.len()));
                        self.rest = quoted.get(before.len() - tail.len()..).unwrap_or_default();
                        return Some(value);
                    }
                    value.push('"');
                }
                '\\' => value.push(chars.next()?),
                char => value.push(char),
            }
        }
        self.rest = chars.as_str();
        Some(value)
    }

    fn token(&mut self) -> Option<&'a str> {
        let tchar = |char: char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(char);
        let end = self.rest.find(|char| !tchar(char)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!token.is_empty()).then_some(token)
    }

    fn separators(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', ',', ';']);
    }

    fn spaces(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }
}

/// Whether a quote before `rest` ends its value. RFC 9110 5.6.4: a quote inside is escaped; some
/// servers forget it. A comma, the end, the next parameter or, after a space, the next challenge
/// follows the last one. Without a space, and of a challenge, the value has to be quoted.
fn closes(rest: &str) -> bool {
    let mut ahead = Reader { rest };
    ahead.spaces();
    let separated = ahead.rest.len() < rest.len();
    let mut challenge = Reader { rest: ahead.rest };
    let begins_challenge =
        separated && challenge.token().is_some() && challenge.rest.starts_with([' ', '\t']) && {
            challenge.spaces();
            challenge.parameter_name().is_some() && challenge.rest.starts_with('"')
        };
    let names_parameter = ahead.parameter_name().is_some();
    ends_here(rest)
        || begins_challenge
        || (names_parameter && (separated || ahead.rest.starts_with('"')))
}

/// The comma and the parameter's name at the end of a value whose own end is missing, or escaped by
/// accident: the quote after them begins the next value.
fn opens_another(value: &str) -> Option<&str> {
    let end = value.get(value.len().saturating_sub(MAX_NAME)..)?;
    let tail = end.get(end.rfind(',')?..)?;
    let mut ahead = Reader { rest: tail };
    ahead.separators();
    (ahead.parameter_name().is_some() && ahead.rest.is_empty()).then_some(tail)
}

fn ends_here(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    rest.is_empty() || rest.starts_with([',', ';'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(values: &[&str]) -> Vec<(String, Vec<(String, String)>)> {
        parse(values.iter().copied()).into_iter().map(|c| (c.scheme, c.parameters)).collect()
    }

    #[test]
    fn reads_several_challenges_in_one_header() {
        let challenges =
            parse([r#"Bearer realm="a, b=\"c\"", dPoP realm=x,error="use_dpop_nonce", algs="PS256 ES256""#].into_iter());
        assert_eq!(challenges.len(), 2);
        assert!(challenges[0].is("bearer"));
        assert_eq!(challenges[0].parameter("REALM"), Some(r#"a, b="c""#));
        assert!(challenges[1].is("DPoP"));
        assert_eq!(challenges[1].parameter("error"), Some("use_dpop_nonce"));
        assert_eq!(challenges[1].parameter("algs"), Some("PS256 ES256"));
    }

    #[test]
    fn several_headers_and_bare_schemes_are_read() {
        let schemes = |values: &[&str]| {
            read(values).into_iter().map(|(scheme, _)| scheme).collect::<Vec<_>>()
        };
        assert_eq!(schemes(&["Bearer", "DPoP error=\"x\""]), ["Bearer", "DPoP"]);
        assert_eq!(schemes(&["Negotiate, DPoP a=b"]), ["Negotiate", "DPoP"]);
        assert_eq!(schemes(&["DPoP a=b, Bearer"]), ["DPoP", "Bearer"]);
        // RFC 9110 11.2: a token68 may end in padding.
        let negotiated = parse(["Negotiate oYG0==, DPoP error=\"x\""].into_iter());
        assert_eq!(negotiated.last().and_then(|c| c.parameter("error")), Some("x"));
        let negotiated = parse(["Negotiate oYG0=, DPoP error=\"x\""].into_iter());
        assert_eq!(negotiated.last().and_then(|c| c.parameter("error")), Some("x"));
        assert_eq!(schemes(&["", ",,", "  "]), Vec::<String>::new());
    }

    #[test]
    fn what_can_be_read_around_a_malformed_text_is_kept() {
        let nonce = "use_dpop_nonce";
        for header in [
            r#"DPoP error_description="Unexpected "nonce" value", error="use_dpop_nonce""#,
            r#"DPoP error_description="Unexpected "nonce"", error="use_dpop_nonce""#,
            r#"DPoP error_description=""nonce" is unexpected", error=use_dpop_nonce"#,
            r#"DPoP error_description="not "a", but b", error="use_dpop_nonce""#,
            r#"DPoP error_description="not "a", but b c", error="use_dpop_nonce""#,
            r#"DPoP error="use_dpop_nonce" error_description="a "b" c""#,
            r#"DPoP realm=, error="use_dpop_nonce""#,
            r#"DPoP realm="x"; error="use_dpop_nonce""#,
            r#"DPoP (odd), error="use_dpop_nonce""#,
            r#"(odd), DPoP error="use_dpop_nonce""#,
            r#"DPoP error="use_dpop_nonce", error_description="never closed"#,
            r#"DPoP realm="abc, error="use_dpop_nonce""#,
            r#"DPoP realm=", error="use_dpop_nonce""#,
            r#"DPoP error_description="C:\", error="use_dpop_nonce""#,
            r#"DPoP realm="x"error="use_dpop_nonce""#,
            r#"Basic realm="a" DPoP error="use_dpop_nonce""#,
            "DPoP error_description=\"Prueba no v\u{fffd}lida\", error=\"use_dpop_nonce\"",
        ] {
            let challenges = parse([header].into_iter());
            let dpop = challenges.iter().find(|challenge| challenge.is("DPoP"));
            assert_eq!(dpop.and_then(|it| it.parameter("error")), Some(nonce), "{header}");
        }
        // A malformed text does not move a parameter to another challenge.
        let both = parse([r#"Bearer realm="a "b" c", error="x", DPoP error="y""#].into_iter());
        let errors = both.iter().map(|it| it.parameter("error")).collect::<Vec<_>>();
        assert_eq!(errors, [Some("x"), Some("y")]);
    }

    #[test]
    fn spaces_around_the_equals_sign_are_allowed() {
        assert_eq!(parse(["DPoP error = \"x\""].into_iter())[0].parameter("error"), Some("x"));
    }

    #[test]
    fn challenges_and_their_parameters_are_read_up_to_a_number() {
        let challenges = ["A"; MAX_CHALLENGES + 1].join(", ");
        assert_eq!(read(&[&challenges]).len(), MAX_CHALLENGES);
        let parameters = [r#"a="1""#; MAX_PARAMETERS + 1].join(", ");
        let (_, parameters) = read(&[&format!("A {parameters}")]).remove(0);
        assert_eq!(parameters.len(), MAX_PARAMETERS);
    }

    proptest! {
        #[test]
        fn no_header_panics_and_work_is_bounded(value in "[ -~]{0,200}|[a\", =\\\\]{0,60}") {
            prop_assert!(parse([value.as_str()].into_iter()).len() <= MAX_CHALLENGES);
        }

        #[test]
        fn what_is_written_is_read_back(
            schemes in prop::collection::vec(("[A-Z][a-zA-Z]{1,6}", "[ -~]{0,12}"), 1..4),
        ) {
            let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
            let written = schemes.iter()
                .map(|(scheme, value)| format!("{scheme} error=\"{}\"", quote(value)))
                .collect::<Vec<_>>().join(", ");
            let read = parse([written.as_str()].into_iter());
            prop_assert_eq!(read.len(), schemes.len());
            for (challenge, (scheme, value)) in read.iter().zip(&schemes) {
                prop_assert!(challenge.is(scheme));
                prop_assert_eq!(challenge.parameter("error"), Some(value.as_str()));
            }
        }
    }
}
