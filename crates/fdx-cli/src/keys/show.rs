use std::path::{Path, PathBuf};

use fdx_jose::{Jwks, KeyError, PrivateKey, PublicKey, backend};
use fdx_wire::Secret;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::args::KeysShowArgs;
use crate::error::Failure;
use crate::files;
use crate::json::pretty;
use crate::keys::{check_kid, unusable};
use crate::print::{message, result};
use crate::table::Table;

/// Everything at once, for `--json`.
#[derive(Serialize)]
struct Report<'a> {
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

/// A key and the file that it was found in.
struct Found {
    file: PathBuf,
    key: PublicKey,
}

pub(super) fn run(args: &KeysShowArgs) -> Result<(), Failure> {
    if args.kid.is_some() && args.files.len() > 1 {
        return Err(Failure::usage("--kid names one key", "show one file at a time"));
    }
    let mut found = Vec::new();
    for file in &args.files {
        let text = files::text(file, "the key")?;
        check_kid(file, &text, args.kid.as_deref(), "leave --kid out")?;
        let keys =
            read(file, &text, args.kid.as_deref()).map_err(|error| unusable(file, &error))?;
        if keys.skipped() > 0 {
            let count = keys.skipped();
            message(&format!("note: {} keys of {} can't be used here", count, file.display()));
        }
        let keys = keys.keys().iter().cloned();
        found.extend(keys.map(|key| Found { file: file.clone(), key }));
    }
    tell(args, &found)
}

fn tell(args: &KeysShowArgs, found: &[Found]) -> Result<(), Failure> {
    let jwks = Jwks::new(found.iter().map(|it| it.key.clone()).collect()).to_json();
    if args.json {
        let defect = |_| Failure::failed("the JWK Set is no JSON", "report this defect of ours");
        let keys = found.iter().map(|Found { file, key }| Row {
            file,
            algorithm: key.alg(),
            kid: key.kid(),
            thumbprint: key.thumbprint().to_string(),
        });
        let keys = keys.collect();
        result(&pretty(&Report { keys, jwks: RawValue::from_string(jwks).map_err(defect)? }));
        return Ok(());
    }
    let mut table = Table::new(&["file", "algorithm", "kid", "thumbprint (RFC 7638)"]);
    for Found { file, key } in found {
        let kid = key.kid().unwrap_or("-").to_owned();
        let thumbprint = key.thumbprint().to_string();
        table.row([file.display().to_string(), key.alg().to_owned(), kid, thumbprint]);
    }
    message(&format!("{table}\n"));
    result(&jwks);
    Ok(())
}

/// A PEM, a JWK, private or public, or a JWK Set. Nothing private comes out.
fn read(path: &Path, text: &Secret, kid: Option<&str>) -> Result<Jwks, KeyError> {
    let backend = backend::ring();
    let bytes = text.expose().as_bytes();
    let one = if !text.expose().trim_start().starts_with('{') {
        files::warn_of_readers(path);
        PrivateKey::from_pem(backend, text.expose(), kid).map(|key| key.public().clone())
    } else {
        match PublicKey::from_jwk(bytes) {
            Err(KeyError::PrivateMember { .. }) => {
                files::warn_of_readers(path);
                PrivateKey::from_jwk(backend, bytes).map(|key| key.public().clone())
            }
            Err(error) => return Jwks::parse(bytes).map_err(|_| error),
            Ok(key) => Ok(key),
        }
    };
    one.map(|key| Jwks::new(vec![key]))
}
