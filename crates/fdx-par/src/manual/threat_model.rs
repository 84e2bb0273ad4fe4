//! The threat model: who attacks, what each check is for, and what stays your duty.
//!
//! FAPI 2.0 is designed against attackers with more power than a thief of passwords: they own
//! websites that the customer visits, act as an institution that the recipient also uses, control the
//! network, and read requests and responses that were meant to be private. The aim is that none of
//! them reads a customer's data, acts as the customer, or brings their own account into the
//! customer's session. What is said here holds for a client without a [dialect](crate::dialect): the
//! members of one say what it gives up, and [`not_fapi`](crate::not_fapi) what is worse than that.
//!
//! # Attackers, and what holds them
//!
//! | the attacker | would like to | what holds | chapter or type |
//! |---|---|---|---|
//! | owns a website, sends links to the customer | start a flow in the customer's name, or finish one with the attacker's code (CSRF, login swap) | `state` of 256 bits compared in constant time; the pending value is sealed for one browser session; PKCE ties the code to the node that pushed | [`Client::callback`](crate::Client::callback), [`sealing_and_cookies`](super::sealing_and_cookies) |
//! | is an institution too, and turns rogue | have its code or its answer taken for another's (mix-up) | `iss` is required and compared exactly; a pending value belongs to one issuer, client and redirect_uri; one [`Client`](crate::Client) for each institution | [`CallbackFault::IssMismatch`](crate::CallbackFault) |
//! | the same | collect an assertion or a token that is good elsewhere | the audience of an assertion is the configured issuer, whatever the metadata says (under a dialect with `audience-token-endpoint`, a token endpoint on the issuer's origin, or no client is made); tokens go nowhere but below the configured FDX base; a DPoP key of its own for each institution | [`ClientConfig`](crate::ClientConfig) |
//! | controls the network | read or change what passes | only `https` URLs can be expressed; redirects of the back channel are errors; the transport has no switch for bad certificates | `HttpsUrl`, `fdx-transport-hyper` |
//! | reads the authorization request | learn or change what is asked | the front channel carries `client_id` and `request_uri` alone; the request went by PAR | [`AuthorizationUrl`](crate::AuthorizationUrl) |
//! | reads the authorization response | exchange the code first | PKCE, client authentication, and with DPoP a code bound to the key from the push on | [`Client::exchange`](crate::Client::exchange) |
//! | changes the authorization response | inject a code, an error or another consent | JARM signs it; without JARM: `state`, `iss`, and PKCE at the server | [`message_signing`](super::message_signing) |
//! | reads requests or answers at a resource server, or steals tokens from a store | use the token | tokens are bound to a key or a certificate that never travels | [`SenderConstraint`](crate::SenderConstraint) |
//! | answers in the server's place with strange bytes | crash, exhaust or confuse the reader | one strict JSON reader with caps on size, depth and members, no repeated names, and no names that its parser reserves; fixed algorithms by key type; no panics | `fdx_wire::json`, `fdx_jose::Jws` |
//! | names ever new key ids | make the client fetch keys without end | a pure decision with a cooldown | [`KeyPolicy`](crate::KeyPolicy) |
//! | reads logs | find codes, tokens, verifiers | secrets print as `[redacted]`; errors never quote the body of a success | [`Error`](crate::Error) |
//!
//! # What stays with you
//!
//! These can't be held by a library that does no I/O. Each is small; none is optional.
//! - **Begin only when the customer asks for it**, by a click that is protected against CSRF like
//!   any other form of yours. Push then, not when the page loads.
//! - **Take the issuer from configuration or a registry**, never from a request.
//! - **Bind the flow to the browser session**: give [`Pending::seal`](crate::Pending::seal) the
//!   session's bytes, and use the cookie attributes of
//!   [`sealing_and_cookies`](super::sealing_and_cookies).
//! - **Redirect with 303**, to the institution and after the callback. Where the customer goes after
//!   the callback is looked up by the flow; it is never taken from a parameter.
//! - **Send no third party's script or image** on the page that receives the callback, and send
//!   `Referrer-Policy: no-referrer`: its URL holds a code.
//! - **Claim the flow once** where several processes serve it: [`many_nodes`](super::many_nodes).
//! - **Persist tokens as secrets**: [`StoredGrant::to_json`](crate::StoredGrant::to_json) is as
//!   secret as the tokens. They are bound, so that a thief needs the key too; keep the key elsewhere.
//! - **Keep private keys** where they can't be copied, and renew them:
//!   [`keys_in_a_kms`](super::keys_in_a_kms).
//! - **Check the server's certificate**, with a driver that can't be told not to. `fdx-transport-hyper`
//!   does not check revocation; its documentation lists what it checks.
//! - **Filter the addresses that you connect to**, where a URL comes from outside your configuration
//!   (server-side request forgery): `TransportBuilder::address_filter` in `fdx-transport-hyper`.
//! - **Keep the clock right**, and the source of [`Entropy`](fdx_wire::Entropy) the operating
//!   system's.
//! - **End what has ended**: revoke the consent or the tokens when the customer leaves
//!   ([`Client::revoke`](crate::Client::revoke)).
//!
//! # Where wiping ends
//!
//! These crates wipe codes, verifiers, `state`, `nonce`, tokens, ID tokens, keys and what is sealed
//! before they free the memory. That includes buffers that grow and text that is decoded. These
//! copies remain:
//!
//! - **The request's body** after [`Request::into_http`](crate::Request::into_http) is a `Vec` of the
//!   caller's. Wipe it after sending. `fdx-transport-hyper` does.
//! - **The response's body** is the caller's too. Give [`Sent::receive`](crate::Sent::receive) a type
//!   that wipes itself, such as `zeroize::Zeroizing<Vec<u8>>`. `fdx-transport-hyper` does in `run`.
//! - **The HTTP library**: hyper and h2 copy headers and bodies into buffers for reading and writing,
//!   and rustls keeps plaintext in its own. None of them wipes.
//! - **JSON strings with escapes**: serde_json decodes `\/` or `\u0041` into a buffer that it frees
//!   without wiping. A server that escapes slashes in its tokens leaves one such copy.
//! - **The received callback URL**, and the sealed text and stored JSON that a caller passes in.
//! - **URLs of requests**, which contain identifiers and no secrets.
//! - **ring's private keys**, the stack, registers, swap, core dumps and the kernel's socket buffers.
//!
//! # What is outside
//!
//! A customer's device or an institution that is itself taken over, and a recipient's process whose
//! memory can be read: `ring` does not wipe its private keys, and no library can hide a key from its
//! own process. A denial of service at the network. The customer who agrees to a consent that
//! somebody talked them into.
