//! One node of a recipient: it reads its input from standard input, runs one half of a flow, writes
//! the result to standard output, and ends. Nothing else passes between two nodes.

use std::io::Read;

use fdx_jose::{
    AssertionKey, AssertionType, PrivateKey, ProofKey, SealingKey, SealingKeys, backend,
};
use fdx_par::{
    AuthorizationRequest, Callback, Client, ClientAuthentication, ClientConfig, Error,
    SenderConstraint, Verification, WellKnown, discover,
};
use fdx_testkit::consent_request;
use fdx_tests::NodeInput;
use fdx_transport_hyper::{Roots, RunError, Transport, system_now};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let input: NodeInput = serde_json::from_str(&text).unwrap();
    let half = std::env::args().nth(1).unwrap();
    let said = match half.as_str() {
        "push" => push(&input).await,
        _ => finish(&input).await,
    };
    println!("{}", said.unwrap_or_else(|error| serde_json::json!({ "error": error.code() })));
}

struct Node {
    transport: Transport,
    key: PrivateKey,
    client: Client,
    seals: SealingKeys,
}

impl Node {
    async fn new(input: &NodeInput) -> Result<Self, Error> {
        let roots = Roots::pem(&input.ca_pem).unwrap();
        let transport = Transport::builder().root_certificates(roots).build().unwrap();
        let key = PrivateKey::from_pem(backend::ring(), &input.key_pem, None).unwrap();
        let public = key.public().clone();
        let authentication = AssertionKey::new(public.clone(), AssertionType::default());
        let issuer = Issuer::parse(&input.issuer).unwrap();
        let config = ClientConfig::new(
            issuer.clone(),
            input.client_id.clone(),
            RedirectUri::parse(&input.redirect_uri).unwrap(),
            HttpsUrl::parse(&input.fdx_base).unwrap(),
            ClientAuthentication::PrivateKeyJwt(authentication),
            SenderConstraint::Dpop(ProofKey::new(public)),
            backend::ring(),
        );
        let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, system_now())?;
        let metadata = protocol(transport.run(draft, &key, system_now).await)?;
        let client = Client::new(config, metadata)?;
        let seals = SealingKeys::new(backend::ring(), SealingKey::new(1, input.sealing_key));
        Ok(Self { transport, key, client, seals })
    }

    async fn run<T: fdx_par::Output>(&self, draft: fdx_par::Draft<T>) -> Result<T, Error> {
        protocol(self.transport.run(draft, &self.key, system_now).await)
    }
}

async fn push(input: &NodeInput) -> Result<serde_json::Value, Error> {
    let node = Node::new(input).await?;
    let request = AuthorizationRequest::new(consent_request()).openid();
    let pushed = node.run(node.client.push(&request, entropy(), system_now())?).await?;
    let (url, pending) = pushed.redirect(system_now())?;
    let sealed = pending.seal(&node.seals, input.session.as_bytes(), entropy())?;
    Ok(serde_json::json!({ "url": url.as_str(), "sealed": sealed }))
}

async fn finish(input: &NodeInput) -> Result<serde_json::Value, Error> {
    let node = Node::new(input).await?;
    let session = input.session.as_bytes();
    let pending = node.client.open(&input.sealed, &node.seals, session, system_now())?;
    let Callback::Code(accepted) = node.client.callback(pending, &input.callback, system_now())?
    else {
        return Ok(serde_json::json!({ "denied": true }));
    };
    let exchanged = node.run(node.client.exchange(accepted, entropy(), system_now())?).await?;
    let keys = node.run(node.client.fetch_keys(system_now())?).await?;
    let Verification::Done(verified) = node.client.verify(exchanged, Some(&keys), system_now())?
    else {
        return Ok(serde_json::json!({ "keys": "unknown" }));
    };
    let read = node.run(node.client.read_consent(&verified, entropy(), system_now())?).await?;
    let granted = verified.granted(read)?;
    Ok(serde_json::json!({
        "consent_id": granted.consent_id().map(|id| id.as_str()),
        "granted": granted.coverage().granted().len(),
        "withheld": granted.coverage().withheld().len(),
        "receipt": client_receipt(&node, &granted)?,
    }))
}

fn client_receipt(node: &Node, granted: &fdx_par::Granted) -> Result<String, Error> {
    Ok(node.client.receipt(granted, system_now())?.canonical_json())
}

fn entropy() -> Entropy {
    Entropy::from_os().unwrap()
}

fn protocol<T, D>(result: Result<T, RunError<D>>) -> Result<T, Error> {
    match result {
        Ok(value) => Ok(value),
        Err(RunError::Protocol(error)) => Err(error),
        Err(other) => std::panic::panic_any(other.without_draft().to_string()),
    }
}
