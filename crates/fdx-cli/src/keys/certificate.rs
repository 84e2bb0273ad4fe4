//! Certificates for a key that is there: requests, and those that the key signs itself.

use fdx_jose::Thumbprint;
use fdx_transport_hyper::system_now;
use fdx_wire::{Secret, UnixTime};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::error::Failure;

const DAY: u64 = 24 * 60 * 60;

/// A certificate that its own key signed.
pub(crate) struct SelfSigned {
    der: Vec<u8>,
    pem: String,
}

/// What an authority signs (RFC 2986), in PEM.
pub(crate) fn request(key: &Secret, common_name: &str) -> Result<String, Failure> {
    let request = params(common_name)?.serialize_request(&key_pair(key)?).map_err(unmade)?;
    request.pem().map_err(unmade)
}

/// Good from today's midnight, UTC.
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

    /// RFC 8705 2.2.2: such a client registers its certificate in the `x5c` of a JWK.
    pub(crate) fn with_x5c(&self, jwk: &str) -> String {
        // RFC 7517 4.7: base64 as PEM has it, in one line.
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
            "a common name has 1 to 64 characters, all of them visible",
            "name the client as the institution or the authority knows it",
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
    date.ok_or_else(|| Failure::failed("the system's clock tells no date", "set the clock"))
}

fn unmade(error: rcgen::Error) -> Failure {
    Failure::failed(format!("the certificate can't be made: {error}"), "try another --algorithm")
}
