//! Keys: those that are made at start, those in files, and `fdx keys`.

pub(crate) mod certificate;
mod new;
mod show;

use std::path::Path;

use fdx_jose::{Algorithm, FreshKey, KeyError, PrivateKey, backend};
use fdx_wire::Secret;

use crate::args::KeysCommand;
use crate::error::Failure;
use crate::files;

pub(crate) fn run(command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::New(args) => new::run(args),
        KeysCommand::Show(args) => show::run(args),
    }
}

/// Makes a key for ES256, which every institution takes.
pub(crate) fn fresh() -> Result<FreshKey, Failure> {
    fresh_of(Algorithm::Es256)
}

/// Makes a key for `algorithm`.
pub(crate) fn fresh_of(algorithm: Algorithm) -> Result<FreshKey, Failure> {
    named(algorithm, None)
}

/// Makes a key for `algorithm` with this id, by default its thumbprint.
fn named(algorithm: Algorithm, kid: Option<&str>) -> Result<FreshKey, Failure> {
    let made = match algorithm {
        Algorithm::Ps256 => rsa(kid)?,
        other => PrivateKey::generate(backend::ring(), other, kid),
    };
    made.map_err(|error| Failure::failed(format!("no key could be made: {error}"), "try again"))
}

/// Loads a private key: a JWK begins with a brace, a PEM never does.
pub(crate) fn load(path: &Path, kid: Option<&str>) -> Result<PrivateKey, Failure> {
    let text = files::private_key(path, "the private key")?;
    check_kid(path, &text, kid, "take kid out of the configuration")?;
    let key = match text.expose().trim_start().starts_with('{') {
        true => PrivateKey::from_jwk(backend::ring(), text.expose().as_bytes()),
        false => PrivateKey::from_pem(backend::ring(), text.expose(), kid),
    };
    key.map_err(|error| unusable(path, &error))
}

/// A JWK names itself, and another name would be lost without a word.
fn check_kid(path: &Path, text: &Secret, kid: Option<&str>, next: &str) -> Result<(), Failure> {
    if kid.is_none() || !text.expose().trim_start().starts_with('{') {
        return Ok(());
    }
    let what = format!("{} is JSON, which holds the key's id itself", path.display());
    Err(Failure::usage(what, format!("change it there, and {next}")))
}

fn unusable(path: &Path, error: &dyn std::error::Error) -> Failure {
    let what = format!("{} can't be used: {error}", path.display());
    Failure::usage(what, "name another file, or make a key with fdx keys new")
}

#[cfg(feature = "aws-lc-rs")]
fn rsa(kid: Option<&str>) -> Result<Result<FreshKey, KeyError>, Failure> {
    Ok(PrivateKey::generate(backend::aws_lc_rs(), Algorithm::Ps256, kid))
}

/// ring makes no RSA keys.
#[cfg(not(feature = "aws-lc-rs"))]
fn rsa(_: Option<&str>) -> Result<Result<FreshKey, KeyError>, Failure> {
    Err(Failure::usage(
        "this fdx was built without the feature aws-lc-rs, and can't make keys for PS256",
        "make it with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out KEY.pem, \
         and see it with: fdx keys show KEY.pem; or build fdx with that feature",
    ))
}
