//! What this program looks up in the library's list of dialects.

use fdx_par::dialect::{self, ALL, AUTIONAL, Need, UAE};
use fdx_par::not_fapi::{AUTIONAL_CLIENT_SECRET, MX};
use fdx_par::{CallerFault, Deviation, Dialect, Error};

/// What a provider is asked in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Words {
    /// FDX consents, `[consent]`.
    Consent,
    /// Authorization details of its own, which no setting can say.
    Details,
    /// `scopes` alone.
    Scopes,
}

impl Words {
    pub(crate) fn of(dialect: Dialect) -> Self {
        match dialect {
            AUTIONAL | AUTIONAL_CLIENT_SECRET | UAE => Self::Details,
            MX => Self::Scopes,
            _ => Self::Consent,
        }
    }
}

/// The dialect of a name; an unknown one is told the known ones.
pub(crate) fn named(name: &str) -> Result<Dialect, String> {
    dialect::by_name(name).ok_or_else(|| {
        let known: Vec<_> = ALL.iter().map(Dialect::name).collect();
        format!("there is no dialect of that name; there are {}", known.join(", "))
    })
}

/// The known dialects that have a deviation, as a sentence.
pub(crate) fn that_allow(deviation: Deviation) -> String {
    let known: Vec<_> =
        ALL.iter().filter(|dialect| dialect.allows(deviation)).map(Dialect::name).collect();
    match known.is_empty() {
        true => format!("the member {deviation} would allow it, which no known dialect has"),
        false => format!("the member {deviation} allows it, which is in {}", known.join(", ")),
    }
}

/// What a configuration of `fdx connect` says for it.
pub(crate) fn setting(need: Need) -> &'static str {
    match need {
        Need::Certificate => "binding = \"mtls\", with certificate and certificate_key",
        Need::ClientSecret => "authentication = \"client_secret\", with client_secret_file",
        Need::PrivateKeyJwt => "authentication = \"private_key_jwt\", with key",
        Need::Ps256 => "key: an RSA key, for PS256",
        Need::RequestObject => "request_object = true, with key",
        Need::UnboundTokens => "binding = \"none\"",
        _ => "see the dialect's own documentation",
    }
}

/// What a configuration lacks, where the library says that it does not fit its dialect.
pub(crate) fn lacking(dialect: Dialect, error: &Error) -> Option<String> {
    let Error::Caller(fault) = error else { return None };
    let need = match fault {
        CallerFault::DialectCertificate => Need::Certificate,
        CallerFault::DialectClientSecret => Need::ClientSecret,
        CallerFault::DialectPrivateKeyJwt => Need::PrivateKeyJwt,
        CallerFault::DialectPs256 => Need::Ps256,
        CallerFault::DialectRequestObject => Need::RequestObject,
        CallerFault::DialectUnboundTokens => Need::UnboundTokens,
        CallerFault::NotFapi => {
            return Some(format!(
                "authentication = \"client_secret\" and binding = \"none\" are not FAPI, and \
                 dialect = \"{}\" does not name both of what is set",
                dialect.name()
            ));
        }
        _ => return None,
    };
    Some(format!("dialect = \"{}\" needs {}", dialect.name(), setting(need)))
}
