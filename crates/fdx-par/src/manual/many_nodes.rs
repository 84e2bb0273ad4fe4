//! Many nodes: what has to be shared, what need not be, and what to do when an answer is lost.
//!
//! One process can begin a flow and another finish it; a [`Client`](crate::Client) is configuration
//! and metadata, and every node can have its own. What must happen *once* across all of them needs one
//! atomic step in a store of yours. There are two such things: the exchange of a code, and the
//! refresh of a grant.
//!
//! | thing | share it? | if it is not shared |
//! |---|---|---|
//! | keys, configuration | yes | |
//! | sealing ring | yes, where a cookie may reach any node | the flow starts over |
//! | claims of flow ids | yes | a code may be sent twice |
//! | stored grants | yes | |
//! | server metadata, server keys | no | each node fetches its own |
//! | nonce memory | no | one more round trip for each node |
//!
//! # Claim the flow, then send the code
//!
//! Within one process a code can't be used twice: [`Client::exchange`](crate::Client::exchange) takes
//! it. A sealed cookie can be opened by two nodes at once. So claim the flow id after the callback was
//! accepted and before the code is sent: a set-if-absent in whatever store there is, kept until the
//! callback deadline has passed.
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
//! assert!(claims.insert(accepted.flow_id().as_str().to_owned())); // ours: go on
//! let draft = client.exchange(accepted, entropy(2), NOW)?;
//!
//! # let accepted = second;
//! // Another node, with the same cookie: it is being dealt with. Show the customer the outcome.
//! assert!(!claims.insert(accepted.flow_id().as_str().to_owned()));
//! # drop(draft);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Claim *after* the callback: anyone can send a wrong callback with a right flow id, and a claim made
//! too early would let a stranger end the customer's flow. A wrong callback gives the pending value back
//! unspent ([`Refused`](crate::Refused)) for the same reason.
//!
//! # Persist at once
//!
//! When the token endpoint has answered, the code is spent and the tokens are in one process's memory.
//! Store [`Exchanged::to_json`](crate::Exchanged::to_json) before anything else: before keys are
//! fetched, before the ID token is verified. The text contains all that verification needs. Every later
//! step returns the tokens when it fails: a key set that can't be fetched for a minute costs a minute,
//! not the customer's consent. When the grant is complete, replace the text by that of
//! [`Granted::stored`](crate::Granted::stored).
//!
//! The types keep the two apart. [`Client::restore`](crate::Client::restore) refuses the text of
//! unverified tokens, and [`Client::restore_unverified`](crate::Client::restore_unverified) returns
//! tokens that can only be verified, persisted, refreshed or revoked:
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
//!     return Ok(()); // the text of Refreshed::to_json: Client::verify_refreshed
//! };
//! // Without openid no key is needed; with openid, fetch the server's keys first.
//! let Verification::Verified(verified) = client.verify(exchanged, None, NOW)? else {
//!     return Ok(());
//! };
//! assert!(verified.tokens().refresh_token().is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What to do when verification fails:
//!
//! | outcome | do |
//! |---|---|
//! | the keys can't be fetched | keep the text, and verify later |
//! | the keys can't be fetched for long | [`Client::refresh_unverified`](crate::Client::refresh_unverified) keeps the tokens alive; persist, then verify later |
//! | the ID token or a consent id is rejected | [`Client::revoke`](crate::Client::revoke) the tokens, then delete the text |
//!
//! # Refresh across nodes
//!
//! A server may answer a refresh with a new refresh token, with the same one, or with none;
//! [`Refreshed::to_json`](crate::Refreshed::to_json) is right in all three cases. FAPI 2.0 servers do not
//! rotate refresh tokens but for good reasons, and those that do take the old one for a while longer.
//! Others end the whole grant when an old token is used again. So let one node refresh a grant at a
//! time:
//! 1. read the row with its version number;
//! 2. if it was refreshed meanwhile, use that;
//! 3. take a short lease on the row (it ends by itself, for a node that dies);
//! 4. refresh, and write [`Refreshed::to_json`](crate::Refreshed::to_json) back on condition that the
//!    row's version is still the one you read;
//! 5. verify with [`Client::verify_refreshed`](crate::Client::verify_refreshed), and write the verified
//!    grant: an ID token that comes with a refresh is about the same customer and login as the first
//!    one, or the tokens can't be used.
//!
//! # Nonces
//!
//! A [`NonceMemory`](crate::NonceMemory) is bounded and shared by cloning within one process
//! ([`Client::with_nonces`](crate::Client::with_nonces)). Sharing it between processes is not worth it:
//! a node that has not heard of a nonce learns it from one refusal, mints everything anew and goes on.
//!
//! # When an answer is lost
//!
//! A connection that breaks after the request went out leaves open whether the server acted.
//! [`Sent::on_no_response`](crate::Sent::on_no_response) says what is safe:
//!
//! | exchange | safe is | because |
//! |---|---|---|
//! | discovery, keys, introspection, reading a consent | the same again | nothing was changed |
//! | push | a new push | a `request_uri` that nobody heard of expires by itself |
//! | code exchange | to start over | a code that may be spent is never sent again: servers take that for theft |
//! | refresh | the old refresh token, once more | a server that rotates has to allow for it for a while |
//! | revocation | the same again | revoking twice is revoking |
//! | resource call | a `GET` again; for anything else ask first what happened | only you know the call |
//!
//! "Again" always means a new draft, with fresh entropy: no `jti` is ever sent twice.
