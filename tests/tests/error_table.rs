//! Compares the manual's table of error codes with the enums. `BLESS=1 cargo test -p fdx-tests
//! error_table` regenerates it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use fdx_jose::Algorithm::{Es256, Ps256};
use fdx_jose::{
    AuthorizationResponseError, DecryptionError, IdTokenError, JweError, JwsError, JwtError,
    RequestObjectError, SignedIntrospectionError, SigningError,
};
use fdx_par::{
    CallFault, CallbackFault, ConfigurationFault, Error, NextStep, ServerRule, StoredStateFault,
    error::{RefusalKind, RegistrationFault, SealFault},
};
use fdx_wire::json::{self, JsonError, Limits};

/// One row: code, clause, text, next step.
type Row = (String, String, String, String);

#[test]
fn table_equals_the_enums() {
    let path = crates().join("fdx-par/src/manual/error_codes.md");
    let table = table();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == table, "run BLESS=1 cargo test -p fdx-tests error_table");
}

/// Compares the table with the sources of enums whose variants can't be listed here.
#[test]
fn no_code_of_the_sources_is_missing() {
    let table = table();
    for file in [
        "fdx-jose/src/authorization_response.rs",
        "fdx-jose/src/id_token.rs",
        "fdx-jose/src/request_object.rs",
        "fdx-jose/src/signed_introspection.rs",
    ] {
        let source = fs::read_to_string(crates().join(file)).unwrap();
        let (_, code) = source.split_once("fn code(&self) -> &'static str").unwrap();
        let (code, _) = code.split_once("\n    }\n").unwrap();
        let codes: Vec<_> = arms(code).map(|(_, code)| code).collect();
        assert!(!codes.is_empty(), "{file}");
        for code in codes {
            let cell = format!("| `{code}` |");
            assert_eq!(table.matches(&cell).count(), 1, "{code} of {file}");
        }
    }
    // The codes that all token types share, each with its own prefix.
    let source = fs::read_to_string(crates().join("fdx-jose/src/jwt.rs")).unwrap();
    let suffixes: Vec<_> = source.split("concat!($prefix, \"").skip(1).collect();
    assert!(suffixes.len() > 10);
    for suffix in suffixes {
        let (suffix, _) = suffix.split_once('"').unwrap();
        for prefix in ["oidc.id_token", "rfc9701"] {
            let cell = format!("| `{prefix}{suffix}` |");
            assert_eq!(table.matches(&cell).count(), 1, "{prefix}{suffix}");
        }
    }
}

