use std::path::{Path, PathBuf};

use fdx_jose::FreshKey;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::args::KeysNewArgs;
use crate::error::Failure;
use crate::files;
use crate::json::pretty;
use crate::keys;
use crate::keys::certificate::{self, SelfSigned};
use crate::print::{message, result};

/// The files that are written, all named after the key id.
struct Files {
    key: PathBuf,
    request: Option<PathBuf>,
    certificate: Option<PathBuf>,
}

/// Everything at once, for `--json`.
#[derive(Serialize)]
struct Report<'a> {
    algorithm: &'static str,
    kid: Option<&'a str>,
    /// RFC 7638.
    thumbprint: String,
    key_file: &'a Path,
    certificate_request_file: Option<&'a Path>,
    certificate_file: Option<&'a Path>,
    /// `x5t#S256` of the certificate (RFC 8705 section 3.1).
    certificate_thumbprint: Option<String>,
    jwks: Box<RawValue>,
}

pub(super) fn run(args: &KeysNewArgs) -> Result<(), Failure> {
    if let Some(kid) = &args.kid {
        check_kid(kid)?;
    }
    let fresh = keys::named(args.algorithm, args.kid.as_deref())?;
    let pem = &fresh.pkcs8_pem;
    let files = Files::new(args, fresh.key.public().kid().unwrap_or("key"));
    let request = args.certificate_request.as_deref();
    let request = request.map(|name| certificate::request(pem, name)).transpose()?;
    let certificate = args.self_signed.as_deref();
    let certificate =
        certificate.map(|name| certificate::self_signed(pem, name, args.days)).transpose()?;

    files::make_directory(&args.out)?;
    files.check_absent()?;
    files::create(&files.key, pem.expose())?;
    for (path, text) in [
        (&files.request, request.as_deref()),
        (&files.certificate, certificate.as_ref().map(SelfSigned::pem)),
    ] {
        if let (Some(path), Some(text)) = (path, text) {
            files::create(path, text)?;
        }
    }
    tell(args, &fresh, &files, certificate.as_ref())
}

fn tell(
    args: &KeysNewArgs,
    fresh: &FreshKey,
    files: &Files,
    certificate: Option<&SelfSigned>,
) -> Result<(), Failure> {
    let public = fresh.key.public();
    let jwks = match certificate {
        Some(certificate) => format!(r#"{{"keys":[{}]}}"#, certificate.with_x5c(public.jwk())),
        None => format!(r#"{{"keys":[{}]}}"#, public.jwk()),
    };
    let certificate_thumbprint = certificate.map(|it| it.thumbprint().to_string());
    if args.json {
        let defect = |_| Failure::failed("the JWK Set is no JSON", "report this defect of ours");
        result(&pretty(&Report {
            algorithm: public.alg(),
            kid: public.kid(),
            thumbprint: public.thumbprint().to_string(),
            key_file: &files.key,
            certificate_request_file: files.request.as_deref(),
            certificate_file: files.certificate.as_deref(),
            certificate_thumbprint,
            jwks: RawValue::from_string(jwks).map_err(defect)?,
        }));
        return Ok(());
    }
    message(&format!("key          {}, for its owner's eyes alone", files.key.display()));
    message(&format!("algorithm    {}", public.alg()));
    message(&format!("kid          {}", public.kid().unwrap_or_default()));
    if args.kid.is_some() {
        message("             PEM does not hold it: name it beside the file, as kid or --kid");
    }
    message(&format!("thumbprint   {} (RFC 7638)", public.thumbprint()));
    if let Some(path) = &files.request {
        message(&format!("request      {}, for an authority to sign", path.display()));
    }
    if let (Some(path), Some(thumbprint)) = (&files.certificate, certificate_thumbprint) {
        message(&format!("certificate  {}, x5t#S256 {thumbprint}", path.display()));
    }
    message("\nPublish this at your jwks_uri, or register it:");
    result(&jwks);
    Ok(())
}

impl Files {
    fn new(args: &KeysNewArgs, kid: &str) -> Self {
        let named = |ending: &str| args.out.join(format!("{kid}{ending}"));
        Self {
            key: named(".pem"),
            request: args.certificate_request.is_some().then(|| named(".csr.pem")),
            certificate: args.self_signed.is_some().then(|| named(".crt.pem")),
        }
    }

    /// All or none of them are written.
    fn check_absent(&self) -> Result<(), Failure> {
        let others = [&self.request, &self.certificate].into_iter().flatten();
        others.chain([&self.key]).try_for_each(|path| files::check_absent(path))
    }
}

/// The files bear the key id as their name.
fn check_kid(kid: &str) -> Result<(), Failure> {
    const MAX_BYTES: usize = 64;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if kid.len() <= MAX_BYTES
        && !kid.starts_with(['.', '-'])
        && kid.bytes().all(plain)
        && !kid.is_empty()
    {
        return Ok(());
    }
    Err(Failure::usage(
        "the key id can't be the name of a file",
        "use 1 to 64 letters, digits, dots, hyphens and underscores, such as 2026-11",
    ))
}
