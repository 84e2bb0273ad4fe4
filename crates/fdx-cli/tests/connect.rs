//! `fdx sandbox` and `fdx connect` together: two processes, with a customer between them.

mod common;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use common::{Connect, Sandbox, run, stderr};
use fdx_jose::{AssertionKey, AssertionType, PrivateKey, ProofKey, backend};
use fdx_par::{
    AuthorizationRequest, Callback, Client, ClientAuthentication, ClientConfig, SenderConstraint,
    WellKnown, discover,
};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_sandbox::customer::Decision;
use fdx_transport_hyper::{Roots, Transport, system_now};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri};
use serde_json::Value;

#[test]
fn the_sandboxs_configurations_lead_to_a_consent_and_its_receipt() {
    let sandbox = Sandbox::start(&[]);
    for (config, client_id) in [
        ("connect.toml", "app-mtls"),
        ("connect-dpop.toml", "app-dpop"),
        ("connect-tls.toml", "app-tls"),
        ("connect-self-signed.toml", "app-self-signed"),
        ("connect-signed.toml", "app-signed"),
    ] {
        let mut connect = Connect::start(&sandbox.path(config), &["--callback", "stdin", "--json"]);
        let callback = sandbox.customer(&connect.url, &Decision::less_than_asked());
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

#[cfg(unix)]
#[test]
fn what_is_secret_is_readable_by_its_owner_alone() {
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
        "signing-key.pem",
        "signing-key.jwk.json",
        "client-key.pem",
        "self-signed-key.pem",
    ] {
        let metadata = std::fs::metadata(sandbox.path(secret)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{secret}");
    }
}

#[test]
fn a_sandbox_that_is_wrong_on_purpose_is_refused_by_the_rule_that_it_breaks() {
    let sandbox = Sandbox::start(&["--misbehave", "id-token-without-exp"]);
    let mut connect = Connect::start(&sandbox.path("connect.toml"), &["--callback", "stdin"]);
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    connect.paste(&callback);
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("oidc.id_token.exp"), "{stderr}");
}

/// Else a row about registration would never show.
#[test]
fn a_sandbox_that_is_wrong_at_registration_lets_clients_register_and_no_other_does() {
    for (name, open) in [
        ("registration-without-client-id", true),
        ("registration-update-weakened", true),
        ("id-token-without-exp", false),
    ] {
        let sandbox = Sandbox::start(&["--misbehave", name]);
        assert_eq!(sandbox.metadata().contains("registration_endpoint"), open, "{name}");
    }
}

/// Else a row about RSA keys would show nothing.
#[test]
fn a_sandbox_signs_by_the_algorithm_that_its_misbehaviour_is_about() {
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
fn a_wrong_callback_is_told_and_the_right_one_still_counts() {
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
fn in_the_mode_jwt_only_a_signed_callback_counts() {
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
    // Each time it asks anew.
    assert_eq!(stderr.matches("Paste the URL").count(), 4, "{stderr}");
}

#[test]
fn a_client_of_a_certificate_is_known_by_no_other() {
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
fn a_customer_who_refuses_is_respected_and_nothing_is_written() {
    let sandbox = Sandbox::start(&[]);
    let mut connect = Connect::start(&sandbox.path("connect.toml"), &["--callback", "stdin"]);
    let callback = sandbox.customer(&connect.url, &Decision::refuse());
    connect.paste(&callback);
    let (code, stdout, stderr) = connect.finish();
    assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
    for said in ["did not agree", "access_denied", "RFC 6749", "only if the customer wants that"] {
        assert!(stderr.contains(said), "{said}: {stderr}");
    }
    // No answer of HTTP's brought this.
    assert!(stderr.contains("server  access_denied"), "{stderr}");
    for file in ["app-mtls-receipt.json", "app-mtls-tokens.json"] {
        assert!(!sandbox.directory.join(file).exists(), "{file}");
    }
}

#[test]
fn the_callback_is_heard_on_the_port_of_the_redirect_uri() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let redirect_uri = format!("http://{free}/back");
    let sandbox = Sandbox::start(&["--redirect-uri", &redirect_uri]);
    let connect = Connect::start(&sandbox.path("connect.toml"), &["--print-url"]);
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    let target = callback.strip_prefix(&format!("http://{free}")).unwrap().to_owned();
    let visit = |target: &str| {
        let mut stream = TcpStream::connect(free).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nhost: {free}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(visit("/favicon.ico").starts_with("HTTP/1.1 404"));
    assert!(visit("/back?code=x&state=y").starts_with("HTTP/1.1 400"));
    let _silent = TcpStream::connect(free).unwrap();
    let answer = visit(&target);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("close this window"), "{answer}");
    let (code, _, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
}

#[test]
fn existing_files_are_named_and_left_alone() {
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
fn a_refusal_of_the_institution_says_code_clause_server_and_what_to_do() {
    let sandbox = Sandbox::start(&[]);
    let config = sandbox.read("connect.toml").replace("\"app-mtls\"", "\"a-stranger\"");
    std::fs::write(sandbox.path("stranger.toml"), config).unwrap();
    let output =
        run(&["connect", "--config", &sandbox.path("stranger.toml"), "--callback", "stdin"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    for part in ["pushing", "code    rfc6749.error", "RFC 6749", "server  status 401", "next  "] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn an_issuer_that_is_written_otherwise_is_the_configurations_to_correct() {
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
    assert!(said.contains("write issuer exactly as the metadata does"), "{said}");
}

#[test]
fn a_certificate_and_a_key_that_do_not_fit_are_both_named() {
    let sandbox = Sandbox::start(&[]);
    let config = sandbox.read("connect.toml").replace("client-key.pem", "ca.pem");
    std::fs::write(sandbox.path("other.toml"), config).unwrap();
    let output = run(&["connect", "--config", &sandbox.path("other.toml"), "--callback", "stdin"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("client.pem with ") && said.contains("ca.pem can't be used"), "{said}");
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_spoken_to() {
    let sandbox = Sandbox::start(&[]);
    let config = sandbox.read("connect.toml").replace("root_certificates", "# root_certificates");
    std::fs::write(sandbox.path("public.toml"), config).unwrap();
    let output = run(&["connect", "--config", &sandbox.path("public.toml"), "--callback", "stdin"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("unknown issuer") && said.contains("root_certificates"), "{said}");
}

#[cfg(unix)]
#[test]
fn the_sandbox_ends_well_with_ctrl_c() {
    let mut sandbox = Sandbox::start(&[]);
    let pid = sandbox.child.id().to_string();
    let kill = std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(kill.success());
    assert!(sandbox.child.wait().unwrap().success());
}

#[test]
fn the_sandbox_logs_each_request_with_the_clause_that_it_broke() {
    let mut sandbox = Sandbox::start(&[]);
    let config = sandbox.read("connect.toml").replace("\"app-mtls\"", "\"a-stranger\"");
    std::fs::write(sandbox.path("stranger.toml"), config).unwrap();
    run(&["connect", "--config", &sandbox.path("stranger.toml"), "--callback", "stdin"]);
    sandbox.child.kill().unwrap();
    let mut log = String::new();
    sandbox.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("200 GET /.well-known/oauth-authorization-server"), "{log}");
    assert!(log.contains("401 POST /par   not so: "), "{log}");
}

/// Tokens that another run kept and did not verify: the library's text form, as `fdx connect`
/// writes it before it fetches the keys.
fn unverified_tokens(sandbox: &Sandbox) -> String {
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
    let entropy = || Entropy::from_os().unwrap();
    let consent = ConsentRequest::new(ConsentDuration::time_bound(90).unwrap())
        .resource(ResourceType::Account, [DataCluster::AccountBasic])
        .build()
        .unwrap();
    let request = AuthorizationRequest::new(consent).openid().offline_access();

    let discovery = WellKnown::OAuthAuthorizationServer;
    let draft = discover(&config.issuer, discovery, system_now()).unwrap();
    let metadata = runtime.block_on(transport.run(draft, &key, system_now)).unwrap();
    let client = Client::new(config, metadata).unwrap();
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
        ("keys-none", "does not publish the key"),
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
fn tokens_whose_keys_can_not_be_fetched_are_kept_unverified() {
    let sandbox = Sandbox::start(&["--misbehave", "keys-not-a-set"]);
    let mut connect = Connect::start(&sandbox.path("connect.toml"), &["--callback", "stdin"]);
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    connect.paste(&callback);
    let (exit, _, stderr) = connect.finish();
    assert_eq!(exit, 1, "{stderr}");
    assert!(stderr.contains("unverified") && stderr.contains("--resume"), "{stderr}");
    let kept = sandbox.read("app-mtls-tokens.json");
    let tokens: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(tokens["unverified"], 1);
    assert_eq!(tokens.get("access_token"), None, "a program could use it");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(sandbox.path("app-mtls-tokens.json")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    // Continuing changes nothing as long as the keys are as they are.
    let output = run(&["connect", "--config", &sandbox.path("connect.toml"), "--resume"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = common::stderr(&output);
    assert!(stderr.contains("--resume"), "{stderr}");
    assert_eq!(sandbox.read("app-mtls-tokens.json"), kept);
    assert!(!log(sandbox).contains("POST /revoke"));
}

#[test]
fn resume_verifies_the_tokens_that_an_earlier_run_kept() {
    let sandbox = Sandbox::start(&[]);
    std::fs::write(sandbox.path("app-dpop-tokens.json"), unverified_tokens(&sandbox)).unwrap();
    let output = run(&["connect", "--config", &sandbox.path("connect-dpop.toml"), "--resume"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let tokens: Value = serde_json::from_str(&sandbox.read("app-dpop-tokens.json")).unwrap();
    assert!(tokens["access_token"].is_string() && tokens.get("unverified").is_none());
    fdx_rar::ConsentReceipt::from_json(&sandbox.read("app-dpop-receipt.json")).unwrap();

    // Verified tokens do not wait for anything.
    std::fs::remove_file(sandbox.path("app-dpop-receipt.json")).unwrap();
    let output = run(&["connect", "--config", &sandbox.path("connect-dpop.toml"), "--resume"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let again: Value = serde_json::from_str(&sandbox.read("app-dpop-tokens.json")).unwrap();
    assert_eq!(again, tokens);
}

#[test]
fn resume_refreshes_tokens_whose_id_token_has_expired() {
    let sandbox = Sandbox::start(&["--misbehave", "id-token-expired"]);
    std::fs::write(sandbox.path("app-dpop-tokens.json"), unverified_tokens(&sandbox)).unwrap();
    let output = run(&["connect", "--config", &sandbox.path("connect-dpop.toml"), "--resume"]);
    let stderr = common::stderr(&output);
    assert!(stderr.contains("refreshing the tokens"), "{stderr}");
    // That of the refresh has not expired, and identifies the customer.
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let tokens: Value = serde_json::from_str(&sandbox.read("app-dpop-tokens.json")).unwrap();
    assert!(tokens["access_token"].is_string() && tokens.get("unverified").is_none());
    fdx_rar::ConsentReceipt::from_json(&sandbox.read("app-dpop-receipt.json")).unwrap();
    assert!(log(sandbox).matches("200 POST /token").count() >= 2);
}
