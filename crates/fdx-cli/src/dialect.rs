//! Looks up dialects and their members for commands, settings and errors.

use fdx_par::dialect::{self, ALL, AUTIONAL, FDX, MASTERCARD, Need, UAE};
use fdx_par::not_fapi::{AUTIONAL_CLIENT_SECRET, MX};
use fdx_par::{ConfigurationFault, Dialect, Error, WellKnown, error::Deviation};

/// The dialects that the sandbox can play, in addition to `fdx`.
pub(crate) const PLAYED: &[Dialect] = &[MASTERCARD, UAE, MX, AUTIONAL];

/// How consent is requested from a provider.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Words {
    /// With FDX consents, the setting `[consent]`.
    Consent,
    /// With the provider's own authorization details, the setting `authorization_details`.
    Details,
    /// Only with `scopes`.
    Scopes,
}

impl Words {
    pub(crate) fn of(dialect: Dialect) -> Self {
        // By name: optional members may be on.
        let is = |other: &Dialect| other.name() == dialect.name();
        if [AUTIONAL, AUTIONAL_CLIENT_SECRET, UAE].iter().any(is) {
            Self::Details
        } else if is(&MX) {
            Self::Scopes
        } else {
            Self::Consent
        }
    }
}

/// Returns the dialect with this name. The error lists the known names.
pub(crate) fn named(name: &str) -> Result<Dialect, String> {
    dialect::by_name(name).ok_or_else(|| {
        let known: Vec<_> = ALL.iter().map(Dialect::name).collect();
        format!("no dialect has this name; the dialects are {}", known.join(", "))
    })
}

/// Returns the dialect with this name, if the sandbox can play it. The error lists those that it can
/// play.
pub(crate) fn playable(name: &str) -> Result<Dialect, String> {
    let known = dialect::by_name(name);
    known.filter(|dialect| *dialect == FDX || PLAYED.contains(dialect)).ok_or_else(|| {
        let played: Vec<_> = PLAYED.iter().map(Dialect::name).collect();
        let what = match known {
            Some(_) => format!("the sandbox can't play {name}"),
            None => "no dialect has this name".to_owned(),
        };
        format!("{what}; choose fdx, {}", played.join(", "))
    })
}

/// Describes which known dialects have a deviation.
pub(crate) fn that_allow(deviation: Deviation) -> String {
    let names = |dialect: &Dialect| match dialect.allows(deviation) {
        true => Some(dialect.name().to_owned()),
        false if dialect.with_options().allows(deviation) => {
            Some(format!("{} (with dialect_options)", dialect.name()))
        }
        false => None,
    };
    let known: Vec<_> = ALL.iter().filter_map(names).collect();
    match known.is_empty() {
        true => format!("the member {deviation} would allow it; no known dialect has it"),
        false => format!("the member {deviation} allows it; it is in {}", known.join(", ")),
    }
}

/// The setting of `fdx connect` that satisfies this need.
pub(crate) fn setting(need: Need) -> &'static str {
    match need {
        Need::Certificate => "binding = \"mtls\", with certificate and certificate_key",
        Need::ClientSecret => "authentication = \"client_secret\", with client_secret_file",
        Need::PrivateKeyJwt => "authentication = \"private_key_jwt\", with key",
        Need::Ps256 => "key: an RSA key, for PS256",
        Need::RequestObject => "request_object = true, with key",
        Need::UnboundTokens => "binding = \"none\"",
        _ => "see the dialect's documentation",
    }
}

/// The missing setting, if the error states that the configuration does not fit its dialect.
pub(crate) fn lacking(dialect: Dialect, error: &Error) -> Option<String> {
    let Error::Configuration(fault) = error else { return None };
    let need = match fault {
        ConfigurationFault::DialectCertificate => Need::Certificate,
        ConfigurationFault::DialectClientSecret => Need::ClientSecret,
        ConfigurationFault::DialectPrivateKeyJwt => Need::PrivateKeyJwt,
        ConfigurationFault::DialectPs256 => Need::Ps256,
        ConfigurationFault::DialectRequestObject => Need::RequestObject,
        ConfigurationFault::DialectUnboundTokens => Need::UnboundTokens,
        ConfigurationFault::NotFapi => {
            return Some(format!(
                "authentication = \"client_secret\" and binding = \"none\" are not FAPI, and \
                 dialect = \"{}\" does not allow both settings",
                dialect.name()
            ));
        }
        _ => return None,
    };
    Some(format!("dialect = \"{}\" needs {}", dialect.name(), setting(need)))
}

/// The name of a path of metadata, as in settings.
pub(crate) fn name(well_known: WellKnown) -> &'static str {
    match well_known {
        WellKnown::OAuthAuthorizationServer => "oauth-authorization-server",
        WellKnown::OpenidConfiguration => "openid-configuration",
        WellKnown::OpenidConfigurationBeforePath => "openid-configuration-before-path",
    }
}
