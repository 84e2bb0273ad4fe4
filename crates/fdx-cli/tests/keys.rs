//! `fdx keys`: generates keys, and shows public keys.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod common;

use std::path::Path;

use common::{directory, run, stderr, stdout};
use fdx_jose::{Jwks, Jws, PrivateKey, Signer, backend, statement};
use fdx_transport_hyper::ClientIdentity;
use serde_json::Value;

/// Runs `fdx keys new --json` in `out`, which must succeed.
fn new(out: &Path, arguments: &[&str]) -> Value {
    let begin = ["keys", "new", "--json", "--out", out.to_str().unwrap()];
    let output = run(&[&begin[..], arguments].concat());
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn read(report: &Value, member: &str) -> String {
    std::fs::read_to_string(report[member].as_str().unwrap()).unwrap()
}

fn algorithms() -> impl Iterator<Item = &'static str> {
    let rsa = cfg!(feature = "aws-lc-rs").then_some("PS256");
    ["ES256", "EdDSA"].into_iter().chain(rsa)
}

#[test]
fn a_new_jwk_set_verifies_signatures_of_its_key() {
    let out = directory();
    for algorithm in algorithms() {
        let report = new(&out, &["--algorithm", algorithm]);
        let key = PrivateKey::from_pem(backend::ring(), &read(&report, "key_file"), None).unwrap();
        let jwks = report["jwks"].to_string();
        assert!(!jwks.contains("\"d\""), "{jwks}");
        let jwks = Jwks::parse(jwks.as_bytes()).unwrap();
        assert_eq!(jwks.keys(), [key.public().clone()]);
        assert_eq!(report["algorithm"], algorithm);
        assert_eq!(report["thumbprint"], key.public().thumbprint().to_string());
        assert_eq!(report["kid"], report["thumbprint"]);
        let input = statement(key.public(), None, &serde_json::json!({"a": 1})).unwrap();
        let token = input.attach(&key.sign(&input).unwrap()).unwrap();
        let published = jwks.keys().first().unwrap();
        assert_eq!(Jws::parse(&token).unwrap().verify(backend::ring(), published), Ok(()));
    }
    std::fs::remove_dir_all(out).unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_private_key_and_it_is_never_overwritten() {
    use std::os::unix::fs::PermissionsExt;

    let out = directory();
    let report = new(&out, &["--algorithm", "ES256", "--kid", "2026-11", "--self-signed", "app"]);
    let key_file = out.join("2026-11.pem");
    assert_eq!(report["key_file"], key_file.to_str().unwrap());
    assert_eq!(std::fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
    let before = read(&report, "key_file");

    let new = |arguments: &[&str]| {
        let begin = ["keys", "new", "--algorithm", "ES256", "--kid", "2026-11", "--out"];
        run(&[&begin[..], &[out.to_str().unwrap()], arguments].concat())
    };
    let again = new(&[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("2026-11.pem exists already"), "{}", stderr(&again));
    assert_eq!(read(&report, "key_file"), before);

    // If one file exists, none is written.
    std::fs::remove_file(&key_file).unwrap();
    let again = new(&["--self-signed", "app"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("2026-11.crt.pem exists already"), "{}", stderr(&again));
    assert!(!key_file.exists());
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn a_self_signed_certificate_is_in_x5c() {
    let out = directory();
    for algorithm in algorithms() {
        let arguments = ["--algorithm", algorithm, "--self-signed", "app.example", "--days", "90"];
        let report = new(&out, &arguments);
        let (certificate, key) = (read(&report, "certificate_file"), read(&report, "key_file"));
        let identity = ClientIdentity::from_pem(&certificate, &key).unwrap();
        assert_eq!(report["certificate_thumbprint"], identity.thumbprint().to_string());
        let jwks = report["jwks"].to_string();
        let registered = fdx_sandbox::x5c_thumbprints(jwks.as_bytes()).unwrap();
        assert_eq!(registered, [identity.thumbprint()], "{algorithm}");
        assert_eq!(Jwks::parse(jwks.as_bytes()).unwrap().keys().len(), 1);
    }
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn a_certificate_request_is_for_the_key_and_the_name() {
    let out = directory();
    for algorithm in algorithms() {
        let report = new(&out, &["--algorithm", algorithm, "--certificate-request", "app.example"]);
        let request = read(&report, "certificate_request_file");
        let body: String = request.lines().filter(|line| !line.starts_with('-')).collect();
        assert!(request.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"), "{request}");
        let body = body.trim_end_matches('=').replace('+', "-").replace('/', "_");
        let der = fdx_wire::base64url::decode(&body).unwrap();
        let has = |part: &[u8]| der.windows(part.len()).any(|window| window == part);
        assert!(has(b"app.example"));
        // The request contains the public numbers of the key.
        let jwk = &report["jwks"]["keys"][0];
        let member = if algorithm == "PS256" { "n" } else { "x" };
        let number = fdx_wire::base64url::decode(jwk[member].as_str().unwrap()).unwrap();
        assert!(has(&number), "{algorithm}");
    }
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn shows_only_public_keys() {
    // RFC 8037 appendix A.1 to A.3.
    const PRIVATE: &str = r#"{"kty":"OKP","crv":"Ed25519",
        "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    let out = directory();
    let made = new(&out, &["--algorithm", "ES256", "--kid", "a"]);
    let public = PRIVATE.replace("\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",", "");
    let set = made["jwks"].to_string();
    let [private, public, set] =
        [("private", PRIVATE), ("public", &public), ("set", &set)].map(|(name, text)| {
            let path = out.join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        });
    let pem = made["key_file"].as_str().unwrap();

    let shown = run(&["keys", "show", "--json", pem, &private, &public, &set]);
    assert!(shown.status.success(), "{}", stderr(&shown));
    assert!(!stdout(&shown).contains("nWGxne"));
    let report: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let thumbprints: Vec<_> = report["keys"].as_array().unwrap().iter().collect();
    let thumbprints: Vec<_> = thumbprints.iter().map(|key| &key["thumbprint"]).collect();
    assert_eq!(
        thumbprints,
        [&made["thumbprint"], &THUMBPRINT.into(), &THUMBPRINT.into(), &made["thumbprint"]]
    );

    let named = run(&["keys", "show", "--kid", "a", pem]);
    assert_eq!(serde_json::from_slice::<Value>(&named.stdout).unwrap(), made["jwks"]);
    assert!(stderr(&named).contains(made["thumbprint"].as_str().unwrap()));
    std::fs::remove_dir_all(out).unwrap();
}

/// The certificates are what a self_signed_tls_client_auth client registers.
#[test]
fn show_keeps_certificates_and_reads_public_pem() {
    // RFC 8037 appendix A.2, as SubjectPublicKeyInfo.
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
        -----END PUBLIC KEY-----\n";
    const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    let out = directory();
    let made = new(&out, &["--algorithm", "ES256", "--kid", "a", "--self-signed", "app"]);
    let set = made["jwks"].to_string();
    let jwk = made["jwks"]["keys"][0].to_string();
    for (name, text) in [("set", &set), ("jwk", &jwk)] {
        let path = out.join(name);
        std::fs::write(&path, text).unwrap();
        let shown = run(&["keys", "show", path.to_str().unwrap()]);
        assert!(shown.status.success(), "{}", stderr(&shown));
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        assert!(shown["keys"][0]["x5c"].is_array(), "{shown}");
        assert_eq!(shown, made["jwks"]);
    }
    let path = out.join("public.pem");
    std::fs::write(&path, PUBLIC).unwrap();
    let shown = run(&["keys", "show", path.to_str().unwrap()]);
    assert!(shown.status.success(), "{}", stderr(&shown));
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["keys"][0]["kid"], THUMBPRINT);
    std::fs::remove_dir_all(out).unwrap();
}

/// RFC 8410 section 7: version 0 and no public key. Other programs read no other form.
#[test]
fn a_new_ed25519_key_is_pkcs8_version_1() {
    let out = directory();
    let report = new(&out, &["--algorithm", "EdDSA"]);
    let pem = read(&report, "key_file");
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI"));
    assert_eq!(pem.lines().nth(1).unwrap().len(), 64);
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn wrong_arguments_exit_with_2_and_name_the_next_step() {
    let out = directory();
    std::fs::create_dir_all(&out).unwrap();
    let path = out.to_str().unwrap();
    let sec1 = out.join("sec1.pem");
    std::fs::write(&sec1, "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n")
        .unwrap();
    let sec1 = sec1.to_str().unwrap();
    let jwk = out.join("key.jwk.json");
    std::fs::write(&jwk, r#"{"kty":"OKP","kid":"mine"}"#).unwrap();
    let jwk = jwk.to_str().unwrap();
    let new = |more: &[&'static str]| -> Vec<&str> {
        [&["keys", "new", "--out", path, "--algorithm", "ES256"], more].concat()
    };
    for (arguments, said) in [
        (new(&["--kid", "../../etc"]), "letters, digits"),
        (new(&["--kid", ""]), "letters, digits"),
        (new(&["--kid", "-x"]), "unexpected argument"),
        (new(&["--kid=-x"]), "letters, digits"),
        (new(&["--self-signed", ""]), "1 to 64 characters"),
        (new(&["--certificate-request", "a\nb"]), "1 to 64 characters"),
        (new(&["--days", "10"]), "--self-signed <CN>"),
        (new(&["--self-signed", "app", "--days", "0"]), "1..=3650"),
        (vec!["keys", "new", "--out", path, "--algorithm", "RS256"], "use ES256, EdDSA or PS256"),
        (vec!["keys", "show"], "<FILE>"),
        (vec!["keys", "show", "/nowhere"], "name an existing file"),
        (vec!["keys", "show", sec1], "openssl pkcs8 -topk8"),
        (vec!["keys", "show", "--kid", "a", sec1, sec1], "one file at a time"),
        (vec!["keys", "show", "--kid", "a", jwk], "omit --kid"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stdout(&output).is_empty(), "{arguments:?}");
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
    }
    // Nothing was written on the way.
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 2);
    std::fs::remove_dir_all(out).unwrap();
}

#[cfg(not(feature = "aws-lc-rs"))]
#[test]
fn rsa_keys_need_aws_lc_rs() {
    let out = directory();
    let output = run(&["keys", "new", "--algorithm", "PS256", "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    for said in ["openssl genpkey -algorithm RSA", "feature aws-lc-rs", "fdx keys show"] {
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    assert!(!out.exists());
}
