//! The text of a configuration, and mistakes in it shown with their line.

use std::path::Path;

use fdx_par::dialect::Member;
use toml::Spanned;

use crate::connect::config::{Authentication, Binding, Config};
use crate::connect::request::{self, Words};
use crate::error::Failure;
use crate::{dialects, files};

/// Reads a configuration and checks what can be checked without other files.
pub(crate) fn read(path: &Path) -> Result<Config, Failure> {
    let text = files::text(path, "the configuration")?;
    parse(text.expose()).map_err(|mistake| {
        let what = format!("{}: {}", path.display(), bounded(&mistake));
        Failure::usage(what, "correct that line; fdx connect --example shows every setting")
    })
}

fn parse(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| error.to_string())?;
    check_words(text, &config)?;
    check_scheme(&config)?;
    if let (Err(error), Some(request)) = (request::of(&config), &config.request) {
        return Err(at(text, request, &error));
    }
    match contradiction(&config) {
        Some((About::Authentication, mistake)) => match &config.authentication {
            Some(here) => Err(at(text, here, &mistake)),
            None => Err(at(text, &config.binding, &mistake)),
        },
        Some((About::Binding, mistake)) => Err(at(text, &config.binding, &mistake)),
        None => Ok(config),
    }
}

/// What is asked, in words that the provider knows.
fn check_words(text: &str, config: &Config) -> Result<(), String> {
    let name = config.dialect().name();
    if let (Some(_), Some(scopes)) = (&config.consent, &config.scopes) {
        let mistake = "scopes and [consent] are two ways to ask: write one of them";
        return Err(at(text, scopes, &mistake));
    }
    if let Some(consent) = &config.consent {
        consent.as_ref().request().map_err(|error| at(text, consent, &error))?;
    }
    if let Some(scopes) = &config.scopes {
        request::scopes(scopes.as_ref()).map_err(|error| at(text, scopes, &error))?;
    }
    match (Words::of(config.dialect()), &config.consent, &config.scopes) {
        (Words::Consent, None, None) => Err("missing [consent]: what the customer is asked".into()),
        (Words::Consent, _, Some(scopes)) => {
            let mistake =
                format!("scopes alone are for dialect = \"mx\"; {name} is asked in [consent]");
            Err(at(text, scopes, &mistake))
        }
        (Words::Scopes, Some(consent), _) => {
            let mistake = format!("{name} knows no [consent]: write scopes = [\"accounts\", ...]");
            Err(at(text, consent, &mistake))
        }
        (Words::Scopes, _, None) => {
            Err(format!("missing scopes, such as scopes = [\"accounts\"]: {name} knows no others"))
        }
        (Words::Scopes, _, Some(_)) | (Words::Consent, Some(_), _) | (Words::Details, ..) => Ok(()),
    }
}

/// Before anything is sent to this machine without TLS.
fn check_scheme(config: &Config) -> Result<(), String> {
    let plain = config.issuer.is_loopback_http() || config.fdx_base.is_loopback_http();
    match plain && !dialects::has(config.dialect(), Member::LoopbackHttp) {
        true => Err(format!(
            "issuer and fdx_base begin with https://, except where dialect has {}, as \
             \"mastercard-mock\" does",
            Member::LoopbackHttp.name()
        )),
        false => Ok(()),
    }
}

/// The setting whose line is shown.
enum About {
    Authentication,
    Binding,
}

