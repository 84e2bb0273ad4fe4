//! The text of a configuration, and mistakes in it shown with their line.

use std::path::Path;

use fdx_wire::Secret;
use toml::Spanned;

use crate::connect::config::{Binding, Config};
use crate::connect::request;
use crate::error::Failure;

const MAX_BYTES: u64 = 1024 * 1024;

/// Reads a configuration and checks what can be checked without other files.
pub(crate) fn read(path: &Path) -> Result<Config, Failure> {
    let text = text(path, "the configuration")?;
    parse(text.expose()).map_err(|mistake| {
        let what = format!("{}: {}", path.display(), bounded(&mistake));
        Failure::usage(what, "correct that line; fdx connect --example shows every setting")
    })
}

/// Reads a small text file. It may hold a secret.
pub(crate) fn text(path: &Path, what: &str) -> Result<Secret, Failure> {
    let cannot = |why: &str| {
        let what = format!("{what} {} can't be read: {why}", path.display());
        Failure::usage(what, "name a file that is there; paths are relative to the configuration")
    };
    let metadata = std::fs::metadata(path).map_err(|error| cannot(&error.to_string()))?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err(cannot("it is no file, or larger than a mebibyte"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| cannot(&error.to_string()))?;
    Ok(Secret::new(text))
}

fn parse(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| error.to_string())?;
    config.consent.as_ref().request().map_err(|error| at(text, &config.consent, &error))?;
    if let (Err(error), Some(request)) = (request::of(&config), &config.request) {
        return Err(at(text, request, &error));
    }
    let (binding, here) = (*config.binding.as_ref(), &config.binding);
    let by_certificate = config.certificate.is_some() && config.certificate_key.is_some();
    match binding {
        Binding::Mtls if !by_certificate => {
            Err(at(text, here, &"binding = \"mtls\" needs certificate and certificate_key"))
        }
        Binding::Mtls if config.dpop_key.is_some() => {
            Err(at(text, here, &"binding = \"mtls\" has no use for dpop_key"))
        }
        _ if config.certificate.is_some() != config.certificate_key.is_some() => {
            Err(at(text, here, &"certificate and certificate_key need each other"))
        }
        _ if config.use_mtls_endpoint_aliases && !by_certificate => {
            Err(at(text, here, &"use_mtls_endpoint_aliases needs certificate and certificate_key"))
        }
        _ => Ok(config),
    }
}

/// A mistake, however long the line that it is in.
fn bounded(mistake: &str) -> String {
    const MAX_CHARS: usize = 120;
    let lines = mistake.trim_end().lines();
    let lines = lines.map(|line| line.chars().take(MAX_CHARS).collect::<String>());
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
