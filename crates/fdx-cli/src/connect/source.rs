//! Reads a configuration, and reports mistakes with their line number.
//!
//! The file may be the wrong one, such as a private key or tokens. Therefore no message repeats
//! text of the file. A message names the line, and the setting only if it is a known one.

use std::path::Path;

use fdx_par::error::Deviation;
use fdx_rar::{AuthorizationDetails, AuthorizationDetailsError};
use fdx_wire::HttpsUrl;
use toml::Spanned;

use crate::connect::config::{self, Authentication, Binding, Config, OWN};
use crate::dialect::Words;
use crate::error::Failure;
use crate::files;

/// A configuration with every setting. Optional ones are commented out.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

/// Reads a configuration and makes all checks that need no other file.
pub(crate) fn read(path: &Path) -> Result<Config, Failure> {
    let text = files::text(path, "the configuration")?;
    parse(text.expose()).map_err(|mistake| {
        let what = format!("{}: {mistake}", path.display());
        Failure::usage(what, "correct that line; fdx connect --example shows every setting")
    })
}

fn parse(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| described(text, &error))?;
    check_request(text, &config)?;
    check_scheme(text, &config)?;
    check_bases(text, &config)?;
    if let (Err(error), Some(request)) = (config::request_of(&config), &config.request) {
        return Err(at(text, request, &error));
    }
    match contradiction(&config) {
        Some((setting, mistake)) => Err(at_setting(text, setting, mistake)),
        None => Ok(config),
    }
}

/// Checks that the request has the form that the provider accepts.
fn check_request(text: &str, config: &Config) -> Result<(), String> {
    let name = config.dialect().name();
    if let (Some(_), Some(scopes)) = (&config.consent, &config.scopes) {
        let mistake = "scopes and [consent] are alternatives: write one of them";
        return Err(at(text, scopes, &mistake));
    }
    if let (Some(_), Some(details)) = (&config.consent, &config.authorization_details) {
        let mistake = "authorization_details and [consent] are alternatives: write one of them";
        return Err(at(text, details, &mistake));
    }
    if let Some(details) = &config.authorization_details {
        let parsed = AuthorizationDetails::parse(details.as_ref());
        let parsed = parsed.map_err(|error| match error {
            AuthorizationDetailsError::Json(_) => {
                at(text, details, &format!("{error} of the array"))
            }
            _ => at(text, details, &error),
        })?;
        if parsed.iter().len() == 0 {
            return Err(at(text, details, &"the array is empty, and requests nothing"));
        }
    }
    if let Some(consent) = &config.consent {
        consent.as_ref().request().map_err(|error| at(text, consent, &error))?;
    }
    let period = config.consent.as_ref().filter(|consent| consent.as_ref().has_unused_period());
    if let Some(consent) = period {
        let mistake = "duration_period is only for duration_type = \"TIME_BOUND\": remove it";
        return Err(at(text, consent, &mistake));
    }
    if let Some(scopes) = &config.scopes {
        config::scopes(scopes.as_ref()).map_err(|error| at(text, scopes, &error))?;
    }
    let is_written = config.authorization_details.is_some() || config.scopes.is_some();
    match (Words::of(config.dialect()), &config.consent, &config.scopes) {
        (Words::Consent, None, _) if !is_written => {
            Err("missing [consent]: the requested data; or write scopes, or authorization_details"
                .into())
        }
        (Words::Scopes, Some(consent), _) => {
            let mistake = format!("{name} has no [consent]: write scopes = [\"accounts\", ...]");
            Err(at(text, consent, &mistake))
        }
        (Words::Scopes, _, None) => {
            Err(format!("missing scopes, such as scopes = [\"accounts\"]: {name} has no [consent]"))
        }
        (Words::Scopes, _, Some(_)) | (Words::Consent | Words::Details, ..) => Ok(()),
    }
}

/// Rejects `http` without a dialect for it, before anything is sent without TLS.
fn check_scheme(text: &str, config: &Config) -> Result<(), String> {
    if config.dialect().allows(Deviation::LoopbackHttp) {
        return Ok(());
    }
    let consent_base = config.consent_base.as_ref();
    let setting = match (config.issuer.is_loopback_http(), config.fdx_base.is_loopback_http()) {
        (true, _) => "issuer",
        (false, true) => "fdx_base",
        (false, false) if consent_base.is_some_and(HttpsUrl::is_loopback_http) => "consent_base",
        (false, false) => return Ok(()),
    };
    let mistake = format!(
        "issuer and bases must begin with https://, unless dialect has {}, like \
         \"mastercard-mock\"",
        Deviation::LoopbackHttp
    );
    Err(at_setting(text, setting, &mistake))
}

