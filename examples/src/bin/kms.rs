//! A consent with keys in a key management service (KMS): the recipient holds no private key.
//!
//! A draft lists its signing inputs: role, algorithm, kid, digest. The KMS signs digests and returns
//! ECDSA signatures in DER. It fails once, and the program repeats the request: the draft was only
//! borrowed. It is slow once, so that the assertion becomes too old, and the draft is renewed with
//! new `iat` and `jti` values. The flow is the same in all examples.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use fdx_examples::{Bank, consent_request, entropy, fresh_key, print_granted, step};
use fdx_jose::{Algorithm, PrivateKey, PublicKey, Signature, SigningInput, backend};
use fdx_par::{
    Callback, Client, Draft, Output, ResourceRequest, Step, Verification, WellKnown, discover,
};
use fdx_sandbox::customer::Decision;
use fdx_wire::{UnixTime, base64url};
use smol::channel::{Receiver, Sender, bounded, unbounded};

/// A signature that took longer is discarded: an assertion is valid for 60 seconds.
const FRESH: Duration = Duration::from_secs(30);

/// 2026-01-05T10:00:00Z. The example advances this clock itself instead of waiting.
static CLOCK: AtomicU64 = AtomicU64::new(1_767_607_200);

fn now() -> UnixTime {
    UnixTime::from_seconds(CLOCK.load(Ordering::Relaxed))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (pair, public) = new_key()?;
    let bank = Bank::in_memory(&public, "https://app.example/callback")?;
    step("wire", "none: the institution is a value; the key is in a KMS");
    let (orders, incoming) = unbounded();
    let service = thread::spawn(move || smol::block_on(serve(&pair, &incoming)));

    smol::block_on(flow(&bank, &Wire { bank: &bank, kms: orders }))?;
    // All senders are dropped, so the service ends.
    let signed = service.join().map_err(|_| "the service panicked")?;
    step("done", format!("{signed} signatures, none made here"));
    Ok(())
}

/// Runs the flow from discovery to the first data.
async fn flow(bank: &Bank, wire: &Wire<'_>) -> Result<(), Box<dyn Error>> {
    let known = WellKnown::OAuthAuthorizationServer;
    let metadata = wire.run(discover(&bank.issuer, known, now())?).await?;
    let client = Client::new(bank.recipient()?, metadata)?;
    step("discovered", client.metadata().issuer().as_str());

    let pushed = wire.run(client.push(&consent_request()?, entropy()?, now())?).await?;
    step("pushed", "redirect the customer before the request_uri expires");
    let (url, pending) = pushed.redirect(now())?;
    let received = bank.customer(url.as_str(), &Decision::less_than_requested(), now())?;
    step("returned", "the customer has decided");

    let Callback::Code(accepted) = client.callback(pending, &received, now())? else {
        return Err("the customer denied the request".into());
    };
    let exchanged = wire.run(client.exchange(accepted, entropy()?, now())?).await?;
    // A real program persists exchanged.to_json() here: the next steps can fail, and the tokens
    // are issued only once.

    let keys = wire.run(client.fetch_keys(now())?).await?;
    let Verification::Done(verified) = client.verify(exchanged, Some(&keys), now())? else {
        return Err("the institution does not publish the key of the ID token".into());
    };
    let bound_by = verified.tokens().access_token().bound_by();
    step("exchanged", format!("a token of type {}", bound_by.token_type()));
    let read = wire.run(client.read_consent(&verified, entropy()?, now())?).await?;
    let granted = verified.granted(read)?;
    print_granted(&granted);

    let accounts = ResourceRequest::get(client.config().fdx_base.join_segment("accounts")?);
    let token = granted.tokens().access_token();
    let response = wire.run(client.call(token, accounts, entropy()?, now())?).await?;
    step("called", format!("GET /accounts: {}", response.status()));
    Ok(())
}

/// Runs exchanges, and requests signatures from the KMS.
struct Wire<'a> {
    bank: &'a Bank,
    kms: Sender<Order>,
}