/// Settings that need each other, or have no use for each other.
fn contradiction(config: &Config) -> Option<(About, &'static str)> {
    let binding = *config.binding.as_ref();
    let by_certificate = config.certificate.is_some() && config.certificate_key.is_some();
    let needs = |is: bool, about, mistake| is.then_some((about, mistake));
    let secret = config.client_secret_file.is_some();
    match config.authentication() {
        Authentication::ClientSecret => needs(
            !secret,
            About::Authentication,
            "authentication = \"client_secret\", which is not FAPI, needs client_secret_file",
        ),
        _ if secret => needs(
            true,
            About::Authentication,
            "client_secret_file is for authentication = \"client_secret\" alone",
        ),
        Authentication::PrivateKeyJwt => needs(
            config.key.is_none(),
            About::Authentication,
            "authentication = \"private_key_jwt\", which is the default, needs key",
        ),
        Authentication::SelfSignedTlsClientAuth => needs(
            !by_certificate,
            About::Authentication,
            "authentication = \"self_signed_tls_client_auth\" needs certificate and certificate_key",
        ),
        Authentication::TlsClientAuth => needs(
            !by_certificate,
            About::Authentication,
            "authentication = \"tls_client_auth\" needs certificate and certificate_key",
        ),
    }
    .or_else(|| match binding {
        Binding::Mtls if !by_certificate => {
            Some("binding = \"mtls\" needs certificate and certificate_key")
        }
        Binding::Mtls if config.dpop_key.is_some() => {
            Some("binding = \"mtls\" has no use for dpop_key")
        }
        Binding::None if config.dpop_key.is_some() => {
            Some("binding = \"none\" has no use for dpop_key")
        }
        Binding::Dpop if config.dpop_key.is_none() && config.key.is_none() => {
            Some("binding = \"dpop\" needs dpop_key or key")
        }
        _ if config.request_object && config.key.is_none() => {
            Some("request_object = true needs key")
        }
        _ if config.certificate.is_some() != config.certificate_key.is_some() => {
            Some("certificate and certificate_key need each other")
        }
        _ if config.use_mtls_endpoint_aliases && !by_certificate => {
            Some("use_mtls_endpoint_aliases needs certificate and certificate_key")
        }
        _ => None,
    }
    .map(|mistake| (About::Binding, mistake)))
}

/// A mistake, however long the line that it is in.
fn bounded(mistake: &str) -> String {
    // Enough for the list of all settings, which is what a misspelt one asks for.
    const MAX_CHARS: usize = 500;
    let lines = mistake.trim_end().lines();
    let lines = lines.map(|line| match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{} ...", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A mistake with the line that it is about.
fn at<T>(text: &str, place: &Spanned<T>, mistake: &impl std::fmt::Display) -> String {
    let before = text.get(..place.span().start).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    format!("line {number}\n  |\n{number} | {line}\n  |\n{mistake}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::example;

    fn mistake(from: &str, to: &str) -> String {
        assert!(example::TEXT.contains(from), "{from}");
        parse(&example::TEXT.replacen(from, to, 1)).unwrap_err()
    }

    fn line_of(text: &str) -> usize {
        example::TEXT.lines().position(|line| line.contains(text)).unwrap() + 1
    }

    #[test]
    fn the_example_is_a_configuration() {
        let config = parse(example::TEXT).unwrap();
        assert_eq!(config.unknown_names(), Vec::<String>::new());
    }

    #[test]
    fn every_setting_that_the_example_comments_out_is_one() {
        let settings = example::TEXT.lines().filter_map(|line| {
            let setting = line.strip_prefix("# ")?;
            let (name, _) = setting.split_once(" = ")?;
            name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()).then_some(line)
        });
        let settings: Vec<_> = settings.collect();
        assert!(settings.len() > 8, "{settings:?}");
        for setting in settings {
            let uncommented = setting.strip_prefix("# ").unwrap();
            let text = example::TEXT.replacen(setting, uncommented, 1);
            let name = uncommented.split_once(" =").unwrap().0;
            if let Err(error) = parse(&text) {
                assert!(!error.contains("unknown field"), "{name}: {error}");
            }
        }
    }

    #[test]
    fn a_mistake_is_shown_with_its_line() {
        for (from, to, said) in [
            ("client_id =", "client_idd =", "client_idd"),
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
    fn what_contradicts_itself_is_shown_with_its_line() {
        let shown = mistake("duration_period = 365", "duration_period = 366");
        assert!(shown.contains("1 to 365 days"), "{shown}");
        assert!(shown.contains(&format!("line {}", line_of("[consent]"))), "{shown}");
        let shown = mistake("\ncertificate = ", "\n# certificate = ");
        assert!(shown.contains("needs certificate and certificate_key"), "{shown}");
        assert!(shown.contains(&format!("line {}", line_of("binding = \"mtls\""))), "{shown}");
    }
}