/// Rejects a query in a base URL: paths are appended to it.
fn check_bases(text: &str, config: &Config) -> Result<(), String> {
    let bases =
        [("fdx_base", Some(&config.fdx_base)), ("consent_base", config.consent_base.as_ref())];
    let has_query = |base: Option<&HttpsUrl>| base.is_some_and(|base| base.query().is_some());
    match bases.into_iter().find(|(_, base)| has_query(*base)) {
        Some((setting, _)) => {
            Err(at_setting(text, setting, "a base URL has no query: remove it, from the \"?\" on"))
        }
        None => Ok(()),
    }
}

/// Finds settings that need each other, or that contradict each other. Returns the setting to report
/// and the mistake.
fn contradiction(config: &Config) -> Option<(&'static str, &'static str)> {
    let binding = *config.binding.as_ref();
    let by_certificate = config.certificate.is_some() && config.certificate_key.is_some();
    let needs = |is: bool, setting, mistake| is.then_some((setting, mistake));
    let secret = config.client_secret_file.is_some();
    match config.authentication() {
        Authentication::ClientSecret => needs(
            !secret,
            "authentication",
            "authentication = \"client_secret\", which is not FAPI, needs client_secret_file",
        ),
        _ if secret => needs(
            true,
            "client_secret_file",
            "client_secret_file is only for authentication = \"client_secret\"",
        ),
        Authentication::PrivateKeyJwt => needs(
            config.key.is_none(),
            "authentication",
            "authentication = \"private_key_jwt\", which is the default, needs key",
        ),
        Authentication::SelfSignedTlsClientAuth => needs(
            !by_certificate,
            "authentication",
            "authentication = \"self_signed_tls_client_auth\" needs certificate and certificate_key",
        ),
        Authentication::TlsClientAuth => needs(
            !by_certificate,
            "authentication",
            "authentication = \"tls_client_auth\" needs certificate and certificate_key",
        ),
    }
    .or_else(|| match binding {
        Binding::Mtls if !by_certificate => {
            Some(("binding", "binding = \"mtls\" needs certificate and certificate_key"))
        }
        Binding::Mtls if config.dpop_key.is_some() => {
            Some(("dpop_key", "binding = \"mtls\" does not use dpop_key"))
        }
        Binding::None if config.dpop_key.is_some() => {
            Some(("dpop_key", "binding = \"none\" does not use dpop_key"))
        }
        Binding::Dpop if config.dpop_key.is_none() && config.key.is_none() => {
            Some(("binding", "binding = \"dpop\" needs dpop_key or key"))
        }
        _ if config.request_object && config.key.is_none() => {
            Some(("request_object", "request_object = true needs key"))
        }
        _ if config.certificate.is_some() && config.certificate_key.is_none() => {
            Some(("certificate", "certificate and certificate_key need each other"))
        }
        _ if config.certificate.is_none() && config.certificate_key.is_some() => {
            Some(("certificate_key", "certificate and certificate_key need each other"))
        }
        _ if config.use_mtls_endpoint_aliases && !by_certificate => Some((
            "use_mtls_endpoint_aliases",
            "use_mtls_endpoint_aliases needs certificate and certificate_key",
        )),
        _ => None,
    })
}

/// Describes a TOML error without the text of the file.
fn described(text: &str, error: &toml::de::Error) -> String {
    let mistake = explained(error.message());
    match error.span() {
        // A setting that is missing at the top level has no line.
        Some(span) if span.start == 0 && mistake.ends_with("is missing") => mistake,
        Some(span) => placed(text, span.start, &mistake),
        None => mistake,
    }
}

/// Describes a mistake in the words of this program and of its types.
fn explained(message: &str) -> String {
    if let Some(own) = message.strip_prefix(OWN) {
        return own.to_owned();
    }
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    if let Some(name) = missing.filter(|name| is_setting(name)) {
        return format!("the setting {name} is missing");
    }
    let kinds = [
        ("unknown field `", "the setting is not known"),
        ("unknown variant `", "the value is not known"),
        ("invalid type: ", "the value has the wrong type"),
        ("invalid value: ", "the value is not accepted"),
        ("invalid length ", "the value has the wrong length"),
        ("duplicate ", "the setting is there twice"),
    ];
    let Some((_, what)) = kinds.iter().find(|(beginning, _)| message.starts_with(beginning)) else {
        return "the file is not TOML, or the value is not accepted".to_owned();
    };
    // serde ends with what the type expects. Text of the file is before that.
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{what}; expected {expected}"),
        None => (*what).to_owned(),
    }
}