impl Wire<'_> {
    /// Signs, sends and receives until the exchange is done. The signer can fail and can be slow.
    async fn run<T: Output>(&self, mut draft: Draft<T>) -> Result<T, Box<dyn Error>> {
        let mut drafted = now();
        loop {
            let signatures = match self.sign(draft.signing_inputs()).await {
                Ok(signatures) => signatures,
                Err(error) => {
                    step("kms failed", format!("{error}: the draft is unchanged, try again"));
                    self.sign(draft.signing_inputs()).await?
                }
            };
            if now() > drafted + FRESH {
                show("stale", draft.signing_inputs())?;
                (draft, drafted) = (draft.renew(now())?, now());
                show("renewed", draft.signing_inputs())?;
                continue;
            }
            let (request, sent) = draft.attach(signatures).map_err(fdx_par::Error::from)?;
            let response = self.bank.answer(&request.into_http(), now());
            match sent.receive(response, now())? {
                Step::Again(fresh) => {
                    step(
                        "again",
                        "the institution requires a DPoP nonce: the request is minted again",
                    );
                    (draft, drafted) = (fresh, now());
                }
                Step::Done(output) => return Ok(output),
            }
        }
    }

    /// Requests all signatures before it waits for the first: they are independent of each other.
    async fn sign(&self, inputs: &[SigningInput]) -> Result<Vec<Signature>, Box<dyn Error>> {
        let mut answers = Vec::new();
        for input in inputs {
            let (reply, answer) = bounded(1);
            let kid = input.kid().ok_or("the key has no kid")?.to_owned();
            let (algorithm, digest) = (input.algorithm(), input.digest());
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            step("to the KMS", format!("{:?}, {algorithm}, {kid}, {hex}", input.role()));
            self.kms.send(Order { kid, algorithm, digest, reply }).await?;
            answers.push(answer);
        }
        let mut signatures = Vec::new();
        for answer in answers {
            // The encoding is known from the documentation of the KMS, not guessed.
            signatures.push(Signature::from_der_ecdsa(&answer.recv().await??)?);
        }
        Ok(signatures)
    }
}

/// Prints the claims of a draft's signing inputs.
fn show(when: &str, inputs: &[SigningInput]) -> Result<(), Box<dyn Error>> {
    for input in inputs {
        let text = str::from_utf8(input.bytes())?;
        let claims = text.split('.').nth(1).ok_or("a signing input has no claims")?;
        let claims: serde_json::Value = serde_json::from_slice(&base64url::decode(claims)?)?;
        let (jti, iat) = (claims.get("jti"), claims.get("iat"));
        let (jti, iat) = jti.zip(iat).ok_or("the claims have no jti or iat")?;
        step(when, format!("{:?}, iat {iat}, jti {jti}", input.role()));
    }
    Ok(())
}

/// A request to the KMS. It contains neither the key nor the signed text.
struct Order {
    kid: String,
    algorithm: Algorithm,
    digest: [u8; 32],
    reply: Sender<Result<Vec<u8>, &'static str>>,
}

/// Generates the key inside the KMS. Only the public key and its kid leave it.
fn new_key() -> Result<(EcdsaKeyPair, PublicKey), Box<dyn Error>> {
    let pkcs8 = fresh_key()?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8)?;
    let key = PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, Some("kms-7"))?;
    Ok((pair, key.public().clone()))
}

/// Runs the KMS. It takes 90 seconds for its first order, and refuses its fifth.
async fn serve(pair: &EcdsaKeyPair, orders: &Receiver<Order>) -> usize {
    let mut signed = 0;
    let mut number = 0;
    while let Ok(Order { kid, algorithm, digest, reply }) = orders.recv().await {
        number += 1;
        if number == 1 {
            CLOCK.fetch_add(90, Ordering::Relaxed);
        }
        let signature = match (kid.as_str(), algorithm) {
            _ if number == 5 => Err("too many requests"),
            ("kms-7", Algorithm::Es256) => Digest::import_less_safe(&digest, &SHA256)
                .and_then(|digest| pair.sign_digest(&digest))
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| "internal error"),
            _ => Err("no such key"),
        };
        signed += usize::from(signature.is_ok());
        // The requester may have stopped waiting.
        let _ = reply.send(signature).await;
    }
    signed
}
