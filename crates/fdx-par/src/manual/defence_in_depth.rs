//! Defence in depth: for each attack, the checks that must all be missing for it to succeed.
//!
//! The project's simulation runs each attack against this crate and the sandbox's institution. It
//! uses a generated copy of both in which checks can be switched off, and searches for the smallest
//! sets that let the attack succeed. In the source, a comment marks each of these checks:
//! `// check: NAME`. A set of one check means that no other check stops the attack. A check in a
//! larger set is covered by the rest of its set: PKCE and the ID token's `nonce` cover `state`.
//!
//! The attacker owns websites and an institution that the recipient uses, is a client of the honest
//! institution, and reads or changes what the name of the attack states. *By mTLS* precedes the
//! sets that differ if tokens are bound to certificates instead of DPoP keys.
//!
//! Two attacks succeed although every check is on. First, an attacker reads the authorization
//! request and approves it before the customer does. Second, an attacker lets the customer approve
//! the attacker's own request, and reads the callback before it is used. No check on either side
//! detects this. Other measures limit it: `request_uri` and code are valid once and for a minute,
//! neither is logged, and the page that receives the callback sends no `Referer`.
//!
//! `cargo xtask simulate --minimal-sets` generates the tables. It fails if the tables differ, and
//! if a check belongs to no set and has no stated reason for that.
//!
#![doc = include_str!("defence_in_depth.md")]
