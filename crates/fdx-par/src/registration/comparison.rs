//! The registered client metadata compared with the requested one. RFC 7591 section 3.2.1: a server
//! may replace requested values, and returns the registered ones.

use std::collections::BTreeSet;

use fdx_jose::Algorithm;
use fdx_wire::json::RawJson;
use fdx_wire::members::Value;

use crate::error::notice::Notice;
use crate::error::registration::RegistrationFault;
use crate::registration::client_keys::{has_no_keys, same_keys};
use crate::registration::metadata::ClientMetadata;

/// The members whose registered and requested values differ.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Weaker than requested.
    pub(super) weakened: Vec<RegistrationFault>,
    /// Different, and harmless.
    pub(super) otherwise: Vec<String>,
}

impl Comparison {
    pub(super) fn notices(&self) -> impl Iterator<Item = Notice> {
        let scope = self.otherwise.iter().any(|name| name == "scope");
        let others = self.otherwise.iter().any(|name| name != "scope");
        let notices = [
            scope.then_some(Notice::RegistrationScopeOther),
            others.then_some(Notice::RegistrationMemberOther),
        ];
        notices.into_iter().flatten()
    }
}

/// Whether a member is about redirect URIs, keys, algorithms, authentication or binding. Such a
/// member is never omitted from a registration.
pub(super) fn is_protective(name: &str) -> bool {
    let of_its_own = |law: &Law| law.member == name && law.is_protective();
    name.ends_with("_alg") || name.ends_with("_enc") || LAWS.iter().any(of_its_own)
}

/// The members that identify a client.
pub(super) fn identifying_members() -> impl Iterator<Item = &'static str> {
    LAWS.iter().filter(|law| law.not_requested == Outcome::Weakened).map(|law| law.member)
}

/// Compares members one by one. `misreported` are those whose registered values are not the
/// server's. They count for algorithms of responses only, because each response is checked against
/// the requested algorithm when it arrives.
pub(super) fn compare(
    requested: &ClientMetadata,
    registered: &ClientMetadata,
    misreported: &[&str],
) -> Comparison {
    let mut comparison = Comparison::default();
    for (name, wanted) in requested.iter() {
        let law = LAWS.iter().find(|law| law.member == name);
        let is_misreported = misreported.contains(&name) && name.ends_with("_signed_response_alg");
        let found = registered.raw(name).filter(|raw| law.is_none() || has_value(raw));
        let outcome = match (law, found) {
            (Some(law), Some(found)) if is_misreported => {
                (law.judge)(wanted, found).min(Outcome::Otherwise)
            }
            (Some(_), None) if is_misreported => Outcome::Otherwise,
            (Some(law), Some(found)) => (law.judge)(wanted, found),
            (Some(law), None) if registered.has(name) => law.absent.max(Outcome::Otherwise),
            (Some(law), None) => law.absent,
            (None, Some(found)) if name == "scope" && same_scope(wanted, found) => Outcome::Same,
            (None, Some(found)) if same_value(wanted, found) => Outcome::Same,
            (None, _) => Outcome::Otherwise,
        };
        match (outcome, law) {
            (Outcome::Same, _) => {}
            (Outcome::Weakened, Some(law)) => comparison.weakened.push(law.fault),
            (Outcome::Weakened | Outcome::Otherwise, _) => {
                comparison.otherwise.push(name.to_owned());
            }
        }
    }
    let not_requested = |law: &&Law| {
        !requested.has(law.member) && registered.raw(law.member).is_some_and(has_value)
    };
    for law in
        LAWS.iter().filter(|law| law.not_requested == Outcome::Weakened).filter(not_requested)
    {
        if !comparison.weakened.contains(&law.fault) {
            comparison.weakened.push(law.fault);
        }
    }
    // The client does not expect to decrypt these responses.
    let encrypts = |name: &str| name.ends_with("_encrypted_response_alg") && !requested.has(name);
    let unexpected = registered.iter().filter(|(name, raw)| encrypts(name) && has_value(raw));
    comparison.otherwise.extend(unexpected.map(|(name, _)| name.to_owned()));
    comparison
}

