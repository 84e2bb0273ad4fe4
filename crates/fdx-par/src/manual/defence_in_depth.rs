//! Defence in depth: for each attack, which checks would all have to be missing for it to succeed.
//!
//! The project's simulation plays each attack against this crate and the sandbox's institution, with
//! checks of both switched off in a build that exists for nothing else, and looks for the smallest
//! sets that let it through. A set of one is a check that nothing stands behind. A check in sets of
//! several has company: `state` alone is covered by PKCE and the ID token's `nonce`.
//!
//! The attacker owns websites and an institution that the recipient uses, is a client of the honest
//! institution, and reads or changes what the attack's name says. Where certificates bind instead of
//! DPoP and that makes a difference, it says *by mTLS*.
//!
//! Two attacks need nothing to be off. Whoever reads the authorization request before the customer
//! has decided it can decide it first; and whoever has a customer decide the attacker's own request,
//! and reads the callback before it is used, has swapped browsers. No check on either side can tell.
//! What helps is outside: `request_uri` and code live for a minute and serve once, neither is logged,
//! and the page that receives the callback sends no `Referer`.
//!
//! The tables are written by `cargo xtask simulate --minimal-sets`, which fails where they are no
//! longer true, and where a check belongs to no set and no reason for that is known.
//!
#![doc = include_str!("defence_in_depth.md")]
