//! The threat model: the attackers, the protection against each, and your responsibilities.
//!
//! FAPI 2.0 assumes strong attackers. They own websites that the customer visits, run an
//! institution that the recipient also uses, control the network, and read requests and responses
//! that should be private. No attacker should be able to read a customer's data, act as the
//! customer, or bring the attacker's account into the customer's session. This chapter applies to a
//! client without a [dialect](crate::dialect). The members of a dialect state what it gives up.
//! [`not_fapi`](crate::not_fapi) contains the deviations that give up FAPI's protection.
//!
//! # Attackers and protection
//!
//! | the attacker | tries to | protection | chapter or type |
//! |---|---|---|---|
//! | owns a website, sends links to the customer | start a flow in the customer's name, or finish one with the attacker's code (CSRF, login swap) | `state` of 256 bits, compared in constant time; the pending value is sealed for one browser session; PKCE binds the code to the push | [`Client::callback`](crate::Client::callback), [`sealing_and_cookies`](super::sealing_and_cookies) |
//! | runs a hostile institution | pass off its code or response as another institution's (mix-up) | `iss` is required and compared exactly; a pending value belongs to one issuer, client and redirect_uri; one [`Client`](crate::Client) for each institution | [`CallbackFault::IssMismatch`](crate::CallbackFault) |
//! | runs a hostile institution | obtain an assertion or a token that is valid elsewhere | the audience of an assertion is the configured issuer, regardless of the metadata (a dialect with `audience-token-endpoint` uses the token endpoint, which must be on the issuer's origin); tokens are sent only below the configured FDX base and to the configured consent API; a separate DPoP key for each institution | [`ClientConfig`](crate::ClientConfig) |
//! | controls the network | read or change traffic | only `https` URLs can be expressed; redirects of the back channel are errors; the transport has no switch for bad certificates | `HttpsUrl`, `fdx-transport-hyper` |
//! | reads the authorization request | learn or change the request | the front channel carries only `client_id` and `request_uri`; the request was sent by PAR | [`AuthorizationUrl`](crate::AuthorizationUrl) |
//! | reads the authorization response | exchange the code first | PKCE, client authentication, and with DPoP a code bound to the key since the push | [`Client::exchange`](crate::Client::exchange) |
//! | changes the authorization response | inject a code, an error or another consent | JARM signs it; without JARM: `state`, `iss`, and PKCE at the server | [`message_signing`](super::message_signing) |
//! | reads requests or responses at a resource server, or steals tokens from a store | use the token | tokens are bound to a key or a certificate whose private key is never sent | [`SenderConstraint`](crate::SenderConstraint) |
//! | sends malformed responses in the server's place | crash, exhaust or confuse the reader | one strict JSON reader with limits on size, depth and members, which rejects repeated names and names that its parser reserves; fixed algorithms by key type; no panics | `fdx_wire::json`, `fdx_jose::Jws` |
//! | names new key ids again and again | make the client fetch keys without end | a pure decision with a cooldown | [`KeyPolicy`](crate::discovery::KeyPolicy) |
//! | reads logs | find codes, tokens, verifiers | secrets print as `[redacted]`; errors never quote the body of a success | [`Error`](crate::Error) |
//!
//! # Your responsibilities
//!
//! A library without I/O can't enforce these. Each is small, and each is necessary.
//! - **Begin a flow only when the customer requests it**, by a click with the same CSRF protection
//!   as your other forms. Push then, not when the page loads.
//! - **Take the issuer from configuration or a registry**, never from a request.
//! - **Bind the flow to the browser session**: pass the session's bytes to
//!   [`Pending::seal`](crate::Pending::seal), and use the cookie attributes of
//!   [`sealing_and_cookies`](super::sealing_and_cookies).
//! - **Redirect with 303**, to the institution and after the callback. Look up the page after the
//!   callback by the flow. Never take it from a parameter.
//! - **Include no third-party script or image** on the page that receives the callback, and send
//!   `Referrer-Policy: no-referrer`: its URL contains a code.
//! - **Claim the flow once** if several processes serve it: [`many_nodes`](super::many_nodes).
//! - **Persist tokens as secrets**: [`StoredGrant::to_json`](crate::StoredGrant::to_json) is as
//!   secret as the tokens. They are bound, so a thief also needs the key. Store the key elsewhere.
//! - **Protect private keys** against copying, and rotate them:
//!   [`keys_in_a_kms`](super::keys_in_a_kms).
//! - **Verify the server's certificate**, with a driver that has no switch to turn this off.
//!   `fdx-transport-hyper` does not check revocation; its documentation lists what it checks.
//! - **Filter the addresses that you connect to** if a URL comes from outside your configuration
//!   (server-side request forgery): `TransportBuilder::address_filter` in `fdx-transport-hyper`.
//! - **Keep the clock correct**, and take [`Entropy`](fdx_wire::Entropy) from the operating system.
//! - **End what has ended**: revoke the consent or the tokens when the customer leaves
//!   ([`Client::revoke`](crate::Client::revoke)).
//!
//! # Where wiping ends
//!
//! These crates wipe codes, verifiers, `state`, `nonce`, tokens, ID tokens, keys and the content of
//! sealed values before they free the memory. That includes buffers that grow and text that is
//! decoded. These copies remain:
//!
//! - **The request's body** after [`Request::into_http`](crate::Request::into_http) is a `Vec` of
//!   the caller's. Wipe it after sending. `fdx-transport-hyper` does.
//! - **The response's body** also belongs to the caller. Pass a type that wipes itself to
//!   [`Sent::receive`](crate::Sent::receive), such as `zeroize::Zeroizing<Vec<u8>>`.
//!   `fdx-transport-hyper` does in `run`.
//! - **The HTTP library**: hyper and h2 copy headers and bodies into buffers for reading and
//!   writing, and rustls keeps plaintext in its own buffers. None of them wipes.
//! - **JSON strings with escapes**: serde_json decodes `\/` or `\u0041` into a buffer that it frees
//!   without wiping. A server that escapes slashes in its tokens leaves one such copy.
//! - **The received callback URL**, and the sealed text and stored JSON that a caller passes in.
//! - **URLs of requests**, which contain identifiers and no secrets.
//! - **ring's private keys**, the stack, registers, swap, core dumps and the kernel's socket
//!   buffers.
//!
//! # Out of scope
//!
//! - A compromised device of the customer, and a compromised institution.
//! - A recipient's process whose memory an attacker can read. `ring` does not wipe its private
//!   keys, and a library can't hide a key from its own process.
//! - Denial of service at the network.
//! - A customer whom an attacker persuades to grant a consent.
