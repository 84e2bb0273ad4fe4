//! Sealing and cookies: where a flow waits while the customer is at the institution.
//!
//! Between the push and the callback somebody has to keep `state`, `nonce`, the verifier and what
//! was asked: a [`Pending`](crate::Pending). It may wait in memory, in a store, or, sealed, in a
//! cookie of the customer's own browser, so that any node can finish what another began, and nobody
//! keeps a table. A web service that does so, with two tabs at once: `cargo run -p fdx-examples --bin
//! axum`.
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! use fdx_jose::{SealingKey, SealingKeys};
//!
//! # let key = new_key();
//! # let client = client(&key);
//! # let (pending, arrived) = pending(&client, &key);
//! let ring = SealingKeys::new(backend::ring(), SealingKey::new(1, [7; 32])); // 32 random bytes
//! let session = b"the browser's session id";
//!
//! // The customer is sent off: a 303 to the URL, and this cookie.
//! let sealed = pending.seal(&ring, session, entropy(2))?;
//! let cookie = format!(
//!     "__Host-fdx-{}={sealed}; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=1800",
//!     pending.flow_id(),
//! );
//! assert!(cookie.len() < 4096);
//!
//! // The customer comes back, perhaps to another node. Which cookie? The callback says.
//! let flow = FlowId::claimed_by(&arrived).ok_or("no flow")?;
//! assert!(cookie.starts_with(&format!("__Host-fdx-{flow}=")));
//! let opened = client.open(&sealed, &ring, session, NOW)?;
//! assert!(matches!(client.callback(opened, &arrived, NOW)?, Callback::Code(_)));
//! // Clear the cookie with the response, whatever the outcome but a wrong callback.
//!
//! // In another session it does not open.
//! assert!(client.open(&sealed, &ring, b"another session", NOW).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The cookie
//!
//! - **`__Host-`** keeps a sister domain from setting it; it demands `Secure` and `Path=/`, and no
//!   `Domain`.
//! - **`SameSite=Lax`**, not `Strict`: the callback is a navigation from the institution's site, and
//!   a strict cookie would not come with it.
//! - **`HttpOnly`**: no script needs it.
//! - **`Max-Age`** of the callback deadline, 30 minutes unless
//!   [`ClientConfig::callback_within`](crate::ClientConfig) says otherwise. The deadline is sealed in
//!   as well: an old value does not open.
//! - **One for each flow**, named by its flow id. A customer with two tabs has two flows and two
//!   cookies, and finishes them in any order. A flow id is no secret; with `state` it travels through
//!   the front channel.
//! - A usual request is 958 characters. More than 3,800 is an error when it is sealed
//!   ([`SealFault::TooLarge`](crate::SealFault)), not a cookie that a browser drops in silence.
//!   Browsers keep some dozens of cookies for a site: clear those that are done.
//!
//! # Which session
//!
//! The `session` bytes name the browser session in which the customer pressed the button: a session
//! id, or a digest of one. They are not stored in the sealed value, and it opens only beside the same
//! bytes. So a value that an attacker sealed in a session of their own is of no use in the
//! customer's. If the id changes at login, begin the flow after the login. If there is no session at
//! all, pass nothing (`b""`): the cookie is then the session.
//!
//! # What a sealed value promises, and what not
//!
//! It promises secrecy and integrity: AES-256-GCM, under a key that is made afresh from a random salt
//! for each value. It opens unchanged or not at all; with a key of the ring; for the same issuer,
//! `client_id`, `redirect_uri` and session; until its deadline; and an error does not tell which of
//! these was wrong.
//!
//! It does not promise that it is opened once. A cookie can be sent twice, and a browser's back
//! button does. Exactly once is a claim of the flow id, made between
//! [`Client::callback`](crate::Client::callback) and
//! [`Client::exchange`](crate::Client::exchange): see [`many_nodes`](super::many_nodes). Without a
//! claim the second exchange ends in the institution's refusal, and it is the institution's choice
//! whether a code that is sent twice also ends the first one's tokens: many do, as RFC 6749 4.1.2
//! recommends.
//!
//! # Rotating the ring
//!
//! A ring seals with one key and opens with several. To change keys without losing a flow:
//! 1. give every node the new key as one that *opens*;
//! 2. when all have it, let them *seal* with the new one and open with the old one;
//! 3. after the callback deadline, drop the old one.
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! use fdx_jose::{SealingKey, SealingKeys};
//! # let key = new_key();
//! # let client = client(&key);
//! # let (pending, _) = pending(&client, &key);
//!
//! let (old, new) = (|| SealingKey::new(1, [1; 32]), || SealingKey::new(2, [2; 32]));
//! let first = SealingKeys::new(backend::ring(), old()).and_opens(new());
//! let second = SealingKeys::new(backend::ring(), new()).and_opens(old());
//!
//! let before = pending.seal(&first, b"", entropy(2))?;
//! let after = pending.seal(&second, b"", entropy(3))?;
//! for sealed in [before, after] {
//!     assert!(client.open(&sealed, &first, b"", NOW).is_ok());
//!     assert!(client.open(&sealed, &second, b"", NOW).is_ok());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each key has a number that is never used for another key. The bytes of a sealing key are 32 random
//! bytes; derive nothing from a password. Whoever has them reads verifiers of flows that are under
//! way: keep them like any other key, and out of the image that is deployed.
