//! `fdx keys`: generates keys, and shows their public part.

use std::path::{Path, PathBuf};

use fdx_jose::{FreshKey, KeyError, PrivateKey, PublicKey, backend};
use fdx_wire::json::{Limits, RawJson};
use fdx_wire::{Secret, json};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::args::{KeysCommand, KeysNewArgs, KeysShowArgs};
use crate::credentials::{self, SelfSigned, check_kid, unusable};
use crate::error::Failure;
use crate::files;
use crate::print::{Table, message, pretty, result};

pub(crate) fn run(command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::New(args) => new(args),
        KeysCommand::Show(args) => show(args),
    }
}

/// The files to write, all named after the key id.
struct NewFiles {
    key: PathBuf,
    request: Option<PathBuf>,
    certificate: Option<PathBuf>,
}

/// The output of `fdx keys new --json`.
#[derive(Serialize)]
struct NewReport<'a> {
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

fn new(args: &KeysNewArgs) -> Result<(), Failure> {
    if let Some(kid) = &args.kid {
        check_new_kid(kid)?;
    }
    let fresh = credentials::named(args.algorithm, args.kid.as_deref())?;
    let pem = &fresh.pkcs8_pem;
    let files = NewFiles::new(args, fresh.key.public().kid().unwrap_or("key"));
    let request = args.certificate_request.as_deref();
    let request = request.map(|name| credentials::certificate_request(pem, name)).transpose()?;
    let certificate = args.self_signed.as_deref();
    let certificate =
        certificate.map(|name| credentials::self_signed(pem, name, args.days)).transpose()?;

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
    report_new(args, &fresh, &files, certificate.as_ref())
}

