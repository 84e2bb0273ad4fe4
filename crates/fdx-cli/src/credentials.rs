//! Keys and certificates: generated, and read from files.

use std::path::Path;

use fdx_jose::{Algorithm, FreshKey, KeyError, PrivateKey, Thumbprint, backend};
use fdx_transport_hyper::system_now;
use fdx_wire::{Secret, UnixTime};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::error::Failure;
use crate::files;

/// Generates a key for ES256, which every institution accepts.
pub(crate) fn fresh() -> Result<FreshKey, Failure> {
    fresh_of(Algorithm::Es256)
}

/// Generates a key for `algorithm`.
pub(crate) fn fresh_of(algorithm: Algorithm) -> Result<FreshKey, Failure> {
    named(algorithm, None)
}

/// Generates a key for `algorithm` with this id. The default is its thumbprint.
pub(crate) fn named(algorithm: Algorithm, kid: Option<&str>) -> Result<FreshKey, Failure> {
    let made = match algorithm {
        Algorithm::Ps256 => rsa(kid)?,
        other => PrivateKey::generate(backend::ring(), other, kid),
    };
    made.map_err(|error| {
        Failure::failed(format!("the key could not be generated: {error}"), "try again")
    })
}

/// Loads a private key from a JWK or a PEM.
pub(crate) fn load(path: &Path, kid: Option<&str>) -> Result<PrivateKey, Failure> {
    let text = files::private_key(path, "the private key")?;
    check_kid(path, &text, kid, "remove kid from the configuration")?;
    let key = match text.expose().trim_start().starts_with('{') {
        true => PrivateKey::from_jwk(backend::ring(), text.expose().as_bytes()),
        false => PrivateKey::from_pem(backend::ring(), text.expose(), kid),
    };
    key.map_err(|error| unusable(path, &error))
}

/// Rejects a key id for a JWK, which contains its own: the other id would be silently ignored.
pub(crate) fn check_kid(
    path: &Path,
    text: &Secret,
    kid: Option<&str>,
    next: &str,
) -> Result<(), Failure> {
    if kid.is_none() || !text.expose().trim_start().starts_with('{') {
        return Ok(());
    }
    let what = format!("{} is a JWK, which contains the key id", path.display());
    Err(Failure::usage(what, format!("change it there, and {next}")))
}

pub(crate) fn unusable(path: &Path, error: &dyn std::error::Error) -> Failure {
    let what = format!("{} can't be used: {error}", path.display());
    Failure::usage(what, "name another file, or generate a key with fdx keys new")
}

#[cfg(feature = "aws-lc-rs")]
fn rsa(kid: Option<&str>) -> Result<Result<FreshKey, KeyError>, Failure> {
    Ok(PrivateKey::generate(backend::aws_lc_rs(), Algorithm::Ps256, kid))
}

/// ring can't generate RSA keys.
#[cfg(not(feature = "aws-lc-rs"))]
fn rsa(_: Option<&str>) -> Result<Result<FreshKey, KeyError>, Failure> {
    Err(Failure::usage(
        "this fdx was built without the feature aws-lc-rs, and can't generate keys for PS256",
        "generate it with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out KEY.pem, \
         and show it with: fdx keys show KEY.pem; or build fdx with that feature",
    ))
}

const DAY: u64 = 24 * 60 * 60;

/// A self-signed certificate.
pub(crate) struct SelfSigned {
    der: Vec<u8>,
    pem: String,
}

/// Creates a certificate request (RFC 2986) in PEM.
pub(crate) fn certificate_request(key: &Secret, common_name: &str) -> Result<String, Failure> {
    let request = params(common_name)?.serialize_request(&key_pair(key)?).map_err(unmade)?;
    request.pem().map_err(unmade)
}

/// Creates a self-signed certificate, valid from today 00:00 UTC.
pub(crate) fn self_signed(
    key: &Secret,
    common_name: &str,
    days: u16,
) -> Result<SelfSigned, Failure> {
    let mut params = params(common_name)?;
    let now = system_now();
    let end = now.as_seconds().saturating_add(u64::from(days) * DAY);
    let ((y, m, d), (end_y, end_m, end_d)) = (day(now)?, day(UnixTime::from_seconds(end))?);
    params.not_before = date_time_ymd(y, m, d);
    params.not_after = date_time_ymd(end_y, end_m, end_d);
    let certificate = params.self_signed(&key_pair(key)?).map_err(unmade)?;
    Ok(SelfSigned { der: certificate.der().to_vec(), pem: certificate.pem() })
}

impl SelfSigned {
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// `x5t#S256` (RFC 8705 section 3.1).
    pub(crate) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of_certificate(&self.der)
    }

    /// The JWK with the certificate in `x5c`, as such a client registers it (RFC 8705 2.2.2).
    pub(crate) fn with_x5c(&self, jwk: &str) -> String {
        // RFC 7517 4.7: the base64 of the PEM, in one line.
        let lines = self.pem.lines().filter(|line| !line.starts_with("-----"));
        let base64: String = lines.collect();
        let members = jwk.strip_suffix('}').unwrap_or(jwk);
        format!(r#"{members},"x5c":["{base64}"]}}"#)
    }
}

fn params(common_name: &str) -> Result<CertificateParams, Failure> {
    // RFC 5280 appendix A.1: ub-common-name is 64.
    let length = common_name.chars().count();
    if !(1..=64).contains(&length) || common_name.chars().any(char::is_control) {
        return Err(Failure::usage(
            "a common name has 1 to 64 characters, without control characters",
            "use the client's name at the institution or the authority",
        ));
    }
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    params.distinguished_name = name;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

fn key_pair(key: &Secret) -> Result<KeyPair, Failure> {
    KeyPair::from_pem(key.expose()).map_err(unmade)
}

/// Year, month and day in UTC.
fn day(time: UnixTime) -> Result<(i32, u8, u8), Failure> {
    let text = time.to_rfc3339();
    let mut parts = text.get(..10).unwrap_or_default().splitn(3, '-');
    let mut part = || parts.next().and_then(|part| part.parse::<u16>().ok());
    let date = part().zip(part()).zip(part()).and_then(|((year, month), day)| {
        Some((i32::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?))
    });
    date.ok_or_else(|| Failure::failed("the system clock has no valid date", "set the clock"))
}

fn unmade(error: rcgen::Error) -> Failure {
    Failure::failed(format!("the certificate can't be created: {error}"), "try another --algorithm")
}