/// Whether a registered value says anything. Some servers write an empty one for a member that they
/// do not have: it counts as absent.
fn has_value(registered: &RawJson) -> bool {
    !Value::of_raw(registered).is_ok_and(Value::is_empty) && !has_no_keys(registered)
}

/// From harmless to weaker.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Outcome {
    Same,
    /// Less than requested, or a value that only describes the client.
    Otherwise,
    Weakened,
}

/// The rule of one member: how values compare, the outcome if the response lacks it
/// ([`Outcome::Weakened`] if the default is weaker), and the outcome if only the response has it
/// ([`Outcome::Weakened`] if another party could then act as the client).
struct Law {
    member: &'static str,
    fault: RegistrationFault,
    absent: Outcome,
    not_requested: Outcome,
    judge: fn(&RawJson, &RawJson) -> Outcome,
}

impl Law {
    /// Whether the member identifies or authenticates the client, or binds its tokens.
    fn is_protective(&self) -> bool {
        self.absent == Outcome::Weakened
            || self.not_requested == Outcome::Weakened
            || self.fault == RegistrationFault::DpopBoundAccessTokens
    }
}

/// A member whose default would be weaker.
const fn needed(
    member: &'static str,
    fault: RegistrationFault,
    judge: fn(&RawJson, &RawJson) -> Outcome,
) -> Law {
    Law { member, fault, absent: Outcome::Weakened, not_requested: Outcome::Otherwise, judge }
}

/// A member that a server may not know, and that only narrows what the client itself does.
const fn droppable(
    member: &'static str,
    fault: RegistrationFault,
    judge: fn(&RawJson, &RawJson) -> Outcome,
) -> Law {
    Law { member, fault, absent: Outcome::Otherwise, not_requested: Outcome::Otherwise, judge }
}

/// A member that identifies the client: one that was not requested may be another party's.
const fn identifying(
    member: &'static str,
    fault: RegistrationFault,
    judge: fn(&RawJson, &RawJson) -> Outcome,
) -> Law {
    Law { member, fault, absent: Outcome::Otherwise, not_requested: Outcome::Weakened, judge }
}

const LAWS: &[Law] = &[
    needed("redirect_uris", RegistrationFault::RedirectUris, same_set),
    droppable("grant_types", RegistrationFault::GrantTypes, grant_types),
    // RFC 7591 2: the default is code.
    Law {
        member: "response_types",
        fault: RegistrationFault::ResponseTypes,
        absent: Outcome::Same,
        not_requested: Outcome::Otherwise,
        judge: response_types,
    },
    droppable("response_modes", RegistrationFault::ResponseModes, same_set),
    // RFC 7591 2: never both.
    identifying("jwks", RegistrationFault::Jwks, keys),
    identifying("jwks_uri", RegistrationFault::JwksUri, same),
    // RFC 7591 2: the default is client_secret_basic.
    needed("token_endpoint_auth_method", RegistrationFault::TokenEndpointAuthMethod, same),
    droppable(
        "token_endpoint_auth_signing_alg",
        RegistrationFault::TokenEndpointAuthSigningAlg,
        same_algorithm,
    ),
    // RFC 8705 2.1.2: exactly one of them.
    identifying("tls_client_auth_subject_dn", RegistrationFault::TlsClientAuthName, same),
    identifying("tls_client_auth_san_dns", RegistrationFault::TlsClientAuthName, same),
    identifying("tls_client_auth_san_uri", RegistrationFault::TlsClientAuthName, same),
    identifying("tls_client_auth_san_ip", RegistrationFault::TlsClientAuthName, same),
    identifying("tls_client_auth_san_email", RegistrationFault::TlsClientAuthName, same),
    // RFC 9449 5.2: the default only allows unbound tokens. The proofs of this client still bind its
    // tokens, and a token response of another type is rejected.
    droppable("dpop_bound_access_tokens", RegistrationFault::DpopBoundAccessTokens, same),
    needed(
        "tls_client_certificate_bound_access_tokens",
        RegistrationFault::TlsClientCertificateBoundAccessTokens,
        same,
    ),
    // A server may require these two of all clients, and then does not register them for each.
    droppable(
        "require_pushed_authorization_requests",
        RegistrationFault::RequirePushedAuthorizationRequests,
        same,
    ),
    droppable("require_signed_request_object", RegistrationFault::RequireSignedRequestObject, same),
    droppable(
        "request_object_signing_alg",
        RegistrationFault::RequestObjectSigningAlg,
        same_algorithm,
    ),
    // OpenID Connect Registration 2, JARM 3, RFC 9701 6: the defaults are RS256 or no signature.
    needed(
        "id_token_signed_response_alg",
        RegistrationFault::IdTokenSignedResponseAlg,
        same_algorithm,
    ),
    needed("id_token_encrypted_response_alg", RegistrationFault::IdTokenEncryptedResponseAlg, same),
    needed("id_token_encrypted_response_enc", RegistrationFault::IdTokenEncryptedResponseEnc, same),
    needed(
        "authorization_signed_response_alg",
        RegistrationFault::AuthorizationSignedResponseAlg,
        same_algorithm,
    ),
    needed(
        "introspection_signed_response_alg",
        RegistrationFault::IntrospectionSignedResponseAlg,
        same_algorithm,
    ),
];

