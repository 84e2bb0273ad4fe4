//! `fdx sandbox` and `fdx connect` together: two processes and a customer.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod common;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;

use common::{Connect, Sandbox, directory, fdx, run, stderr, stdout};
use fdx_jose::{AssertionKey, AssertionType, PrivateKey, ProofKey, SealingKey, backend};
use fdx_par::{
    AuthorizationRequest, Callback, Client, ClientAuthentication, ClientConfig, SenderConstraint,
    WellKnown, discover,
};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_sandbox::customer::Decision;
use fdx_store::consents::{NewConsent, insert_consent};
use fdx_store::seal::{Column, KeyRing};
use fdx_store::{ConsentState, RecordId, RecordKey, Tenant};
use fdx_store_sqlite::Options;
use fdx_transport_hyper::{Roots, Transport, system_now};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, Secret};
use serde_json::Value;

#[test]
fn every_configuration_of_the_sandbox_obtains_a_consent() {
    let sandbox = Sandbox::start(&[]);
    for (config, client_id) in [
        ("connect.toml", "app-mtls"),
        ("connect-dpop.toml", "app-dpop"),
        ("connect-tls.toml", "app-tls"),
        ("connect-self-signed.toml", "app-self-signed"),
        ("connect-signed.toml", "app-signed"),
    ] {
        let mut connect = Connect::start(&sandbox.path(config), &["--callback", "stdin", "--json"]);
        let callback = sandbox.customer(&connect.url, &Decision::less_than_requested());
        connect.paste(&callback);
        let (code, stdout, stderr) = connect.finish();
        assert_eq!(code, 0, "{stderr}");

        let report: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(report["withheld"][0]["dataCluster"], "TRANSACTIONS");
        let receipt = sandbox.read(&format!("{client_id}-receipt.json"));
        let kept = fdx_rar::ConsentReceipt::from_json(&receipt).unwrap();
        assert_eq!(kept.canonical_json(), receipt);
        assert_eq!(report["consent_id"], kept.consent_id().unwrap().as_str());
        let tokens: Value =
            serde_json::from_str(&sandbox.read(&format!("{client_id}-tokens.json"))).unwrap();
        let access_token = tokens["access_token"].as_str().unwrap();
        assert!(!stdout.contains(access_token) && !stderr.contains(access_token));
    }
}

