//! FDX v6 consent over FAPI 2.0, the data recipient's side, without I/O.
//!
//! Every interaction with the institution is a value, an *exchange*: a [`Draft`] holds the bytes
//! that want signing; signed, it gives up one [`Request`] and waits as a [`Sent`]; the response
//! makes of that its output, an [`Error`], or once, for a DPoP nonce, a fresh draft. One loop
//! drives them all, in any runtime or in none. A consent's life is a chain of types:
//!
//! ```text
//!  discover ─▶ ServerMetadata ─▶ Client
//!                                  │ push (RFC 9126, 9396, 7636)
//!                                  ▼
//!                               Pushed ── redirect ──▶ AuthorizationUrl, Pending ◀─▶ sealed text
//!                                                                           │ callback (RFC 9207)
//!                  Exchanged ◀── exchange (RFC 6749, 9449, 8705) ── Accepted ┘
//!                      │ verify (OpenID Connect Core 3.1.3.7) ◀── fetch_keys ─▶ ServerKeys
//!                      ▼
//!                  Verified ◀── introspect (RFC 7662) ─▶ Introspection
//!                      │ granted ◀── read_consent ─▶ ConsentRead
//!                      ▼
//!                  Granted ── receipt ──▶ ConsentReceipt
//!                      │ stored                                  call ─▶ ResourceAnswer
//!                      ▼                                       revoke ─▶ Revoked (a token)
//!                 StoredGrant ── refresh ─▶ Refreshed ── verify ─▶ StoredGrant
//!                      │
//!                      ├── read_consent_by_id ─▶ ConsentRead    any token of the consent's does,
//!                      ├── list_revocations ───▶ Revocations    or the client's own:
//!                      ▼ revoke_consent                         client_credentials ─▶ ClientToken
//!                ConsentRevoked: the end
//! ```
//!
//! Tokens can be used only after verification. Before it, an [`Exchanged`] and a [`Refreshed`] can
//! be persisted, restored ([`Client::restore_unverified`]), refreshed
//! ([`Client::refresh_unverified`]) and revoked ([`Client::revoke`]); neither returns an
//! [`AccessToken`], and neither becomes a [`StoredGrant`].
//!
//! Where there is no `client_id` yet, a [`Registrar`] gets one, and gives the [`ClientConfig`].
//!
//! In the response mode `jwt` (JARM) the callback is read in two steps, [`Client::signed_callback`]
//! and [`Client::verify`]. The [`manual`] has the chapters: which layer to take, the threat
//! model, defence in depth, cookies, keys in a KMS, many nodes, message signing, the dialects, every
//! clause and every error code, and what is proven of all this.
//!
//! [`Readiness`] says of an institution's metadata all that FAPI 2.0 and a client's configuration
//! would have otherwise, before anything is sent.
//!
//! What a provider does otherwise is data in its [`Dialect`], every difference with its source; what
//! is not FAPI at all is in [`not_fapi`]. Nothing else makes a client lenient.
//!
//! It never opens a socket, reads a clock, draws random bytes, starts a thread, waits, or holds a
//! private key. `now` and [`Entropy`](fdx_wire::Entropy) are arguments; what it writes is a function
//! of its arguments. Without a dialect, FAPI 2.0 Security Profile Final can't be switched off.
//!
//! ```
//! # use fdx_jose::{Algorithm, AssertionKey, AssertionType, Jwks, PrivateKey, ProofKey, backend};
//! # use fdx_par::*;
//! # use fdx_rar::{
//! #     ConsentDuration, ConsentRequest, ConsentRevocationRequest, DataCluster, PartyType,
//! #     ResourceType, RevocationReason,
//! # };
//! # use fdx_sandbox::customer::{ConsentPage, Decision};
//! # use fdx_sandbox::{Binding, Sandbox, InstitutionConfig, RegisteredClient};
//! # use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, UnixTime};
//! # let pkcs8 = backend::ring().generate_pkcs8(Algorithm::Es256)?;
//! # let key = PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, None)?;
//! # let issuer = Issuer::parse("https://bank.example")?;
//! # let redirect_uri = RedirectUri::parse("https://app.example/callback")?;
//! # let mtls = HttpsUrl::parse("https://mtls.bank.example")?;
//! # let signs = PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, None)?;
//! # let mut config = InstitutionConfig::new(issuer.clone(), mtls, backend::ring(), vec![signs]);
//! # let jwks = Jwks::new(vec![key.public().clone()]);
//! # let redirect_uris = vec![redirect_uri.clone()];
//! # let mut client = RegisteredClient::new("app", redirect_uris, jwks, Binding::Dpop);
//! # let scopes = ["openid", "fdx:accountbasic:read", "fdx:transactions:read"];
//! # client.scopes = scopes.map(String::from).into();
//! # config.clients.push(client);
//! # let mut bank = Sandbox::new(config, Entropy::new([9; 32]));
//! # let now = UnixTime::from_seconds(1_767_607_200);
//! # let entropy = |n| Entropy::new([n; 32]);
//! # let fdx_base = HttpsUrl::parse("https://bank.example/fdx/v6")?;
//! # fn browse(bank: &mut Sandbox, url: &str, now: UnixTime) -> String {
//! #     let page = bank.handle(&http::Request::get(url).body(vec![]).unwrap(), None, now);
//! #     let form = ConsentPage::read(&page).unwrap().decide(&Decision::everything()).unwrap();
//! #     bank.handle(&form, None, now).headers()["location"].to_str().unwrap().into()
//! # }
//! // The loop. `wire` is any HTTP client, here an institution in memory.
//! fn run<T: Output>(mut draft: Draft<T>, key: &PrivateKey, wire: &mut Sandbox, now: UnixTime)
//!     -> Result<T, Error>
//! {
//!     loop {
//!         let signatures = draft.sign(key)?; // or hand draft.signing_inputs() to a KMS
//!         let (request, sent) = draft.attach(signatures)?;
//!         let response = wire.handle(&request.into_http(), None, now);
//!         match sent.receive(response, now)? {
//!             Step::Again(fresh) => draft = fresh,
//!             Step::Done(output) => return Ok(output),
//!         }
//!     }
//! }
//!
//! let metadata = discover(&issuer, WellKnown::OAuthAuthorizationServer, now)?;
//! let metadata = run(metadata, &key, &mut bank, now)?;
//! let client = Client::new(
//!     ClientConfig::new(
//!         issuer, "app", redirect_uri, fdx_base,
//!         ClientAuthentication::PrivateKeyJwt(
//!             AssertionKey::new(key.public().clone(), AssertionType::default())),
//!         SenderConstraint::Dpop(ProofKey::new(key.public().clone())),
//!         backend::ring(),
//!     ),
//!     metadata,
//! )?;
//!
//! let consent = ConsentRequest::new(ConsentDuration::time_bound(90)?)
//!     .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
//!     .build()?;
//! let request = AuthorizationRequest::new(consent).openid();
//! let pushed = run(client.push(&request, entropy(1), now)?, &key, &mut bank, now)?;
//! let (url, pending) = pushed.redirect(now)?; // 303 to url; seal pending into a cookie
//!
//! let received = browse(&mut bank, url.as_str(), now); // what the customer brings back
//! let Callback::Code(accepted) = client.callback(pending, &received, now)? else {
//!     return Ok(()); // the customer said no
//! };
//! let exchanged = run(client.exchange(accepted, entropy(2), now)?, &key, &mut bank, now)?;
//! // Persist exchanged.to_json() here.
//! let keys = run(client.fetch_keys(now)?, &key, &mut bank, now)?;
//! let Verification::Done(verified) = client.verify(exchanged, Some(&keys), now)? else {
//!     return Ok(()); // an unknown key: fetch the keys once more
//! };
//! let read = run(client.read_consent(&verified, entropy(3), now)?, &key, &mut bank, now)?;
//! let granted = verified.granted(read)?;
//!
//! assert!(granted.coverage().is_whole());
//! let receipt = client.receipt(&granted, now)?;
//! assert_eq!(receipt.consent_id(), granted.consent_id());
//!
//! // Some day the customer has enough of it.
//! let (id, token) = (granted.consent_id().unwrap(), granted.tokens().access_token());
//! let why = ConsentRevocationRequest::new(RevocationReason::UserAction, PartyType::DataRecipient);
//! let ended = run(client.revoke_consent(id, token, &why, entropy(4), now)?, &key, &mut bank, now)?;
//! assert_eq!(ended.outcome(), fdx_api::RevocationOutcome::Revoked);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod client;
pub mod consent;
pub mod dialect;
pub mod discovery;
pub mod error;
mod exchange;
pub mod fdx_api;
pub mod manual;
pub mod not_fapi;
pub mod readiness;
pub mod registration;
#[cfg(test)]
mod tests;
pub mod tokens;

