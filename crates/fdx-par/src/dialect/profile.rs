use core::time::Duration;

use fdx_rar::Scopes;

use crate::dialect::definition::{Dialect, Line};
use crate::dialect::detail_text::DetailConsent;
use crate::dialect::member::{Member, UrlParameter};
use crate::dialect::not_fapi::departure::{Departure, DocumentedEndpoints};
use crate::discovery::endpoint::Endpoint;

/// A dialect compiled into plain fields: what a client does differently from FAPI 2.0.
///
/// A client compiles its dialect once and then reads fields only. The default has no difference.
/// If a dialect repeats a member, its first value counts; of two paths for one endpoint, the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    /// The `aud` of everything the client signs is the token endpoint.
    pub(crate) audience_is_token_endpoint: bool,
    pub(crate) assertion_without_typ: bool,
    pub(crate) authorization_url_parameters: &'static [UrlParameter],
    /// The parameters that are repeated next to a request object.
    pub(crate) beside_request_object: BesideRequestObject,
    pub(crate) callback_without_iss: bool,
    pub(crate) certificate_everywhere: bool,
    pub(crate) client_secret_basic: bool,
    pub(crate) client_secret_post: bool,
    /// The place of the client's generated consent id inside its authorization details.
    pub(crate) consent_id_in_details: Option<&'static DetailConsent>,
    pub(crate) consent_token_without_scheme: bool,
    /// Granted details repeat the requested ones, and say nothing about the grant.
    pub(crate) details_repeat_the_request: bool,
    pub(crate) documented_endpoints: Option<DocumentedEndpoints>,
    /// Paths that replace the metadata's endpoints, in the order of the dialect.
    pub(crate) endpoint_paths: Vec<(Endpoint, &'static str)>,
    /// A second allowed `typ` of ID tokens.
    pub(crate) id_token_typ: Option<&'static str>,
    pub(crate) loopback_http: bool,
    pub(crate) not_pushed: bool,
    pub(crate) openid_without_id_token: bool,
    pub(crate) push_as_json: bool,
    pub(crate) push_interaction_id: bool,
    pub(crate) push_status_ok: bool,
    pub(crate) refresh_token_lifetime: Option<Duration>,
    /// The path at which a client registers by its certificate.
    pub(crate) registration_by_certificate: Option<&'static str>,
    /// Members of a registration response whose values are not the server's.
    pub(crate) registration_misreports: &'static [&'static str],
    pub(crate) registration_status_ok: bool,
    /// Members that are omitted from registrations.
    pub(crate) registration_without: &'static [&'static str],
    pub(crate) request_object_backdated: Option<Duration>,
    pub(crate) repeated_iss: bool,
    pub(crate) request_object_without_typ: bool,
    pub(crate) resources_plural: bool,
    pub(crate) revocation_bound: bool,
    /// FDX scopes, and the provider's spelling of each.
    scope_spelling: &'static [(&'static str, &'static str)],
    pub(crate) unbound_tokens: bool,
}

/// The parameters of a push that are repeated next to a request object (RFC 9126 section 3).
#[derive(Clone, Copy, Debug)]
pub(crate) struct BesideRequestObject {
    pub(crate) authorization_details: bool,
    pub(crate) client_id: bool,
    /// All parameters, whatever the other fields say.
    pub(crate) everything: bool,
}

impl Default for BesideRequestObject {
    fn default() -> Self {
        Self { authorization_details: false, client_id: true, everything: false }
    }
}

impl Profile {
    /// Compiles a dialect. This is the only place that reads a dialect's members one by one.
    pub(crate) fn of(dialect: &Dialect) -> Self {
        let mut profile =
            Self { refresh_token_lifetime: dialect.refresh_token_lifetime(), ..Self::default() };
        for Line { member, .. } in dialect.counting() {
            profile.add(*member);
        }
        profile
    }

