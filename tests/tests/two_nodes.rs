//! One process pushes and another finishes the flow. They have the same configuration and sealing
//! key, and share no memory, file or store. Only the cookie in the customer's browser passes
//! between them.

use std::io::Write;
use std::process::{Command, Stdio};

use fdx_jose::{Jwks, PrivateKey, backend};
use fdx_sandbox::certificates::Certificate;
use fdx_sandbox::customer::Decision;
use fdx_sandbox::{Binding, RegisteredClient};
use fdx_testkit::kit::customer;
use fdx_testkit::scopes;
use fdx_tests::{NodeInput, TlsBank};
use fdx_transport_hyper::system_now;
use fdx_wire::RedirectUri;
use tokio::runtime::Runtime;

const REDIRECT_URI: &str = "https://app.example/callback";

struct Bank {
    bank: TlsBank,
    input: NodeInput,
    _runtime: Runtime,
}

impl Bank {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let key_pem = Certificate::self_signed("a P-256 key").unwrap().private_key_pem();
        let load = || PrivateKey::from_pem(backend::ring(), &key_pem, None).unwrap();
        let redirect_uris = vec![RedirectUri::parse(REDIRECT_URI).unwrap()];
        let jwks = Jwks::new(vec![load().public().clone()]);
        let mut client = RegisteredClient::new("app-1", redirect_uris, jwks, Binding::Dpop);
        client.scopes = scopes();
        let bank = TlsBank::open(vec![load()], &[], |config| config.clients.push(client));
        let bank = runtime.block_on(bank);
        let issuer = bank.issuer.as_str().to_owned();
        let input = NodeInput {
            fdx_base: format!("{issuer}/fdx/v6"),
            issuer,
            client_id: "app-1".to_owned(),
            redirect_uri: REDIRECT_URI.to_owned(),
            key_pem: key_pem.clone(),
            ca_pem: bank.authority.certificate_pem().to_owned(),
            sealing_key: [42; 32],
            session: "browser session 1".to_owned(),
            ..NodeInput::default()
        };
        Self { bank, input, _runtime: runtime }
    }

    /// Pushes on one node, decides as the customer, and returns the input of the second node.
    fn until_callback(&self) -> NodeInput {
        let pushed = node("push", &self.input);
        let text =
            |name: &str| pushed[name].as_str().unwrap_or_else(|| panic!("{pushed}")).to_owned();
        let mut bank = self.bank.institution.lock().unwrap();
        let decision = Decision::less_than_requested();
        let callback = customer(&mut bank, &text("url"), &decision, system_now());
        NodeInput { sealed: text("sealed"), callback, ..self.input.clone() }
    }
}

/// Runs one node, as a process of its own, to its end.
fn node(half: &str, input: &NodeInput) -> serde_json::Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_node"))
        .arg(half)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&serde_json::to_vec(input).unwrap()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn one_process_pushes_and_another_finishes() {
    let bank = Bank::open();
    let input = bank.until_callback();
    assert!(input.sealed.len() < 1200, "{} characters", input.sealed.len());
    let said = node("finish", &input);
    assert!(said["consent_id"].is_string(), "{said}");
    assert!(said["withheld"].as_u64().is_some_and(|count| count > 0), "{said}");
}

#[test]
fn opened_twice_the_second_exchange_is_refused_by_the_institution() {
    let bank = Bank::open();
    let input = bank.until_callback();
    assert!(node("finish", &input)["consent_id"].is_string());
    // A cookie opens more than once. The code is spent.
    assert_eq!(node("finish", &input)["error"], "rfc6749.error");
}

#[test]
fn sealed_value_does_not_open_in_another_session() {
    let bank = Bank::open();
    let input = bank.until_callback();
    let other = NodeInput { session: "browser session 2".to_owned(), ..input.clone() };
    assert_eq!(node("finish", &other)["error"], "fdx.seal.not_ours");
    let other = NodeInput { sealing_key: [43; 32], ..input };
    assert_eq!(node("finish", &other)["error"], "fdx.seal.not_ours");
}