#[test]
fn no_code_means_two_things() {
    let table = table();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let mut codes: Vec<_> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    let count = codes.len();
    assert!(count > 100, "{count} rows");
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

fn table() -> String {
    let configuration = ConfigurationFault::ALL.iter();
    let configuration = configuration.map(|fault| row(&Error::from(*fault), fault));
    let call = CallFault::ALL.iter().map(|fault| row(&Error::from(*fault), fault));
    let stored = StoredStateFault::ALL.iter().map(|fault| row(&Error::from(*fault), fault));
    let callback = CallbackFault::ALL.iter().map(|fault| row(&Error::from(*fault), fault));
    let seal = SealFault::ALL.iter().map(|fault| row(&Error::from(*fault), fault));
    let server = ServerRule::ALL.iter().map(|rule| {
        let next = "see `ServerFault::next_step`".to_owned();
        (rule.code().to_owned(), rule.clause().to_owned(), rule.to_string(), next)
    });
    let registration = RegistrationFault::ALL.iter();
    let registration = registration.map(|fault| row(&Error::Registration(*fault), fault));
    let id_token = id_token().into_iter().map(|e| row(&Error::from(e.clone()), &e));
    let jarm = authorization_response().into_iter();
    let jarm = jarm.map(|e| row(&Error::from(e.clone()), &e));
    let introspection = signed_introspection().into_iter();
    let introspection = introspection.map(|e| row(&Error::from(e.clone()), &e));
    let decryption = DecryptionError::Unavailable { reason: String::new() };
    let decryption = [row(&Error::Decryption(decryption), &"the KMS did not decrypt")];
    let signing = [SigningError::Backend].into_iter();
    let signing = signing.map(|e| row(&Error::from(e), &"no signature could be made"));

    let mut text = String::new();
    let mut chapter = |title: &str, rows: &mut dyn Iterator<Item = Row>| {
        let _ = write!(text, "# {title}\n\n| code | clause | text | next step |\n|");
        text.push_str("---|---|---|---|\n");
        let mut rows: Vec<_> = rows.collect();
        // Two variants may be the same rule, one of them with a hint.
        rows.dedup();
        for (code, clause, says, next) in rows {
            let _ = writeln!(text, "| `{code}` | {clause} | {says} | {next} |");
        }
        text.push('\n');
    };
    chapter("The configuration breaks a rule: `Error::Configuration`", &mut { configuration });
    chapter("The call breaks a rule: `Error::Call`", &mut { call });
    chapter("A stored value can't be used: `Error::StoredState`", &mut { stored });
    chapter("A callback was rejected: `Error::Callback`", &mut { callback });
    chapter("The server broke a rule: `Error::Server`", &mut { server });
    chapter("The server refused: `Error::Refusal`", &mut refusals().into_iter());
    chapter("The registration differs from the request: `Error::Registration`", &mut {
        registration
    });
    chapter("An ID token was rejected: `Error::IdToken`", &mut { id_token });
    chapter("A JARM response was rejected: `Error::AuthorizationResponse`", &mut { jarm });
    chapter("A signed introspection was rejected: `Error::SignedIntrospection`", &mut {
        introspection
    });
    chapter("A sealed value does not open: `Error::Seal`", &mut { seal });
    chapter("Decryption was not possible: `Error::Decryption`", &mut decryption.into_iter());
    chapter("No signature: `Error::Signing`", &mut { signing });
    let request_object = request_object().into_iter().map(|error| {
        let next = "`Correct`; `Client::push` returns it as `rfc9126.parameter.reserved`";
        let clause = "RFC 9101 section 4".to_owned();
        (error.code().to_owned(), clause, error.to_string(), next.to_owned())
    });
    chapter("`fdx_jose::RequestObjectError`", &mut { request_object });
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn row(error: &Error, says: &impl ToString) -> Row {
    let next = match error.next_step() {
        NextStep::Retry { .. } => "`Retry`".to_owned(),
        other => format!("`{other:?}`"),
    };
    (error.code().to_owned(), error.clause().to_owned(), says.to_string(), next)
}

/// The rows of `Refusal`.
fn refusals() -> Vec<Row> {
    let says = |kind| match kind {
        RefusalKind::OAuth => "an OAuth error in a JSON body",
        RefusalKind::Authorization => "an error of the authorization endpoint, in the callback",
        RefusalKind::Challenge => "a challenge of a resource server",
        RefusalKind::Fdx => "an FDX error: a code and a message",
        _ => "an HTTP status without a readable error",
    };
    let row = |kind: &RefusalKind| {
        let next = "see the chapter `next_steps`".to_owned();
        (kind.code().to_owned(), kind.clause().to_owned(), says(*kind).to_owned(), next)
    };
    RefusalKind::ALL.iter().map(row).collect()
}

/// `Enum::Variant => "text",` line by line.
fn arms(source: &str) -> impl Iterator<Item = (String, String)> {
    source.lines().filter_map(|line| {
        let (variant, text) = line.trim().split_once(" => \"")?;
        let (variant, text) = (variant.rsplit("::").next()?, text.strip_suffix("\",")?);
        Some((variant.to_owned(), text.to_owned()))
    })
}

fn no_object() -> JsonError {
    json::scan(b"[", &Limits::default()).unwrap_err()
}

/// The rules that JWTs of every type share.
fn jwt() -> impl Iterator<Item = JwtError> {
    use JwtError as E;
    [
        E::Algorithm { expected: Es256, actual: Ps256 },
        E::Audience,
        E::Claims(no_object()),
        E::Expired,
        E::Expiry,
        E::IssuedAt,
        E::IssuedInTheFuture,
        E::IssuedTooLongAgo,
        E::Issuer,
        E::Jws(JwsError::Critical),
        E::NotBefore,
        E::Signature,
        E::Type,
        E::UnknownKey,
    ]
    .into_iter()
}

fn id_token() -> Vec<IdTokenError> {
    use IdTokenError as E;
    let own = [
        E::AccessTokenHash,
        E::Acr,
        E::AudienceUntrusted,
        E::AuthTime,
        E::AuthTimeTooOld,
        E::AuthorizedParty,
        E::Encrypted,
        E::Jwe(JweError::Compressed),
        E::Nonce,
        E::NonceUnexpected,
        E::Subject,
        E::Unencrypted,
        E::Unopened,
        E::Unsigned,
    ];
    jwt().map(E::Jwt).chain(own).collect()
}

fn authorization_response() -> Vec<AuthorizationResponseError> {
    use AuthorizationResponseError as E;
    let own =
        [E::BothCodeAndError, E::Code, E::Error, E::IssRepeated, E::Neither, E::State, E::Token];
    // JARM has no iat.
    let common = jwt().map(E::Jwt).filter(|error| !error.code().starts_with("jarm.iat"));
    common.chain(own).collect()
}

fn signed_introspection() -> Vec<SignedIntrospectionError> {
    use SignedIntrospectionError as E;
    jwt().map(E::Jwt).chain([E::TokenIntrospection]).collect()
}

fn request_object() -> Vec<RequestObjectError> {
    use RequestObjectError as E;
    vec![
        E::Null { name: "acr_values".into() },
        E::Repeated { name: "acr_values".into() },
        E::Reserved { name: "request_uri" },
    ]
}