#[test]
fn the_file_of_tokens_is_a_grant_that_the_library_restores() {
    let sandbox = Sandbox::start(&[]);
    let mut connect = Connect::start(&sandbox.path("connect-dpop.toml"), &["--callback", "stdin"]);
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    connect.paste(&callback);
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stderr.contains("It is valid for ") && stderr.contains(" seconds, until 20"),
        "{stderr}"
    );
    let (client, ..) = dpop_client(&sandbox);
    let stored = client.restore(&sandbox.read("app-dpop-tokens.json")).unwrap();
    let receipt = sandbox.read("app-dpop-receipt.json");
    let receipt = fdx_rar::ConsentReceipt::from_json(&receipt).unwrap();
    assert_eq!(stored.consent_id(), receipt.consent_id());
    assert!(stored.tokens().refresh_token().is_some());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_secrets() {
    use std::os::unix::fs::PermissionsExt;

    let sandbox = Sandbox::start(&[]);
    let mut connect = Connect::start(&sandbox.path("connect.toml"), &["--callback", "stdin"]);
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    connect.paste(&callback);
    let (code, stdout, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("TRANSACTIONS"), "{stdout}");
    for secret in [
        "app-mtls-tokens.json",
        "app-mtls-receipt.json",
        "clients.json",
        "connect.toml",
        "signing-key.pem",
        "signing-key.jwk.json",
        "client-key.pem",
        "self-signed-key.pem",
    ] {
        let metadata = std::fs::metadata(sandbox.path(secret)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{secret}");
    }
}

/// Several clients in files, with keys and certificates that the sandbox did not make.
#[test]
fn clients_in_files_obtain_consents() {
    let other = Sandbox::start(&[]);
    let clients: Value = serde_json::from_str(&other.read("clients.json")).unwrap();
    let metadata = |client_id: &str, like: &str| {
        let clients = clients["clients"].as_array().unwrap();
        let like = clients.iter().find(|client| client["client_id"] == like).unwrap();
        serde_json::json!({
            "client_id": client_id,
            "redirect_uris": like["redirect_uris"],
            "token_endpoint_auth_method": like["token_endpoint_auth_method"],
            "tls_client_auth_subject_dn": "CN=fdx sandbox client",
            "jwks": like["jwks"],
            "dpop_bound_access_tokens": like["binding"] == "dpop",
            "tls_client_certificate_bound_access_tokens": like["binding"] == "mtls",
            "scope": like["scope"],
            "id_token_signed_response_alg": like["id_token_signed_response_alg"],
        })
    };
    let one = metadata("one", "app-dpop");
    let several = Value::Array(vec![
        metadata("two", "app-tls"),
        metadata("three", "app-self-signed"),
        metadata("four", "app-mtls"),
    ]);
    std::fs::write(other.path("one.json"), one.to_string()).unwrap();
    std::fs::write(other.path("several.json"), several.to_string()).unwrap();
    let sandbox = Sandbox::start(&[
        "--client",
        &other.path("one.json"),
        "--client",
        &other.path("several.json"),
        "--client-ca",
        &other.path("ca.pem"),
    ]);
    for (client_id, config, like) in [
        ("one", "connect-dpop.toml", "app-dpop"),
        ("two", "connect-tls.toml", "app-tls"),
        ("three", "connect-self-signed.toml", "app-self-signed"),
        ("four", "connect.toml", "app-mtls"),
    ] {
        let text = sandbox.read(config).replace(like, client_id);
        std::fs::write(sandbox.path(&format!("{client_id}.toml")), text).unwrap();
        // The client's own keys and certificates.
        for file in ["signing-key.pem", "client.pem", "client-key.pem", "self-signed.pem"] {
            std::fs::copy(other.path(file), sandbox.path(file)).unwrap();
        }
        std::fs::copy(other.path("self-signed-key.pem"), sandbox.path("self-signed-key.pem"))
            .unwrap();
        let config = sandbox.path(&format!("{client_id}.toml"));
        let mut connect = Connect::start(&config, &["--callback", "stdin"]);
        let callback = sandbox.customer(&connect.url, &Decision::everything());
        connect.paste(&callback);
        let (code, _, said) = connect.finish();
        assert_eq!(code, 0, "{client_id}: {said}");
    }
    let taken = other.path("one.json");
    let dir = other.path("bank");
    let twice = ["--client", &taken, "--client", &taken];
    let listen = ["sandbox", "--listen", "127.0.0.1:0", "--dir", &dir];
    let output = run(&[&listen[..], &twice[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the client_id one is already registered"));
}

#[test]
fn rejects_a_misbehaving_sandbox_by_the_violated_rule() {
    let sandbox = Sandbox::start(&["--misbehave", "id-token-without-exp"]);
    let mut connect = Connect::start(&sandbox.path("connect.toml"), &["--callback", "stdin"]);
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    connect.paste(&callback);
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("oidc.id_token.exp"), "{stderr}");
}

/// A misbehaviour about registration shows only with an open endpoint.
#[test]
fn only_misbehaviours_about_registration_open_the_endpoint() {
    for (name, open) in [
        ("registration-without-client-id", true),
        ("registration-update-weakened", true),
        ("id-token-without-exp", false),
    ] {
        let sandbox = Sandbox::start(&["--misbehave", name]);
        assert_eq!(sandbox.metadata().contains("registration_endpoint"), open, "{name}");
    }
}

#[test]
fn the_sandbox_rejects_a_misbehaviour_without_effect() {
    // The host of the issuer is 127.0.0.1, which has no letters.
    for (name, silent, missing) in [
        ("metadata-issuer-case", false, "an issuer whose host has small letters"),
        ("nonce-second-challenge", true, "nonces that are demanded"),
    ] {
        let path = directory();
        let dir = path.to_str().unwrap();
        let mut arguments =
            vec!["sandbox", "--listen", "127.0.0.1:0", "--dir", dir, "--misbehave", name];
        if silent {
            arguments.extend(["--nonces", "silent"]);
        }
        let output = run(&arguments);
        assert!(!output.status.success(), "{name}");
        let said = stderr(&output);
        assert!(said.contains(name) && said.contains(missing), "{said}");
    }
}

/// A misbehaviour about RSA keys shows only with PS256.
#[test]
fn the_misbehaviour_determines_the_signature_algorithm() {
    for (name, algorithm) in [("keys-weak", "PS256"), ("id-token-signature-zero", "ES256")] {
        let sandbox = Sandbox::start(&["--misbehave", name]);
        let signs = format!(r#""id_token_signing_alg_values_supported":["{algorithm}"]"#);
        assert!(sandbox.metadata().contains(&signs), "{name}: {}", sandbox.metadata());
    }
    let sandbox = Sandbox::start(&["--misbehave", "keys-weak"]);
    let mut connect = Connect::start(&sandbox.path("connect.toml"), &["--callback", "stdin"]);
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    connect.paste(&callback);
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
}

#[test]
fn reports_a_wrong_callback_and_accepts_the_right_one_later() {
    let sandbox = Sandbox::start(&["--nonces", "silent"]);
    let mut connect = Connect::start(&sandbox.path("connect-dpop.toml"), &["--callback", "stdin"]);
    connect.paste("http://127.0.0.1:8765/callback?code=stolen&state=guessed&iss=x");
    connect.paste("not a URL");
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    connect.paste(&callback);
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("state") && stderr.contains("code  "), "{stderr}");
}

#[test]
fn accepts_only_signed_callbacks_in_mode_jwt() {
    let sandbox = Sandbox::start(&[]);
    let mut connect =
        Connect::start(&sandbox.path("connect-signed.toml"), &["--callback", "stdin"]);
    assert!(!connect.url.contains("scope") && !connect.url.contains("response_mode"));
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    let (place, _) = callback.split_once("?response=").unwrap();
    connect.paste(&format!("{place}?code=stolen&state=guessed&iss=x"));
    connect.paste(&format!("{place}?response=made.up.here"));
    // A JWS under a key that the institution does not publish.
    let header = fdx_wire::base64url::encode(br#"{"alg":"ES256","kid":"another"}"#);
    let forged = callback.split_once("?response=").unwrap().1.split_once('.').unwrap().1;
    connect.paste(&format!("{place}?response={header}.{forged}"));
    connect.paste(&callback);
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stderr.matches("checking the callback").count(), 3, "{stderr}");
    // It prompts again each time.
    assert_eq!(stderr.matches("Paste the URL").count(), 4, "{stderr}");
}

#[test]
fn a_client_authenticates_only_by_its_own_certificate() {
    let sandbox = Sandbox::start(&[]);
    for (config, from, to) in [
        ("connect-self-signed.toml", "self-signed", "client"),
        ("connect-tls.toml", "client", "self-signed"),
    ] {
        let text = sandbox.read(config);
        let text = text.replace(&format!("{from}.pem"), &format!("{to}.pem"));
        let text = text.replace(&format!("{from}-key.pem"), &format!("{to}-key.pem"));
        std::fs::write(sandbox.path("other.toml"), text).unwrap();
        let output =
            run(&["connect", "--config", &sandbox.path("other.toml"), "--callback", "stdin"]);
        assert_eq!(output.status.code(), Some(1), "{config}");
        assert!(stderr(&output).contains("status 401"), "{config}: {}", stderr(&output));
    }
}

#[test]
fn a_denial_ends_the_flow_and_writes_nothing() {
    let sandbox = Sandbox::start(&[]);
    let mut connect = Connect::start(&sandbox.path("connect.toml"), &["--callback", "stdin"]);
    let callback = sandbox.customer(&connect.url, &Decision::refuse());
    connect.paste(&callback);
    let (code, stdout, stderr) = connect.finish();
    assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
    for said in
        ["denied the request", "access_denied", "RFC 6749", "only if the customer wants that"]
    {
        assert!(stderr.contains(said), "{said}: {stderr}");
    }
    // It did not arrive in an HTTP response.
    assert!(stderr.contains("server  access_denied"), "{stderr}");
    for file in ["app-mtls-receipt.json", "app-mtls-tokens.json"] {
        assert!(!sandbox.directory.join(file).exists(), "{file}");
    }
}

#[test]
fn listens_on_the_port_of_the_redirect_uri() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let redirect_uri = format!("http://{free}/back");
    let sandbox = Sandbox::start(&["--redirect-uri", &redirect_uri]);
    let connect = Connect::start(&sandbox.path("connect.toml"), &["--print-url"]);
    let mut browser = Browser { port: free, cookie: String::new() };
    let url = browser.begin(&connect.url);
    let callback = sandbox.customer(&url, &Decision::everything());
    assert!(browser.get(&format!("http://{free}/favicon.ico")).starts_with("HTTP/1.1 404"));
    let wrong = browser.get(&format!("http://{free}/back?code=x&state=y"));
    assert!(wrong.starts_with("HTTP/1.1 400"), "{wrong}");
    let _silent = TcpStream::connect(free).unwrap();
    let answer = browser.get(&callback);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("close this window"), "{answer}");
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
}

/// A customer's browser at the listener. It follows no redirect, and keeps one cookie.
struct Browser {
    port: SocketAddr,
    cookie: String,
}

impl Browser {
    fn get(&self, url: &str) -> String {
        let target = url.strip_prefix(&format!("http://{}", self.port)).unwrap();
        let cookie = match self.cookie.as_str() {
            "" => String::new(),
            cookie => format!("cookie: other=1; {cookie}\r\n"),
        };
        self.send(&format!("GET {target} HTTP/1.1\r\nhost: {}\r\n{cookie}\r\n", self.port))
    }

    fn post(&self, url: &str, form: &str) -> String {
        let target = url.strip_prefix(&format!("http://{}", self.port)).unwrap();
        let length = form.len();
        self.send(&format!(
            "POST {target} HTTP/1.1\r\nhost: {}\r\norigin: null\r\ncontent-length: {length}\r\n\
             \r\n{form}",
            self.port
        ))
    }

    fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.port).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Opens a start URL, keeps the cookie, and returns where it is sent.
    fn begin(&mut self, start_url: &str) -> String {
        let answer = self.get(start_url);
        self.passed(&answer)
    }

    fn passed(&mut self, answer: &str) -> String {
        assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
        for header in ["cache-control: no-store", "referrer-policy: no-referrer"] {
            assert!(answer.contains(header), "{header}: {answer}");
        }
        let header = |name: &str| answer.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let cookie = header("set-cookie: ");
        for attribute in ["; Path=/back", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Expires") && !cookie.contains("Max-Age"), "{cookie}");
        self.cookie = cookie.split(';').next().unwrap().to_owned();
        header("location: ").to_owned()
    }
}

/// A sandbox with a redirect_uri on a free port, and a browser for that port.
fn listening() -> (Sandbox, Browser) {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let sandbox = Sandbox::start(&["--redirect-uri", &format!("http://{port}/back")]);
    (sandbox, Browser { port, cookie: String::new() })
}

#[test]
fn rejects_a_callback_from_another_browser() {
    let (sandbox, mut browser) = listening();
    let connect = Connect::start(&sandbox.path("connect.toml"), &[]);
    assert!(!connect.url.contains("request_uri"), "{}", connect.url);
    let url = browser.begin(&connect.url);
    // Another user of this machine learned the URL, and approves the request first.
    let stolen = sandbox.customer(&url, &Decision::everything());
    for cookie in ["", "fdx=1", &browser.cookie.replace(|c: char| c.is_ascii_uppercase(), "a")] {
        let attacker = Browser { port: browser.port, cookie: cookie.to_owned() };
        let answer = attacker.get(&stolen);
        assert!(answer.starts_with("HTTP/1.1 403 "), "{cookie}: {answer}");
        assert!(answer.contains("did not start here"), "{answer}");
    }
    // The flow continues: the customer's browser still works.
    assert!(browser.get(&stolen).starts_with("HTTP/1.1 200 "));
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stderr.matches("did not start here").count(), 3, "{stderr}");
}

