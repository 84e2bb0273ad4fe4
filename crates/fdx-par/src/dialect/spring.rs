use crate::dialect::definition::{Dialect, Evidence, Line, Need, line};
use crate::dialect::member::Member;

const RUN: &str = "Spring Authorization Server 1.3.6 and 1.5.3, run";
const EACH_RUN: &str = "Spring Authorization Server 1.3.6, 1.5.3 and 7.0.6, run";

/// Spring Authorization Server. Its callbacks have no `iss` (RFC 9207), which FAPI 2.0 requires.
pub const SPRING_AUTHORIZATION_SERVER: Dialect =
    Dialect::new("spring-authorization-server", "Spring Authorization Server")
        .with_needs(&[Need::JwksUri])
        .with_members(MEMBERS)
        .with_optional_members(OPTIONS)
        .with_evidence(Evidence::Run {
            program: "Spring Authorization Server 1.3.6, 1.5.3 and 7.0.6",
            date: "2026-11",
        })
        .with_notes(NOTES);

const NOTES: &[&str] = &[
    "a stock server has no RFC 9207, so it is no FAPI 2.0 server: a client of several institutions \
     can't see whose callback it is. Add iss to the authorization response; for a single \
     institution, switch on callback-without-iss",
    "1.x refuses the typ client-authentication+jwt; 7.0 accepts assertions without typ too",
    "client_id is required next to a client assertion, which fdx always sends",
    "a registration drops dpop_bound_access_tokens: a notice, because each token is checked",
    "tls_client_auth: the connection presents the whole certificate chain, because a leaf alone \
     counts as self-signed",
];

const MEMBERS: &[Line] = &[line(Member::AssertionWithoutTyp, RUN)];
/// Not for FAPI 2.0, which relies on RFC 9207 against mix-up.
const OPTIONS: &[Line] = &[line(Member::CallbackWithoutIss, EACH_RUN)];
