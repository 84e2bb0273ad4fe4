//! Sealing and cookies: how to keep a flow while the customer is at the institution.
//!
//! Between the push and the callback, your program keeps a [`Pending`](crate::Pending): `state`,
//! `nonce`, the verifier and the request. Keep it in memory, in a store, or sealed in a cookie of
//! the customer's browser. With a cookie, any node can finish the flow, and no table is needed. A
//! web service that does this, with two tabs at once: `cargo run -p fdx-examples --bin axum`.
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
//! // Redirect the customer: a 303 to the URL, and this cookie.
//! let sealed = pending.seal(&ring, session, entropy(2))?;
//! let cookie = format!(
//!     "__Host-fdx-{}={sealed}; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=1800",
//!     pending.flow_id(),
//! );
//! assert!(cookie.len() < 4096);
//!
//! // The callback arrives, perhaps at another node. It contains the flow id that names the cookie.
//! let flow = FlowId::claimed_by(&arrived).ok_or("no flow")?;
//! assert!(cookie.starts_with(&format!("__Host-fdx-{flow}=")));
//! let opened = client.open(&sealed, &ring, session, NOW)?;
//! assert!(matches!(client.callback(opened, &arrived, NOW)?, Callback::Code(_)));
//! // Clear the cookie with the response, unless the callback was wrong.
//!
//! // It does not open in another session.
//! assert!(client.open(&sealed, &ring, b"another session", NOW).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The cookie
//!
//! - **`__Host-`** prevents a sibling domain from setting the cookie. It requires `Secure` and
//!   `Path=/`, and forbids `Domain`.
//! - **`SameSite=Lax`**, not `Strict`: the callback is a navigation from the institution's site,
//!   and browsers do not send strict cookies with it.
//! - **`HttpOnly`**: no script needs the cookie.
//! - **`Max-Age`** equal to the callback deadline, by default 30 minutes
//!   ([`ClientConfig::callback_within`](crate::ClientConfig)). The sealed value also contains the
//!   deadline, and does not open after it.
//! - **One for each flow**, named by its flow id. A customer with two tabs has two flows and two
//!   cookies, and finishes them in any order. A flow id is not secret: as a part of `state` it
//!   passes through the front channel.
//! - A typical value has 958 characters. Sealing more than 3,800 is an error
//!   ([`SealFault::TooLarge`](crate::error::SealFault)), because browsers silently drop larger cookies.
//!   Browsers keep a few dozen cookies for a site: clear finished ones.
//!
//! # The session
//!
//! The `session` bytes identify the browser session in which the customer began the flow: a session
//! id, or a digest of one. The sealed value does not contain them, and opens only with the same
//! bytes. Therefore a value that an attacker sealed in the attacker's session is useless in the
//! customer's. If the id changes at login, begin the flow after the login. If there is no session,
//! pass `b""`: the cookie is then the session.
//!
//! # Guarantees of a sealed value
//!
//! Sealing guarantees secrecy and integrity: AES-256-GCM, with a key derived from a fresh random
//! salt for each value. A value opens only unchanged, with one of the sealing keys, for the same
//! issuer, `client_id`, `redirect_uri` and session, and until its deadline. The error does not
//! reveal which of these was wrong.
//!
//! Sealing does not guarantee that a value is opened once. A browser can send a cookie twice, for
//! example after the back button. For this guarantee, claim the flow id between
//! [`Client::callback`](crate::Client::callback) and [`Client::exchange`](crate::Client::exchange):
//! see [`many_nodes`](super::many_nodes). Without a claim the institution refuses the second
//! exchange. Many institutions then also revoke the tokens of the first one, as RFC 6749 4.1.2
//! recommends.
//!
//! # Rotating sealing keys
//!
//! [`SealingKeys`](fdx_jose::SealingKeys) seal with one key and open with several. To change keys
//! without losing a flow:
//! 1. Give every node the new key as a key that *opens*.
//! 2. When all nodes have it, let them *seal* with the new key and open with the old one.
//! 3. After the callback deadline, remove the old key.
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
//! Each key has a number. Never use a number for another key. A sealing key is 32 random bytes; do
//! not derive it from a password. An attacker with the key can read the verifiers of flows in
//! progress. Protect it like any other key, and do not put it into the deployed image.