#[test]
fn a_start_secret_works_once_and_a_wrong_one_does_not_use_it_up() {
    let (sandbox, mut browser) = listening();
    let connect = Connect::start(&sandbox.path("connect.toml"), &[]);
    let (place, secret) = connect.url.split_once("?secret=").unwrap();
    for guess in ["", "?secret=", "?secret=guess", &format!("?secret={secret}x")] {
        let answer = browser.get(&format!("{place}{guess}"));
        assert!(answer.starts_with("HTTP/1.1 40"), "{guess}: {answer}");
        assert!(!answer.contains("set-cookie") && !answer.contains("location"), "{answer}");
    }
    assert!(browser.post(place, "secret=guess").starts_with("HTTP/1.1 403 "));
    // A prefetch does not use it up either.
    let target = connect.url.strip_prefix(&format!("http://{}", browser.port)).unwrap();
    let ahead = format!("GET {target} HTTP/1.1\r\nSec-Purpose: prefetch;prerender\r\n\r\n");
    assert!(browser.send(&ahead).starts_with("HTTP/1.1 503 "));

    let url = browser.begin(&connect.url);
    let again = browser.get(&connect.url);
    assert!(again.starts_with("HTTP/1.1 403 ") && !again.contains("set-cookie"), "{again}");
    let callback = sandbox.customer(&url, &Decision::everything());
    assert!(browser.get(&callback).starts_with("HTTP/1.1 200 "));
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
}