pub use client::binding::BoundBy;
pub use client::client::Client;
pub use client::config::{
    ClientAuthentication, ClientConfig, MtlsEndpoints, RequestObjects, ResponseMode,
    SenderConstraint,
};
pub use client::fdx_headers::{ActorType, FdxHeaders};
pub use client::verification::Verification;
pub use consent::callback::callback::{Accepted, Callback};
pub use consent::callback::signed::SignedCallback;
pub use consent::code_exchange::Exchanged;
pub use consent::granted::Granted;
pub use consent::pending::pending::{FlowId, Pending};
pub use consent::push::pushed::{AuthorizationUrl, Pushed};
pub use consent::push::request::AuthorizationRequest;
pub use consent::refresh::Refreshed;
pub use consent::stored_grant::StoredGrant;
pub use consent::unverified::UnverifiedTokens;
pub use consent::verified::Verified;
pub use dialect::definition::Dialect;
pub use discovery::discover::{WellKnown, discover};
pub use discovery::endpoint::Endpoint;
pub use discovery::keys::ServerKeys;
pub use discovery::metadata::ServerMetadata;
pub use error::callback::CallbackFault;
pub use error::caller::{CallFault, ConfigurationFault, StoredStateFault};
pub use error::error::Error;
pub use error::next_step::NextStep;
pub use error::notice::Notice;
pub use error::refusal::Refusal;
pub use error::refused::Refused;
pub use error::server::ServerRule;
pub use exchange::draft::{Draft, Output, Sent, Step};
pub use exchange::nonces::NonceMemory;
pub use exchange::request::{ClientCertificate, Request};
pub use fdx_api::consent::ConsentRead;
pub use fdx_api::resource::{ResourceAnswer, ResourceRequest};
pub use readiness::readiness::Readiness;
pub use registration::choices::Registration;
pub use registration::exchanges::InitialAccess;
pub use registration::registered::Registered;
pub use registration::registrar::Registrar;
pub use tokens::introspection::Introspection;
pub use tokens::revocation::{Revoked, TokenTypeHint};
pub use tokens::tokens::{AccessToken, Tokens};