/// Whether this is the name of a setting or a table. The example contains all of them.
fn is_setting(name: &str) -> bool {
    EXAMPLE.lines().any(|line| {
        let line = line.strip_prefix("# ").unwrap_or(line);
        let setting = line.split_once(" = ").map(|(setting, _)| setting);
        setting == Some(name) || line.strip_prefix('[') == Some(&format!("{name}]"))
    })
}

/// Adds the line of a setting at the top level to a mistake. A setting that is left out has none.
fn at_setting(text: &str, setting: &str, mistake: &str) -> String {
    let top_level = text.lines().take_while(|line| !line.trim_start().starts_with('['));
    let is_setting =
        |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim() == setting);
    match top_level.enumerate().find(|(_, line)| is_setting(line)) {
        Some((before, _)) => format!("line {}, {setting}: {mistake}", before + 1),
        None => mistake.to_owned(),
    }
}

/// Adds the line to a mistake.
fn at<T>(text: &str, place: &Spanned<T>, mistake: &impl std::fmt::Display) -> String {
    placed(text, place.span().start, mistake)
}

fn placed(text: &str, start: usize, mistake: &impl std::fmt::Display) -> String {
    let before = text.get(..start).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let name = line.split_once('=').map_or(line, |(name, _)| name);
    let name = name.trim_matches(['[', ']', ' ', '\t']);
    match is_setting(name) {
        true => {
            // Errors of the library begin with the member's name.
            let (mistake, again) = (mistake.to_string(), format!("{name}: "));
            let mistake = mistake.strip_prefix(&again).unwrap_or(&mistake);
            format!("line {number}, {name}: {mistake}")
        }
        false => format!("line {number}: {mistake}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(from: &str, to: &str) -> String {
        assert!(EXAMPLE.contains(from), "{from}");
        parse(&EXAMPLE.replacen(from, to, 1)).unwrap_err()
    }

    fn line_of(text: &str) -> usize {
        EXAMPLE.lines().position(|line| line.contains(text)).unwrap() + 1
    }

    #[test]
    fn the_example_is_valid() {
        let config = parse(EXAMPLE).unwrap();
        assert_eq!(config.unknown_names(), Vec::<String>::new());
    }

    #[test]
    fn every_commented_setting_of_the_example_exists() {
        let settings = EXAMPLE.lines().filter_map(|line| {
            let setting = line.strip_prefix("# ")?;
            let (name, _) = setting.split_once(" = ")?;
            name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()).then_some(line)
        });
        let settings: Vec<_> = settings.collect();
        assert!(settings.len() > 8, "{settings:?}");
        for setting in settings {
            let uncommented = setting.strip_prefix("# ").unwrap();
            let text = EXAMPLE.replacen(setting, uncommented, 1);
            let name = uncommented.split_once(" =").unwrap().0;
            if let Err(error) = parse(&text) {
                assert!(!error.contains("not known"), "{name}: {error}");
            }
        }
    }

    /// The example with these settings instead of its consent.
    fn without_consent(settings: &str) -> String {
        let (before, rest) = EXAMPLE.split_once("[consent]").unwrap();
        let (_, output) = rest.split_once("[output]").unwrap();
        format!("{settings}\n{before}[output]{output}")
    }

    #[test]
    fn a_request_may_have_scopes_alone_or_other_details() {
        let scopes = "scopes = [\"accounts\"]";
        let details = r#"authorization_details = '[{"type":"payment_initiation"}]'"#;
        for dialect in ["fdx", "mastercard", "autional", "uae"] {
            for settings in [scopes, details, &format!("{scopes}\n{details}")] {
                let text = without_consent(&format!("dialect = \"{dialect}\"\n{settings}"));
                let config = parse(&text).unwrap_or_else(|error| panic!("{dialect}: {error}"));
                let request = config::authorization_request(&config);
                assert!(request.is_ok(), "{dialect}: {settings}");
            }
        }
        let shown = parse(&without_consent("")).unwrap_err();
        assert!(shown.contains("missing [consent]"), "{shown}");
        let shown = parse(&format!("{details}\n{EXAMPLE}")).unwrap_err();
        assert!(shown.contains("alternatives"), "{shown}");
    }

    #[test]
    fn names_authorization_details_once_and_what_is_wrong_with_them() {
        for (json, said) in [
            (r#"[{"Kz8mXK1qLd0":1}]"#, "an element has no type (RFC 9396 section 2)"),
            (r#"{"type":"Kz8mXK1qLd0"}"#, "not an array of objects (RFC 9396 section 2)"),
            ("[]", "the array is empty, and requests nothing"),
            (
                r#"[{"type":"a"},{"type":"b","actions":"Kz8mXK1qLd0"}]"#,
                "element 2: member actions is a string: expected a list of texts",
            ),
            ("[Kz8mXK1qLd0]", "not JSON at line 1, column 2 of the array"),
        ] {
            let text = without_consent(&format!("authorization_details = '{json}'"));
            let expected = format!("line 1, authorization_details: {said}");
            assert_eq!(parse(&text).unwrap_err(), expected, "{json}");
        }
    }

    #[test]
    fn reports_a_mistake_with_its_line() {
        for (from, to, said) in [
            ("client_id =", "client_idd =", "the setting is not known"),
            ("issuer = \"https", "issuer = \"http", "https://"),
            ("openid = true", "openid = 1", "boolean"),
            ("duration_type = \"TIME_BOUND\"", "duration_type = \"TIME_BOUNDED\"", "ONE_TIME"),
        ] {
            let shown = mistake(from, to);
            let line = format!("line {}", line_of(from));
            assert!(shown.contains(&line) && shown.contains(said), "{line}, {said}: {shown}");
        }
    }

    #[test]
    fn a_base_has_no_query() {
        for (from, setting) in [("fdx_base = ", "fdx_base"), ("# consent_base = ", "consent_base")]
        {
            let (to, line) = (format!("{setting} = \"https://a.example?b=c\" # "), line_of(from));
            let shown = mistake(from, &to);
            assert!(shown.starts_with(&format!("line {line}, {setting}: a base URL")), "{shown}");
        }
    }

    #[test]
    fn reports_a_contradiction_with_its_line() {
        let shown = mistake("duration_period = 365", "duration_period = 366");
        assert!(shown.contains("1 to 365 days"), "{shown}");
        assert!(shown.contains(&format!("line {}", line_of("[consent]"))), "{shown}");
        for kind in ["ONE_TIME", "PERSISTENT"] {
            let shown = mistake("\"TIME_BOUND\"\n", &format!("\"{kind}\"\n"));
            assert!(shown.contains("duration_period is only for"), "{shown}");
            assert!(shown.contains(&format!("line {}", line_of("[consent]"))), "{shown}");
        }
        let shown = mistake("\ncertificate = ", "\n# certificate = ");
        assert!(shown.contains("needs certificate and certificate_key"), "{shown}");
        assert!(shown.contains(&format!("line {}", line_of("binding = \"mtls\""))), "{shown}");
    }

    #[test]
    fn a_missing_setting_is_reported_where_it_is_needed() {
        for (from, to, begins) in [
            ("issuer = ", "# issuer = ", "the setting issuer is missing".to_owned()),
            ("\nkey = ", "\n# key = ", "authentication = \"private_key_jwt\", which is".to_owned()),
            (
                "\ncertificate_key = ",
                "\n# certificate_key = ",
                format!("line {}, binding: ", line_of("binding = \"mtls\"")),
            ),
        ] {
            let shown = mistake(from, to);
            assert!(shown.starts_with(&begins), "{begins}: {shown}");
        }
        let text = EXAMPLE.replacen("\nkey = ", "\n# key = ", 1);
        let text =
            text.replacen("binding = \"mtls\"", "request_object = true\nbinding = \"mtls\"", 1);
        let text = format!("authentication = \"tls_client_auth\"\n{text}");
        let line = text.lines().position(|line| line.starts_with("request_object")).unwrap() + 1;
        let shown = parse(&text).unwrap_err();
        assert_eq!(shown, format!("line {line}, request_object: request_object = true needs key"));
    }

    #[test]
    fn a_message_names_the_setting_and_never_its_text() {
        const SECRET: &str = "Kz8mXK1qLd0";
        for (from, to, said) in [
            (
                "openid = true",
                "openid = \"Kz8mXK1qLd0, expected Kz8mXK1qLd0\"",
                "openid: the value",
            ),
            ("client_id =", "Kz8mXK1qLd0 =", "the setting is not known"),
            ("issuer = \"https://", "issuer = \"Kz8mXK1qLd0://", "issuer: "),
            ("[consent]", "[Kz8mXK1qLd0]", "the setting is not known"),
            ("binding = \"mtls\"", "binding = \"Kz8mXK1qLd0\"", "expected one of"),
            ("binding = ", "dialect = \"Kz8mXK1qLd0\"\nbinding = ", "dialect: "),
            ("client_id = ", "client_id = Kz8mXK1qLd0 ", "not TOML"),
            ("client_id = ", "issuer = \"Kz8mXK1qLd0\"\nclient_id = ", "twice"),
        ] {
            let shown = mistake(from, to);
            assert!(shown.contains(said), "{to}: {shown}");
            assert!(!shown.contains(SECRET), "{to}: {shown}");
        }
    }
}
