//! Many nodes: what nodes must share, and what to do if a response is lost.
//!
//! One process can begin a flow and another can finish it. A [`Client`](crate::Client) consists of
//! configuration and metadata, and every node can have its own. Two operations must happen *once*
//! across all nodes: the exchange of a code and the refresh of a grant. Each needs one atomic
//! operation in your store.
//!
//! | value | share it? | if it is not shared |
//! |---|---|---|
//! | keys, configuration | yes | |
//! | sealing keys | yes, if a cookie can reach any node | the flow starts over |
//! | claims of flow ids | yes | a code may be sent twice |
//! | stored grants | yes | |
//! | server metadata, server keys | no | each node fetches them |
//! | nonce memory | no | one more round trip for each node |
//!
//! # Claim the flow, then send the code
//!
//! Within one process a code can't be used twice: [`Client::exchange`](crate::Client::exchange)
//! consumes it. But two nodes can open the same sealed cookie. Therefore claim the flow id after
//! the callback was accepted and before the code is sent. A claim is a set-if-absent in your store.
//! Keep it until the callback deadline has passed.
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! use std::collections::BTreeSet;
//!
//! # let key = new_key();
//! # let client = client(&key);
//! # let (first, second) = (accepted(&client, &key), accepted(&client, &key));
//! let mut claims = BTreeSet::new(); // INSERT .. ON CONFLICT DO NOTHING, SET .. NX, ...
//!
//! let accepted = first; // from Client::callback
//! assert!(claims.insert(accepted.flow_id().as_str().to_owned())); // this node goes on
//! let draft = client.exchange(accepted, entropy(2), NOW)?;
//!
//! # let accepted = second;
//! // Another node with the same cookie: the flow is claimed. Show the customer the outcome.
//! assert!(!claims.insert(accepted.flow_id().as_str().to_owned()));
//! # drop(draft);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Claim *after* the callback. An attacker can send a wrong callback with a valid flow id, and an
//! early claim would let the attacker end the customer's flow. For the same reason a wrong callback
//! returns the pending value unspent ([`Refused`](crate::Refused)).
//!
//! # Persist immediately
//!
//! After the response of the token endpoint, the code is spent and only this process has the
//! tokens. Store [`Exchanged::to_json`](crate::Exchanged::to_json) first: before you fetch keys and
//! before the ID token is verified. The text contains everything that verification needs. Every
//! later step returns the tokens when it fails. If the keys can't be fetched for a minute,
//! verification is late, and the consent is not lost. When the grant is complete, replace the text
//! by that of [`Granted::stored`](crate::Granted::stored).
//!
//! The types distinguish the two texts. [`Client::restore`](crate::Client::restore) refuses the
//! text of unverified tokens, and [`Client::restore_unverified`](crate::Client::restore_unverified)
//! returns tokens that can only be verified, persisted, refreshed or revoked:
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! # let key = new_key();
//! # let client = client(&key);
//! # let draft = client.exchange(accepted(&client, &key), entropy(2), NOW)?;
//! # let tokens = r#"{"access_token":"a","token_type":"DPoP","expires_in":300,"refresh_token":"r"}"#;
//! # let (exchanged, _) = done(draft, &key, 200, tokens);
//! let row = exchanged.to_json(); // versioned, and as secret as the tokens: encrypt it
//!
//! // Another process, later:
//! assert!(client.restore(row.expose()).is_err());
//! let UnverifiedTokens::Exchanged(exchanged) = client.restore_unverified(row.expose())? else {
//!     return Ok(()); // the text of Refreshed::to_json: Client::verify
//! };
//! // Without openid no key is needed. With openid, fetch the server's keys first.
//! let Verification::Done(verified) = client.verify(exchanged, None, NOW)? else {
//!     return Ok(());
//! };
//! assert!(verified.tokens().refresh_token().is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! If verification fails:
//!
//! | outcome | do |
//! |---|---|
//! | the keys can't be fetched | keep the text and verify later |
//! | the keys can't be fetched for a long time | [`Client::refresh_unverified`](crate::Client::refresh_unverified) keeps the tokens alive; persist, then verify later |
//! | the ID token or a consent id is rejected | [`Client::revoke`](crate::Client::revoke) the tokens, then delete the text |
//!
//! # Refresh across nodes
//!
//! The response to a refresh may contain a new refresh token, the same one, or none.
//! [`Refreshed::to_json`](crate::Refreshed::to_json) is correct in all three cases. FAPI 2.0
//! servers rotate refresh tokens only in exceptional cases, and then accept the old one for some
//! time. Other servers revoke the whole grant if an old token is used again. Therefore let one node
//! refresh a grant at a time:
//! 1. Read the row with its version number.
//! 2. If another node has refreshed it, use the new row.
//! 3. Take a short lease on the row. It expires by itself, in case the node crashes.
//! 4. Refresh, and write [`Refreshed::to_json`](crate::Refreshed::to_json) only if the row's
//!    version is unchanged.
//! 5. Verify with [`Client::verify`](crate::Client::verify), and write the
//!    verified grant. The ID token of a refresh must be about the same customer and login as the
//!    first one. Otherwise the tokens can't be used.
//!
//! # Nonces
//!
//! A [`NonceMemory`](crate::NonceMemory) is bounded. Clones share it within one process
//! ([`Client::with_nonces`](crate::Client::with_nonces)). Do not share it between processes: a node
//! without a nonce learns it from one refused request, mints everything again and continues.
//!
//! # If a response is lost
//!
//! If a connection breaks after the request was sent, the server may or may not have acted.
//! [`Sent::on_no_response`](crate::Sent::on_no_response) returns what is safe:
//!
//! | exchange | safe next step | reason |
//! |---|---|---|
//! | discovery, keys, introspection, reading a consent | repeat | nothing was changed |
//! | push | a new push | the lost `request_uri` expires by itself |
//! | code exchange | start over | a code that may be spent is never sent again: servers treat that as theft |
//! | refresh | the old refresh token, once more | a server that rotates must accept it for some time |
//! | revocation | repeat | revoking twice has the same result |
//! | resource call | repeat a `GET`; for other methods first find out what happened | the crate does not know the effect of the call |
//!
//! To repeat is to send a new draft with fresh entropy: no `jti` is ever sent twice.