fn report_new(
    args: &KeysNewArgs,
    fresh: &FreshKey,
    files: &NewFiles,
    certificate: Option<&SelfSigned>,
) -> Result<(), Failure> {
    let public = fresh.key.public();
    let jwks = match certificate {
        Some(certificate) => format!(r#"{{"keys":[{}]}}"#, certificate.with_x5c(public.jwk())),
        None => format!(r#"{{"keys":[{}]}}"#, public.jwk()),
    };
    let certificate_thumbprint = certificate.map(|it| it.thumbprint().to_string());
    if args.json {
        let defect =
            |_| Failure::failed("the JWK Set is not JSON", "please report this defect of fdx");
        result(&pretty(&NewReport {
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
    message(&format!("key          {}, readable only by its owner", files.key.display()));
    message(&format!("algorithm    {}", public.alg()));
    message(&format!("kid          {}", public.kid().unwrap_or_default()));
    if args.kid.is_some() {
        message("             A PEM does not contain it: pass it with the file, as kid or --kid");
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

impl NewFiles {
    fn new(args: &KeysNewArgs, kid: &str) -> Self {
        let named = |ending: &str| args.out.join(format!("{kid}{ending}"));
        Self {
            key: named(".pem"),
            request: args.certificate_request.is_some().then(|| named(".csr.pem")),
            certificate: args.self_signed.is_some().then(|| named(".crt.pem")),
        }
    }

    /// Fails if one of the files exists, so that all or none are written.
    fn check_absent(&self) -> Result<(), Failure> {
        let others = [&self.request, &self.certificate].into_iter().flatten();
        others.chain([&self.key]).try_for_each(|path| files::check_absent(path))
    }
}

/// Checks that the key id can be a file name.
fn check_new_kid(kid: &str) -> Result<(), Failure> {
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

/// The output of `fdx keys show --json`.
#[derive(Serialize)]
struct ShowReport<'a> {
    keys: Vec<Row<'a>>,
    jwks: Box<RawValue>,
}

#[derive(Serialize)]
struct Row<'a> {
    file: &'a Path,
    algorithm: &'a str,
    kid: Option<&'a str>,
    /// RFC 7638.
    thumbprint: String,
}

/// A key and its file.
struct Found {
    file: PathBuf,
    key: PublicKey,
    certificates: Certificates,
}

/// The certificates of a JWK.
#[derive(Default, Deserialize)]
struct Certificates {
    x5c: Option<Vec<String>>,
}

/// The keys of a file, and how many can't be used.
struct Keys {
    keys: Vec<(PublicKey, Certificates)>,
    skipped: usize,
}

impl Found {
    /// The JWK to publish, with the certificates of the file.
    fn jwk(&self) -> String {
        let jwk = self.key.jwk();
        let x5c = self.certificates.x5c.as_ref().and_then(|x5c| serde_json::to_string(x5c).ok());
        match (x5c, jwk.strip_suffix('}')) {
            (Some(x5c), Some(members)) => format!("{members},\"x5c\":{x5c}}}"),
            _ => jwk.to_owned(),
        }
    }
}

fn show(args: &KeysShowArgs) -> Result<(), Failure> {
    if args.kid.is_some() && args.files.len() > 1 {
        return Err(Failure::usage("--kid names one key", "show one file at a time"));
    }
    let mut found = Vec::new();
    for file in &args.files {
        let text = files::text(file, "the key")?;
        check_kid(file, &text, args.kid.as_deref(), "omit --kid")?;
        let keys =
            read(file, &text, args.kid.as_deref()).map_err(|error| unusable(file, &error))?;
        if keys.skipped > 0 {
            let count = keys.skipped;
            message(&format!("note: {} keys of {} can't be used", count, file.display()));
        }
        let of_file = |(key, certificates)| Found { file: file.clone(), key, certificates };
        found.extend(keys.keys.into_iter().map(of_file));
    }
    report_shown(args, &found)
}

fn report_shown(args: &KeysShowArgs, found: &[Found]) -> Result<(), Failure> {
    let keys: Vec<_> = found.iter().map(Found::jwk).collect();
    let jwks = format!(r#"{{"keys":[{}]}}"#, keys.join(","));
    if args.json {
        let defect =
            |_| Failure::failed("the JWK Set is not JSON", "please report this defect of fdx");
        let keys = found.iter().map(|Found { file, key, .. }| Row {
            file,
            algorithm: key.alg(),
            kid: key.kid(),
            thumbprint: key.thumbprint().to_string(),
        });
        let keys = keys.collect();
        result(&pretty(&ShowReport { keys, jwks: RawValue::from_string(jwks).map_err(defect)? }));
        return Ok(());
    }
    let mut table = Table::new(&["file", "algorithm", "kid", "thumbprint (RFC 7638)"]);
    for Found { file, key, .. } in found {
        let kid = key.kid().unwrap_or("-").to_owned();
        let thumbprint = key.thumbprint().to_string();
        table.row([file.display().to_string(), key.alg().to_owned(), kid, thumbprint]);
    }
    message(&format!("{table}\n"));
    result(&jwks);
    Ok(())
}

/// Reads a private or public PEM, a private or public JWK, or a JWK Set. Returns only public keys.
fn read(path: &Path, text: &Secret, kid: Option<&str>) -> Result<Keys, KeyError> {
    let (text, bytes) = (text.expose(), text.expose().as_bytes());
    let one = |key, certificates| Keys { keys: vec![(key, certificates)], skipped: 0 };
    if text.trim_start().starts_with('{') {
        return match jwk(path, bytes) {
            Err(error) => jwk_set(bytes).ok_or(error),
            Ok(key) => Ok(one(key, certificates(bytes))),
        };
    }
    if text.contains("-----BEGIN PUBLIC KEY-----") && !text.contains("PRIVATE KEY-----") {
        return PublicKey::from_pem(text, kid).map(|key| one(key, Certificates::default()));
    }
    files::warn_of_readers(path);
    let key = PrivateKey::from_pem(backend::ring(), text, kid)?;
    Ok(one(key.public().clone(), Certificates::default()))
}

fn jwk(path: &Path, bytes: &[u8]) -> Result<PublicKey, KeyError> {
    match PublicKey::from_jwk(bytes) {
        Err(KeyError::PrivateMember { .. }) => {
            files::warn_of_readers(path);
            PrivateKey::from_jwk(backend::ring(), bytes).map(|key| key.public().clone())
        }
        read => read,
    }
}

/// `x5c` of a JWK whose other members were read.
fn certificates(jwk: &[u8]) -> Certificates {
    json::object_from_slice(jwk, &Limits::default()).unwrap_or_default()
}

/// Reads a JWK Set key by key, because a set has no place for certificates.
fn jwk_set(bytes: &[u8]) -> Option<Keys> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<RawJson>,
    }
    let set: Set = json::object_from_slice(bytes, &Limits::bytes(256 * 1024)).ok()?;
    let read = |jwk: &RawJson| {
        let bytes = jwk.as_str().as_bytes();
        PublicKey::from_jwk(bytes).ok().map(|key| (key, certificates(bytes)))
    };
    let keys: Vec<_> = set.keys.iter().filter_map(read).collect();
    Some(Keys { skipped: set.keys.len() - keys.len(), keys })
}
