use crate::dialect::definition::{Dialect, Evidence, Line, line};
use crate::dialect::member::Member;

const RUN: &str = "Keycloak 26.4.7, 26.5.7 and 26.7.3 with the FAPI 2 client policies, run";

/// Keycloak with its FAPI 2 client policies.
pub const KEYCLOAK: Dialect = Dialect::new("keycloak", "Keycloak, FAPI 2 client policies")
    .with_members(MEMBERS)
    .with_evidence(Evidence::Run {
        program: "Keycloak 26.4.7, 26.5.7 and 26.7.3",
        date: "2026-11",
    })
    .with_notes(&[
        "26.4 and 26.5 ignore unknown types of authorization details; 26.7 accepts them in a push and \
         refuses them at the authorization endpoint: request scopes, or register the type",
        "introspection reports active: false unless the client is in the token's aud",
        "refresh tokens of confidential DPoP clients have no cnf",
        "EdDSA client assertions are accepted in a push and refused at the token endpoint: use PS256 or \
         ES256",
        "redirect URIs are https only: http on loopback is refused",
        "a JARM response has iss twice, unless the client attribute exclude.issuer.from.auth.response \
         is set",
        "a registration with an unknown member is refused with 400; the response has the response types \
         code and none",
        "each refresh returns a new refresh token; the old one stays valid unless revokeRefreshToken \
         is set",
        "pushed requests and codes are lost at a restart",
        "responses have no Date",
        "a wrong key, key id, client id or certificate has the response 401 invalid_request, \
         Authentication failed.",
    ]);

const MEMBERS: &[Line] = &[
    line(
        Member::RegistrationWithout(&[
            "authorization_details_types",
            "require_signed_request_object",
            "response_modes",
        ]),
        RUN,
    ),
    line(Member::RepeatedIss, RUN),
    line(Member::RevocationBound, RUN),
];