    fn add(&mut self, member: Member) {
        match member {
            Member::AssertionWithoutTyp => self.assertion_without_typ = true,
            Member::AudienceTokenEndpoint => self.audience_is_token_endpoint = true,
            Member::AuthorizationDetailsBesideRequestObject => {
                self.beside_request_object.authorization_details = true;
            }
            Member::AuthorizationUrlParameters(parameters) => {
                if self.authorization_url_parameters.is_empty() {
                    self.authorization_url_parameters = parameters;
                }
            }
            Member::CallbackWithoutIss => self.callback_without_iss = true,
            Member::CertificateEverywhere => self.certificate_everywhere = true,
            Member::ConsentIdInDetails(place) => {
                self.consent_id_in_details.get_or_insert(place);
            }
            Member::ConsentTokenWithoutScheme => self.consent_token_without_scheme = true,
            Member::DetailsRepeatTheRequest => self.details_repeat_the_request = true,
            Member::EndpointPath(endpoint, path) => self.endpoint_paths.push((endpoint, path)),
            Member::IdTokenTyp(typ) => {
                self.id_token_typ.get_or_insert(typ);
            }
            Member::LoopbackHttp => self.loopback_http = true,
            Member::NotFapi(departure) => self.depart(departure),
            Member::ParametersBesideRequestObject => self.beside_request_object.everything = true,
            Member::PushAsJson => self.push_as_json = true,
            Member::PushInteractionId => self.push_interaction_id = true,
            Member::PushStatusOk => self.push_status_ok = true,
            Member::PushWithoutClientId => self.beside_request_object.client_id = false,
            Member::RegistrationByCertificate(path) => {
                self.registration_by_certificate.get_or_insert(path);
            }
            Member::RegistrationMisreports(members) => {
                if self.registration_misreports.is_empty() {
                    self.registration_misreports = members;
                }
            }
            Member::RegistrationStatusOk => self.registration_status_ok = true,
            Member::RegistrationWithout(members) => {
                if self.registration_without.is_empty() {
                    self.registration_without = members;
                }
            }
            Member::RequestObjectBackdated(by) => {
                self.request_object_backdated.get_or_insert(by);
            }
            Member::RepeatedIss => self.repeated_iss = true,
            Member::RequestObjectWithoutTyp => self.request_object_without_typ = true,
            Member::ResourcesPlural => self.resources_plural = true,
            Member::RevocationBound => self.revocation_bound = true,
            Member::ScopeSpelling(spelling) => {
                if self.scope_spelling.is_empty() {
                    self.scope_spelling = spelling;
                }
            }
        }
    }

    fn depart(&mut self, departure: Departure) {
        match departure {
            Departure::ClientSecretBasic => self.client_secret_basic = true,
            Departure::ClientSecretPost => self.client_secret_post = true,
            Departure::DocumentedEndpoints(endpoints) => {
                self.documented_endpoints.get_or_insert(endpoints);
            }
            Departure::NotPushed => self.not_pushed = true,
            Departure::OpenidWithoutIdToken => self.openid_without_id_token = true,
            Departure::UnboundTokens => self.unbound_tokens = true,
        }
    }

    /// Writes scopes in the provider's spelling.
    pub(crate) fn provider_scopes(&self, scopes: &Scopes) -> String {
        let provider_scope = |scope| {
            let pair = self.scope_spelling.iter().find(|(standard, _)| *standard == scope);
            pair.map_or(scope, |(_, provider)| *provider)
        };
        scopes.iter().map(provider_scope).collect::<Vec<_>>().join(" ")
    }

    /// Returns the FDX spelling of a provider's scope.
    pub(crate) fn standard_scope<'a>(&self, scope: &'a str) -> &'a str {
        let pair = self.scope_spelling.iter().find(|(_, provider)| *provider == scope);
        pair.map_or(scope, |(standard, _)| *standard)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn profile(members: &[Member]) -> Profile {
        let mut profile = Profile::default();
        members.iter().for_each(|member| profile.add(*member));
        profile
    }

    #[test]
    fn each_member_changes_the_profile_in_its_own_way() {
        let without = format!("{:?}", profile(&[]));
        let profiles: BTreeSet<_> =
            Member::EACH.iter().map(|member| format!("{:?}", profile(&[*member]))).collect();
        assert_eq!(profiles.len(), Member::EACH.len());
        assert!(!profiles.contains(&without));
    }

    #[test]
    fn the_first_of_a_repeated_member_counts() {
        let repeated = profile(&[Member::IdTokenTyp("at+jwt"), Member::IdTokenTyp("JWT")]);
        assert_eq!(repeated.id_token_typ, Some("at+jwt"));
    }
}