#[test]
fn ends_when_a_second_browser_opens_the_start_page() {
    let (sandbox, mut attacker) = listening();
    let connect = Connect::start(&sandbox.path("connect.toml"), &[]);
    // Another user of this machine read the start URL, and opened it first.
    let url = attacker.begin(&connect.url);
    let customer = Browser { port: attacker.port, cookie: String::new() };
    let answer = customer.get(&connect.url);
    assert!(answer.starts_with("HTTP/1.1 403 ") && !answer.contains("set-cookie"), "{answer}");
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("second browser"), "{stderr}");
    // The attacker's decision comes too late.
    let callback = sandbox.customer(&url, &Decision::everything());
    assert!(callback.contains("code="), "{callback}");
    assert!(TcpStream::connect(attacker.port).is_err(), "it still listens");
    assert!(!std::path::Path::new(&sandbox.path("app-dpop-tokens.json")).exists());
}

/// `fdx connect --open`, with an opener that only writes down what it was given.
#[cfg(unix)]
fn opened(sandbox: &Sandbox, arguments: &[&str]) -> (Connect, std::path::PathBuf) {
    use std::os::unix::fs::PermissionsExt;

    let programs = sandbox.directory.join("programs");
    std::fs::create_dir(&programs).unwrap();
    let given = sandbox.directory.join("given");
    let given_text = given.display();
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" > {given_text}.part\nmv {given_text}.part {given_text}\n"
    );
    for name in ["xdg-open", "open"] {
        let program = programs.join(name);
        std::fs::write(&program, &script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    let mut command = fdx(&["connect", "--config", &sandbox.path("connect.toml"), "--open"]);
    command.env("PATH", format!("{}:{path}", programs.display()));
    command.env("TMPDIR", &sandbox.directory);
    let connect = Connect::start_with(command, arguments);
    while !given.exists() {
        std::thread::yield_now();
    }
    let arguments = std::fs::read_to_string(given).unwrap();
    let [file] = arguments.lines().collect::<Vec<_>>()[..] else { panic!("{arguments}") };
    for text in ["http", "secret=", "request_uri"] {
        assert!(!file.contains(text), "{file}");
    }
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let file = std::path::PathBuf::from(file);
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    (connect, file)
}

#[cfg(unix)]
#[test]
fn the_opener_gets_a_path_and_the_page_there_posts_the_secret() {
    let (sandbox, mut browser) = listening();
    let (connect, file) = opened(&sandbox, &[]);
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(!page.contains("request_uri"), "{page}");
    let between = |before: &str| page.split_once(before).unwrap().1.split('"').next().unwrap();
    let (action, secret) = (between("action=\""), between("name=\"secret\" value=\""));
    assert_eq!(connect.url, format!("{action}?secret={secret}"));
    let answer = browser.post(action, &format!("secret={secret}"));
    let url = browser.passed(&answer);
    // Removed after use.
    assert!(!file.exists() && !file.parent().unwrap().exists());
    let callback = sandbox.customer(&url, &Decision::everything());
    assert!(browser.get(&callback).starts_with("HTTP/1.1 200 "));
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_start_page_is_removed_at_the_end_whatever_the_end_is() {
    let (sandbox, _) = listening();
    let (connect, file) = opened(&sandbox, &[]);
    connect.interrupt();
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("interrupted"), "{stderr}");
    assert!(!file.parent().unwrap().exists());

    // Where the callback is pasted, the page leads to the institution itself.
    let sandbox = Sandbox::start(&[]);
    let (mut connect, file) = opened(&sandbox, &["--callback", "stdin"]);
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.contains(&connect.url.replace('&', "&amp;")), "{page}");
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    connect.paste(&callback);
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
    assert!(!file.parent().unwrap().exists());
}

