//! Proof: what is proven about these crates, how, and what is not. For auditors.
//!
//! Nothing here asks for belief: each line names a command that fails where it finds something else.
//! The repository's `.ci/run` runs all of them but the mutations and the long runs. What is said of
//! FAPI 2.0 holds for a client without a [dialect](crate::dialect); a dialect's members are what it
//! departs in.
//!
//! | what is claimed | how it is shown | command |
//! |---|---|---|
//! | Each clause of FAPI 2.0 that binds a client is held by a type or a check. | [A table of clauses](super::what_is_enforced), each with tests by name, and a test that all of them exist. | `cargo test -p fdx-tests clause_table` |
//! | Each way in which a server can be wrong has one right outcome. | An institution that is wrong on purpose, one way at a time; the whole flow is walked past each, in memory and over mutual TLS, and nothing is sent after a refusal. A row whose misbehaviour never showed fails. | `cargo xtask conformance` |
//! | The institution that all of this runs against is strict itself. | A client that is wrong on purpose: for each check in its source at least one request, refused for that check and no other. | `cargo xtask conformance`, the second table |
//! | Both agree with somebody who wrote neither. | The certified `oidc-provider` over TLS: every profile combination, refresh, revocation, introspection, key rotation, refusals. | `cargo xtask interop` |
//! | Laws hold for all inputs, not for examples. | Properties: what is written is read back; no bytes panic a reader; coverage partitions; seals open in their own place alone; one changed byte fails a signature; no secret in a URL or an error; no `jti` twice; codes, verifiers and refresh tokens repeat only where they may. A test finds types that are written and read and have no such law. | `cargo xtask test` |
//! | No bytes of a stranger's crash a reader, and no answers break the flow's own rules. | A fuzz target for each kind of message that is read and one for the whole flow, 20 seconds each in every CI run; their corpora run as tests on stable. | `cargo xtask fuzz --seconds 600` |
//! | The pieces stay right together: customers, nodes that crash, networks that lose and repeat, clocks that differ, a hostile institution, an attacker at the front channel. | A simulation in one thread, decided by one seed, with invariants checked at each event. | `cargo xtask simulate --flows 20000` |
//! | Of each check it is known which attacks it holds off, and what would have to be missing beside it. | The same simulation, turned against ourselves: checks are switched off in every smallest combination until an attack succeeds. [Defence in depth](super::defence_in_depth) has the tables; one check belongs to no set, and is said to be covered by others. | `cargo xtask simulate --minimal-sets` |
//! | Every provider's deviation is named, and strict stays strict without it. | Each member of each dialect is switched off, and the flow fails where its row says; each request is held against a recorded text. | `cargo test -p fdx-tests providers` |
//! | The tests notice changes of the code. | Mutations: `fdx-wire`, `fdx-pkce`, `fdx-rar`, `fdx-jose` and `fdx-par` are changed in every small way that cargo-mutants knows, and a test has to fail: for 90 in a hundred of the changes that compile, and for the others there is a written reason. | `cargo xtask mutants` |
//! | Private keys, verifiers, codes and tokens do not print. | Planted secrets: every printed text of a flow is searched for them, with positive controls. | `cargo test -p fdx-tests planted_secrets` |
//!
//! # What the last long runs found
//!
//! On 26 November 2026, on two cores; each command prints its own figures anew.
//!
//! - **Conformance**: 459 rows in memory and the same 459 over TLS; 411 rows of clients that are
//!   wrong or only look so. All passed.
//! - **Simulation**: one million flows, 405,000 attacks. None did any harm but the two kinds that
//!   FAPI 2.0 leaves open, and no promise was broken.
//! - **Fuzzing**: 25 targets, each for ten minutes or more, and no crash.
//! - **Mutation**, of the changes that compile and stand behind a switch: `fdx-wire` 98.5 %,
//!   `fdx-pkce` 93.8 %, `fdx-rar` 99.3 %, `fdx-jose` 99.7 % and `fdx-par` 98.9 % are caught. Every
//!   other has its reason in `xtask/mutants.txt`.
//! - **The certified server**: 143 rows, all passed.
//!
//! # What is not proven
//!
//! - **The cryptography.** ring and aws-lc-rs are trusted. That both are called rightly is tested by
//!   the RFCs' vectors, by each verifying what the other signed, and by an independent server.
//! - **Memory.** A test runs two whole flows under an allocator that searches every freed block for
//!   the flow's secrets, and finds none. [`threat_model`](super::threat_model) lists the copies that
//!   are outside of these crates.
//! - **Timing.** `state` and secrets are compared in constant time, and decryption says one thing
//!   whatever failed. No side channel was measured.
//! - **The caller.** That a flow id is claimed once, that cookies carry the attributes that
//!   [`sealing_and_cookies`](super::sealing_and_cookies) asks for, that tokens are stored safely: the
//!   simulation shows what happens where they are not.
//! - **Real banks.** The dialects come from documents, published servers and reports, as their sources
//!   say; none was run against a bank's production system.
//! - **A refresh that the network holds back.** Where a server rotates refresh tokens and neither
//!   an assertion nor a proof grows old (mutual TLS), a refresh that was given up may still arrive
//!   after the server's grace, who takes it for a thief's and ends the grant. The simulation saw it
//!   six times in a million flows. A client can only ask for consent again.
//! - **An echo.** A server that writes a secret of ours into its error has it in our error too,
//!   bounded and escaped: what a server says is kept for whoever has to find the fault.
//! - **Certification.** No certificate of the OpenID Foundation is claimed. The suite's client tests
//!   are among the rows of the table of misbehaviour, by their names.