fn outcome(same: bool) -> Outcome {
    if same { Outcome::Same } else { Outcome::Weakened }
}

fn same(requested: &RawJson, registered: &RawJson) -> Outcome {
    outcome(same_value(requested, registered))
}

/// As JSON: a server may write the same value in another form.
fn same_value(requested: &RawJson, registered: &RawJson) -> bool {
    requested == registered
        || requested.value().is_ok_and(|requested| {
            registered.value().is_ok_and(|registered| requested == registered)
        })
}

/// RFC 9864: EdDSA and Ed25519 are the same here.
fn same_algorithm(requested: &RawJson, registered: &RawJson) -> Outcome {
    let name = |raw: &RawJson| raw.read::<String>().ok();
    let algorithm = |raw| name(raw).and_then(|name| Algorithm::from_name(&name));
    outcome(algorithm(requested).is_some() && algorithm(requested) == algorithm(registered))
}

fn set(raw: &RawJson) -> Option<BTreeSet<String>> {
    raw.read().ok()
}

fn same_set(requested: &RawJson, registered: &RawJson) -> Outcome {
    outcome(set(requested).is_some() && set(requested) == set(registered))
}

/// Compares response types. An additional type may issue nothing, such as `none` (OAuth 2.0 Multiple
/// Response Types, section 4). Another one, such as `id_token`, would issue tokens or data in the
/// front channel.
fn response_types(requested: &RawJson, registered: &RawJson) -> Outcome {
    match (set(requested), set(registered)) {
        (Some(requested), Some(registered)) if requested == registered => Outcome::Same,
        (Some(requested), Some(registered))
            if requested.is_subset(&registered)
                && registered.difference(&requested).all(|other| other == "none") =>
        {
            Outcome::Otherwise
        }
        _ => Outcome::Weakened,
    }
}

/// Compares grant types. An additional grant type gives an attacker another way to tokens. Without
/// `authorization_code` there is no consent.
fn grant_types(requested: &RawJson, registered: &RawJson) -> Outcome {
    match (set(requested), set(registered)) {
        (Some(requested), Some(registered)) if requested == registered => Outcome::Same,
        (Some(requested), Some(registered))
            if registered.is_subset(&requested) && registered.contains("authorization_code") =>
        {
            Outcome::Otherwise
        }
        _ => Outcome::Weakened,
    }
}

fn keys(requested: &RawJson, registered: &RawJson) -> Outcome {
    outcome(same_keys(requested, registered))
}

/// Compares scopes, in any order (RFC 6749 3.3). Fewer or more scopes show at the next push.
fn same_scope(requested: &RawJson, registered: &RawJson) -> bool {
    let tokens = |raw: &RawJson| {
        let text: Option<String> = raw.read().ok();
        text.map(|text| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>())
    };
    tokens(requested).is_some() && tokens(requested) == tokens(registered)
}