/// A private key, or tokens, given in the place of another file.
#[test]
fn a_wrong_file_is_refused_without_its_text() {
    let sandbox = Sandbox::start(&[]);
    let jwk = sandbox.read("signing-key.jwk.json");
    let d = jwk.split_once("\"d\":\"").unwrap().1.split('"').next().unwrap().to_owned();
    let pem = sandbox.read("signing-key.pem");
    let token = "Kz8mXK1qLd0.eyJ0b2tlbiI6InNlY3JldCJ9.c2lnbmF0dXJl";
    let tokens =
        format!("{{\"version\":1,\"access_token\":\"{token}\",\"refresh_token\":\"{token}\"}}");
    let config = sandbox.read("connect.toml");
    let files = [
        ("jwk", jwk.clone()),
        ("jwk on lines", jwk.replace(',', ",\n")),
        ("pem", pem.clone()),
        ("tokens", tokens.clone()),
        ("a token", token.to_owned()),
        ("a token as a name", format!("{token} = 1\n{config}")),
        ("a token as a value", config.replace("issuer = \"", &format!("issuer = \"{token}"))),
        ("a token of a wrong type", format!("use_mtls_endpoint_aliases = \"{token}\"\n{config}")),
        ("a token as a choice", format!("discovery = \"{token}\"\n{config}")),
    ];
    let secrets = [d.as_str(), token, pem.lines().nth(1).unwrap()];
    for (name, text) in &files {
        std::fs::write(sandbox.path("wrong"), text).unwrap();
        let wrong = sandbox.path("wrong");
        let mut commands = vec![
            vec!["connect".to_owned(), "--config".to_owned(), wrong.clone()],
            vec!["doctor".to_owned(), wrong.clone()],
            vec!["doctor".to_owned(), "https://127.0.0.1:1".into(), "--ca".into(), wrong.clone()],
            vec![
                "doctor".to_owned(),
                "https://127.0.0.1:1".into(),
                "--config".into(),
                wrong.clone(),
            ],
            vec!["keys".to_owned(), "show".to_owned(), wrong.clone()],
        ];
        for (setting, right) in [
            ("root_certificates", "ca.pem"),
            ("key", "signing-key.pem"),
            ("certificate", "client.pem"),
            ("certificate_key", "client-key.pem"),
        ] {
            let from = format!("{setting} = \"{right}\"");
            assert!(config.contains(&from), "{from}");
            let place = sandbox.path(&format!("{setting}.toml"));
            let changed = config.replace(&from, &format!("{setting} = \"wrong\""));
            std::fs::write(&place, changed).unwrap();
            commands.push(vec![
                "connect".to_owned(),
                "--config".to_owned(),
                place,
                "--callback".into(),
                "stdin".into(),
            ]);
        }
        for arguments in commands {
            let output = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
            let said = stdout(&output) + &stderr(&output);
            for secret in secrets {
                assert!(!said.contains(secret), "{name}, {arguments:?}: {said}");
                // Nor a long part of it.
                assert!(!said.contains(&secret[..12]), "{name}, {arguments:?}: {said}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn warns_about_private_keys_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt;

    let sandbox = Sandbox::start(&[]);
    let config = sandbox.path("connect.toml");
    let open_to = |file: &str, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(sandbox.path(file), permissions).unwrap();
    };
    let warned = |file: &str, output: &std::process::Output| {
        let said = stderr(output);
        said.lines().any(|line| line.starts_with("warning: ") && line.contains(file))
    };
    // Refused after the keys are read, and before anything is sent.
    std::fs::write(sandbox.path("app-mtls-receipt.json"), "mine").unwrap();
    for file in ["signing-key.pem", "client-key.pem"] {
        for (mode, expected) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            open_to(file, mode);
            let output = run(&["connect", "--config", &config, "--callback", "stdin"]);
            assert_eq!(warned(file, &output), expected, "{file} {mode:o}: {}", stderr(&output));
        }
        open_to(file, 0o600);
    }
    for (file, mode, expected) in [
        ("signing-key.pem", 0o644, true),
        ("signing-key.pem", 0o600, false),
        ("signing-key.jwk.json", 0o644, true),
        ("signing-key.jwk.json", 0o600, false),
    ] {
        open_to(file, mode);
        let output = run(&["keys", "show", &sandbox.path(file)]);
        assert_eq!(warned(file, &output), expected, "{file} {mode:o}: {}", stderr(&output));
    }
}

#[test]
fn names_existing_files_and_never_overwrites_them() {
    let sandbox = Sandbox::start(&[]);
    let before = sandbox.read("signing-key.pem");
    let again = run(&["sandbox", "--listen", "127.0.0.1:0", "--dir", &sandbox.path("")]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("ca.pem exists already"), "{}", stderr(&again));
    assert_eq!(sandbox.read("signing-key.pem"), before);

    for file in ["app-mtls-receipt.json", "app-mtls-tokens.json"] {
        std::fs::write(sandbox.path(file), "mine").unwrap();
        let connect =
            run(&["connect", "--config", &sandbox.path("connect.toml"), "--callback", "stdin"]);
        assert_eq!(connect.status.code(), Some(2));
        let said = stderr(&connect);
        assert!(said.contains(&format!("{file} exists already")) && said.contains("move it away"));
        // Nothing was sent before that was known.
        assert!(!said.contains("Pushing"), "{said}");
        assert_eq!(sandbox.read(file), "mine");
        std::fs::remove_file(sandbox.path(file)).unwrap();
    }
}

#[test]
fn a_refusal_shows_code_clause_server_text_and_next_step() {
    let sandbox = Sandbox::start(&[]);
    let config = sandbox.read("connect.toml").replace("\"app-mtls\"", "\"unknown-client\"");
    std::fs::write(sandbox.path("unknown.toml"), config).unwrap();
    let output =
        run(&["connect", "--config", &sandbox.path("unknown.toml"), "--callback", "stdin"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    for part in ["pushing", "code    rfc6749.error", "RFC 6749", "server  status 401", "next  "] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn an_issuer_with_another_spelling_is_a_configuration_mistake() {
    let sandbox = Sandbox::start(&[]);
    let lines = sandbox.read("connect.toml");
    let lines = lines.lines().map(|line| match line.strip_prefix("issuer = ") {
        Some(issuer) => format!("issuer = {}/\"\n", issuer.trim_end_matches('"')),
        None => format!("{line}\n"),
    });
    std::fs::write(sandbox.path("slash.toml"), lines.collect::<String>()).unwrap();
    let output = run(&["connect", "--config", &sandbox.path("slash.toml"), "--callback", "stdin"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("rfc8414.issuer.mismatch"), "{said}");
    assert!(said.contains("they differ in the final slash; write \"https://"), "{said}");
}

/// Serves metadata at one well-known path, and 404 at every other one. Returns the issuer.
fn metadata_only_at(path: &'static str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let document = serde_json::json!({
        "issuer": issuer,
        "code_challenge_methods_supported": ["S256"],
    });
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let is_there = head.starts_with(format!("GET /.well-known/{path} ").as_bytes());
            let (status, body) = if is_there {
                ("200 OK", document.to_string())
            } else {
                ("404 Not Found", "{}".into())
            };
            let headers = "content-type: application/json\r\nconnection: close";
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\n{headers}\r\ncontent-length: {length}\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    issuer
}

#[test]
fn a_404_suggests_the_other_path_if_it_has_metadata() {
    const PATHS: [&str; 2] = ["oauth-authorization-server", "openid-configuration"];
    let sandbox = Sandbox::start(&["--dialect", "mastercard"]);
    let config = sandbox.read("connect.toml");
    let own = config.lines().find_map(|line| line.strip_prefix("issuer = ")).unwrap();
    for tried in PATHS {
        for served in [PATHS[0], PATHS[1], "nowhere"].into_iter().filter(|it| *it != tried) {
            let issuer = metadata_only_at(served);
            let text = config
                .replace("dialect = \"mastercard\"", "dialect = \"mastercard-mock\"")
                .replace(own, &format!("\"{issuer}\"\ndiscovery = \"{tried}\""));
            let file = sandbox.path("other.toml");
            std::fs::write(&file, text).unwrap();
            for arguments in [
                &["connect", "--config", &file, "--callback", "stdin"][..],
                &["doctor", &issuer, "--config", &file],
            ] {
                let output = run(arguments);
                assert_eq!(output.status.code(), Some(1));
                let said = stderr(&output);
                assert!(said.contains("status 404"), "{said}");
                let setting = format!("publishes {served}: set discovery = \"{served}\"");
                assert_eq!(said.contains(&setting), served != "nowhere", "{said}");
                assert_eq!(said.contains("set discovery"), served != "nowhere", "{said}");
            }
        }
    }
}

/// Runs `fdx connect` with this instead of `[consent]`.
fn with_request(sandbox: &Sandbox, request: &str) -> std::process::Output {
    let config = sandbox.read("connect.toml");
    let (before, rest) = config.split_once("[consent]").unwrap();
    let (_, output) = rest.split_once("[output]").unwrap();
    let (settings, tables) = before.split_once("\n[").unwrap_or((before, ""));
    let tables = if tables.is_empty() { String::new() } else { format!("[{tables}") };
    let text = format!("{settings}\n{request}\n{tables}\n[output]{output}");
    std::fs::write(sandbox.path("request.toml"), text).unwrap();
    run(&["connect", "--config", &sandbox.path("request.toml"), "--callback", "stdin"])
}

#[test]
fn names_the_unlisted_type_and_the_listed_ones() {
    let sandbox = Sandbox::start(&[]);
    let details = r#"authorization_details = '[{"type":"fdx_v1.0x"}]'"#;
    let output = with_request(&sandbox, details);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("rfc9396.type.not_listed"), "{said}");
    assert!(said.contains(": fdx_v1.0x; it lists fdx_v1.0\n"), "{said}");
}

#[test]
fn scopes_alone_need_an_option_of_the_sandbox() {
    let scopes = "scopes = [\"fdx:accountbasic:read\"]";
    let output = with_request(&Sandbox::start(&[]), scopes);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("--optional authorization-details"), "{said}");
}

#[test]
fn names_a_certificate_and_a_key_that_do_not_match() {
    let sandbox = Sandbox::start(&[]);
    let config = sandbox.read("connect.toml").replace("client-key.pem", "ca.pem");
    std::fs::write(sandbox.path("other.toml"), config).unwrap();
    let output = run(&["connect", "--config", &sandbox.path("other.toml"), "--callback", "stdin"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("client.pem with ") && said.contains("ca.pem can't be used"), "{said}");
}

#[test]
fn rejects_a_server_of_an_unknown_authority() {
    let sandbox = Sandbox::start(&[]);
    let config = sandbox.read("connect.toml").replace("root_certificates", "# root_certificates");
    std::fs::write(sandbox.path("public.toml"), config).unwrap();
    let output = run(&["connect", "--config", &sandbox.path("public.toml"), "--callback", "stdin"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("unknown authority") && said.contains("root_certificates"), "{said}");
}

#[cfg(unix)]
#[test]
fn the_sandbox_exits_with_0_after_ctrl_c_and_sigterm() {
    for signal in ["-INT", "-TERM"] {
        let mut sandbox = Sandbox::start(&[]);
        let pid = sandbox.child.id().to_string();
        let kill = std::process::Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(kill.success());
        assert!(sandbox.child.wait().unwrap().success(), "{signal}");
    }
}

#[test]
fn the_sandbox_logs_each_request_with_the_violated_clause() {
    let mut sandbox = Sandbox::start(&[]);
    let config = sandbox.read("connect.toml").replace("\"app-mtls\"", "\"unknown-client\"");
    std::fs::write(sandbox.path("unknown.toml"), config).unwrap();
    run(&["connect", "--config", &sandbox.path("unknown.toml"), "--callback", "stdin"]);
    sandbox.child.kill().unwrap();
    let mut log = String::new();
    sandbox.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("200 GET /.well-known/oauth-authorization-server"), "{log}");
    assert!(log.contains("401 POST /par   violates: "), "{log}");
}

/// Unverified tokens in the library's text form.
fn unverified_tokens(sandbox: &Sandbox) -> String {
    let (client, key, transport) = dpop_client(sandbox);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let entropy = || Entropy::from_os().unwrap();
    let consent = ConsentRequest::new(ConsentDuration::time_bound(90).unwrap())
        .resource(ResourceType::Account, [DataCluster::AccountBasic])
        .build()
        .unwrap();
    let request = AuthorizationRequest::new(consent).openid().offline_access();
    let draft = client.push(&request, entropy(), system_now()).unwrap();
    let pushed = runtime.block_on(transport.run(draft, &key, system_now)).unwrap();
    let (url, pending) = pushed.redirect(system_now()).unwrap();
    let callback = sandbox.customer(url.as_str(), &Decision::everything());
    let Callback::Code(accepted) = client.callback(pending, &callback, system_now()).unwrap()
    else {
        panic!("the customer agreed")
    };
    let draft = client.exchange(accepted, entropy(), system_now()).unwrap();
    let exchanged = runtime.block_on(transport.run(draft, &key, system_now)).unwrap();
    exchanged.to_json().expose().to_owned()
}

/// The library's client with the settings of `connect-dpop.toml`.
fn dpop_client(sandbox: &Sandbox) -> (Client, PrivateKey, Transport) {
    let config = sandbox.read("connect-dpop.toml");
    let setting = |name: &str| {
        let line = config.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
        line.unwrap().trim_end_matches('"').to_owned()
    };
    let key = PrivateKey::from_pem(backend::ring(), &sandbox.read("signing-key.pem"), None);
    let key = key.unwrap();
    let redirect_uri = RedirectUri::parse(&setting("redirect_uri"));
    let config = ClientConfig::new(
        Issuer::parse(&setting("issuer")).unwrap(),
        setting("client_id"),
        redirect_uri.unwrap(),
        HttpsUrl::parse(&setting("fdx_base")).unwrap(),
        ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
            key.public().clone(),
            AssertionType::default(),
        )),
        SenderConstraint::Dpop(ProofKey::new(key.public().clone())),
        backend::ring(),
    );
    let roots = Roots::pem(&sandbox.read("ca.pem")).unwrap();
    let transport = Transport::builder().root_certificates(roots).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let discovery = WellKnown::OAuthAuthorizationServer;
    let draft = discover(&config.issuer, discovery, system_now()).unwrap();
    let metadata = runtime.block_on(transport.run(draft, &key, system_now)).unwrap();
    let client = Client::new(config, metadata).unwrap();
    (client, key, transport)
}

/// Ends the sandbox, and returns its log.
fn log(mut sandbox: Sandbox) -> String {
    sandbox.child.kill().unwrap();
    let mut log = String::new();
    sandbox.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    log
}

#[test]
fn rejected_tokens_are_revoked_and_their_file_is_removed() {
    for (misbehaviour, code) in [
        ("id-token-without-exp", "oidc.id_token.exp"),
        ("id-token-expired", "oidc.id_token.exp.past"),
        ("keys-none", "oidc.id_token.key.unknown"),
    ] {
        let sandbox = Sandbox::start(&["--misbehave", misbehaviour]);
        let mut connect = Connect::start(&sandbox.path("connect.toml"), &["--callback", "stdin"]);
        let callback = sandbox.customer(&connect.url, &Decision::everything());
        connect.paste(&callback);
        let (exit, _, stderr) = connect.finish();
        assert_eq!(exit, 1, "{stderr}");
        assert!(stderr.contains(code), "{misbehaviour}: {stderr}");
        assert!(stderr.contains("the tokens were revoked"), "{misbehaviour}: {stderr}");
        for file in ["app-mtls-tokens.json", "app-mtls-tokens.json.new", "app-mtls-receipt.json"] {
            assert!(!std::path::Path::new(&sandbox.path(file)).exists(), "{misbehaviour}: {file}");
        }
        let log = log(sandbox);
        assert_eq!(log.matches("200 POST /revoke").count(), 2, "{misbehaviour}: {log}");
    }
}

#[test]
fn keeps_tokens_unverified_if_the_keys_can_not_be_fetched() {
    let sandbox = Sandbox::start(&["--misbehave", "keys-not-a-set"]);
    let (config, store) = (sandbox.path("connect.toml"), sandbox.path("consents.db"));
    let options = ["--callback", "stdin", "--store", &store];
    let mut connect = Connect::start(&config, &options);
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    connect.paste(&callback);
    let (exit, _, said) = connect.finish();
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("not yet complete") && said.contains("--resume"), "{said}");
    for file in ["app-mtls-tokens.json", "app-mtls-receipt.json"] {
        assert!(!sandbox.directory.join(file).exists(), "{file}");
    }
    let list = ["consents", "list", "--state", "pending_verification", "--store", &store];
    let unfinished = || stdout(&run(&list));
    assert!(unfinished().contains("pending_verification"), "{}", unfinished());

    // Resuming changes nothing while the keys can't be fetched.
    let output = run(&["connect", "--config", &config, "--resume", "--store", &store]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--resume"), "{}", stderr(&output));
    assert!(unfinished().contains("pending_verification"), "{}", unfinished());
    assert!(!log(sandbox).contains("POST /revoke"));
}

/// Stores unverified tokens, as a process leaves them that is killed before it verifies them.
fn store_unverified(sandbox: &Sandbox, store: &str) {
    // Creates the store and its key.
    std::fs::write(sandbox.path("empty.jsonl"), "").unwrap();
    let empty = run(&["consents", "import", &sandbox.path("empty.jsonl"), "--store", store]);
    assert!(empty.status.success(), "{}", stderr(&empty));
    let key = std::fs::read_to_string(format!("{store}-key")).unwrap();
    let (id, key) = key.trim_end().split_once(' ').unwrap();
    let key = fdx_wire::base64url::decode_array(key).unwrap();
    let ring = KeyRing::new(backend::ring(), SealingKey::new(id.parse().unwrap(), key));

    let key = RecordKey::new(Tenant::default(), RecordId::new("unverified").unwrap());
    let (tenant, id) = (key.tenant.as_str(), key.id.as_str());
    let (consent_key, wrapped_key) = ring.create(tenant, id, &Entropy::from_os().unwrap()).unwrap();
    let tokens = Secret::new(unverified_tokens(sandbox));
    let entropy = Entropy::from_os().unwrap();
    let sealed = consent_key.seal(Column::Tokens, 0, &entropy, &tokens).unwrap();
    let config = sandbox.read("connect-dpop.toml");
    let issuer = config.lines().find_map(|line| line.strip_prefix("issuer = ")).unwrap();
    let later = system_now() + std::time::Duration::from_secs(60);
    let consent = NewConsent {
        customer: "customer-1".to_owned(),
        institution: issuer.trim_matches('"').to_owned(),
        client_id: "app-dpop".to_owned(),
        dialect: Some("fdx".to_owned()),
        consent_id: None,
        subject: None,
        state: ConsentState::PendingVerification,
        reason: None,
        wrapped_key,
        sealed,
        verified: false,
        access_expires_at: Some(later),
        refresh_expires_at: None,
        consent_expires_at: None,
        due_at: Some(later),
        renews: None,
        key,
    };
    let mut database = Options::new().open_existing(std::path::Path::new(store)).unwrap();
    database.run(insert_consent(consent, system_now())).unwrap();
}

#[test]
fn resume_completes_the_consent_of_an_earlier_run() {
    let sandbox = Sandbox::start(&[]);
    let (config, store) = (sandbox.path("connect-dpop.toml"), sandbox.path("consents.db"));
    store_unverified(&sandbox, &store);
    let resume = ["connect", "--config", &config, "--resume", "--store", &store];
    let output = run(&resume);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("Stored as unverified (active)"), "{}", stdout(&output));
    fdx_rar::ConsentReceipt::from_json(sandbox.read("app-dpop-receipt.json")).unwrap();

    // Nothing is left to resume.
    let output = run(&resume);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("no unverified consent"), "{}", stderr(&output));
}

