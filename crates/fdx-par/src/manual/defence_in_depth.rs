//! Defence in depth: for each attack, which checks would all have to be missing for it to succeed.
//!
//! The project's simulation plays each attack against this crate and the sandbox's institution. In a
//! generated copy of both it switches checks off and searches for the smallest sets that let the
//! attack succeed. In the source, a comment marks each of these checks: `// check: NAME`. A set of
//! one check means that no other check stops the attack. A check in larger sets is covered by the
//! others of its set: `state` is covered by PKCE and the ID token's `nonce`.
//!
//! The attacker owns websites and an institution that the recipient uses, is a client of the honest
//! institution, and reads or changes what the name of the attack says. *By mTLS* precedes the sets
//! that differ if tokens are bound to certificates instead of DPoP keys.
//!
//! Two attacks succeed although every check is on. An attacker who reads the authorization request
//! before the customer has decided it can decide it first. An attacker who has a customer decide the
//! attacker's own request, and reads the callback before it is used, has swapped browsers. No check
//! on either side detects this. Other measures limit it: `request_uri` and code are valid for a
//! minute and once, neither is logged, and the page that receives the callback sends no `Referer`.
//!
//! `cargo xtask simulate --minimal-sets` generates the tables. It fails if the tables differ, and if
//! a check belongs to no set and has no stated reason for that.
//!
#![doc = include_str!("defence_in_depth.md")]