/// Pastes the callback of an earlier run: the exit code, standard output and standard error.
fn pasted_again(config: &str, options: &[&str], callback: &str) -> (i32, String, String) {
    let resume = ["connect", "--config", config, "--resume", "--callback", "stdin", "--json"];
    let mut command = fdx(&[&resume, options].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{callback}").unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), stdout(&output), stderr(&output))
}

#[test]
fn a_callback_that_is_pasted_again_returns_the_stored_outcome() {
    let sandbox = Sandbox::start(&[]);
    let (config, store) = (sandbox.path("connect-dpop.toml"), sandbox.path("consents.db"));
    let options = ["--store", &store];
    for decision in [Decision::less_than_requested(), Decision::refuse()] {
        let first = ["--callback", "stdin", "--json", "--store", &store];
        let mut connect = Connect::start(&config, &first);
        let callback = sandbox.customer(&connect.url, &decision);
        connect.paste(&callback);
        let (code, report, _) = connect.finish();
        let (code_again, report_again, said) = pasted_again(&config, &options, &callback);
        assert_eq!((code_again, report_again), (code, report), "{said}");
        for file in ["app-dpop-receipt.json", "app-dpop-tokens.json"] {
            let _ = std::fs::remove_file(sandbox.path(file));
        }
    }
    // The code was sent once. The first request of each run has no nonce.
    assert_eq!(log(sandbox).matches("200 POST /token").count(), 1);
}

#[test]
fn a_flow_outlives_the_process_that_began_it() {
    let sandbox = Sandbox::start(&[]);
    let (config, store) = (sandbox.path("connect-dpop.toml"), sandbox.path("consents.db"));
    let connect = Connect::start(&config, &["--callback", "stdin", "--store", &store]);
    let url = connect.url.clone();
    connect.kill();
    let callback = sandbox.customer(&url, &Decision::everything());
    // Another customer's session can't finish it.
    let other = ["--store", &store, "--customer", "c-18"];
    let (code, _, said) = pasted_again(&config, &other, &callback);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("another customer began this flow"), "{said}");
    let (code, report, said) = pasted_again(&config, &["--store", &store], &callback);
    assert_eq!(code, 0, "{said}");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["state"], "active");
}
