use std::collections::BTreeSet;

use fdx_rar::{DataCluster, FDX_V1_0};
use fdx_wire::RedirectUri;
use serde_json::{Map, Value};

use super::jwks::ClientKeys;
use crate::client::{
    Binding, CertificateName, ClientAuthentication, RegisteredClient, RequestObjects,
};
use crate::config::InstitutionConfig;
use crate::error::{Broken, Reason};
use crate::verdict::Verdicts;

/// The metadata that a client sent, and where.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) config: &'a InstitutionConfig,
    pub(super) metadata: &'a Map<String, Value>,
}

impl<'a> Asked<'a> {
    /// The client that it describes, if FAPI 2.0 allows it.
    pub(super) fn client(
        &self,
        verdicts: &mut Verdicts,
        client_id: &str,
    ) -> Result<RegisteredClient, Broken> {
        verdicts.require(
            Reason::InvalidClientMetadata,
            "FDX API 6, recipient registration",
            "there is a client_name",
            self.text("client_name").is_some_and(|name| !name.is_empty()),
        )?;
        let redirect_uris = self.redirect_uris(verdicts)?;
        self.grants(verdicts)?;
        let scopes = self.checked_scopes(verdicts)?;
        let signing = self.signing(verdicts)?;
        let keys = self.keys(verdicts)?;
        let authentication = self.authentication(verdicts, &keys)?;
        let binding = self.binding(verdicts)?;
        let mut client = RegisteredClient::new(client_id, redirect_uris, keys.jwks, binding);
        client.authentication = authentication;
        client.scopes = scopes;
        client.id_token_signed_response_alg = signing.id_token;
        client.authorization_signed_response_alg = signing.authorization;
        client.introspection_signed_response_alg = signing.introspection;
        client.request_object_signing_alg = signing.request_object;
        if self.says("require_signed_request_object") {
            client.request_objects = RequestObjects::Required;
        }
        Ok(client)
    }

    fn redirect_uris(&self, verdicts: &mut Verdicts) -> Result<Vec<RedirectUri>, Broken> {
        let texts = self.texts("redirect_uris").filter(|texts| !texts.is_empty());
        let uris = texts.and_then(|texts| {
            texts.into_iter().map(|text| RedirectUri::parse(text).ok()).collect()
        });
        verdicts.require_some(
            Reason::InvalidRedirectUri,
            "FAPI 2.0 SP 5.3.2.2-8",
            "there are redirect_uris, each https or http to the customer's own machine",
            uris,
        )
    }

    fn grants(&self, verdicts: &mut Verdicts) -> Result<(), Broken> {
        // RFC 7591 2: the default is authorization_code.
        let grants = self.texts("grant_types").unwrap_or_else(|| vec!["authorization_code"]);
        let known = ["authorization_code", "client_credentials", "refresh_token"];
        verdicts.require(
            Reason::InvalidClientMetadata,
            "FAPI 2.0 SP 5.3.2.1-1",
            "grant_types has authorization_code and nothing that this institution does not know",
            grants.contains(&"authorization_code")
                && grants.iter().all(|grant| known.contains(grant)),
        )?;
        verdicts.require(
            Reason::InvalidClientMetadata,
            "FAPI 2.0 SP 5.3.2.2-1",
            "the one response type is code",
            self.texts("response_types").unwrap_or_else(|| vec!["code"]) == ["code"],
        )?;
        let types = self.texts("authorization_details_types").unwrap_or_default();
        verdicts.require(
            Reason::InvalidClientMetadata,
            "RFC 9396 10",
            "the one type of authorization details is fdx_v1.0",
            types.iter().all(|details_type| *details_type == FDX_V1_0),
        )
    }

    fn checked_scopes(&self, verdicts: &mut Verdicts) -> Result<Vec<String>, Broken> {
        let known = self.config.provider.scopes();
        let scopes = self.scopes();
        verdicts.require(
            Reason::InvalidClientMetadata,
            "RFC 7591 2",
            "every scope is one of this institution's",
            scopes.iter().all(|scope| known.iter().any(|known| known == scope)),
        )?;
        Ok(scopes.into_iter().map(str::to_owned).collect())
    }

    fn authentication(
        &self,
        verdicts: &mut Verdicts,
        keys: &ClientKeys,
    ) -> Result<ClientAuthentication, Broken> {
        let method = self.text("token_endpoint_auth_method").unwrap_or_default();
        verdicts.require(
            Reason::InvalidClientMetadata,
            "FAPI 2.0 SP 5.3.2.1-6",
            "token_endpoint_auth_method is private_key_jwt or one of the two by certificate",
            ["private_key_jwt", "self_signed_tls_client_auth", "tls_client_auth"].contains(&method),
        )?;
        let authentication = match method {
            "private_key_jwt" => {
                (!keys.jwks.keys().is_empty()).then_some(ClientAuthentication::PrivateKeyJwt)
            }
            "self_signed_tls_client_auth" => {
                let certificates = keys.certificates.clone();
                Some(certificates)
                    .filter(|certificates| !certificates.is_empty())
                    .map(ClientAuthentication::SelfSignedTlsClientAuth)
            }
            _ => self.certificate_name().map(ClientAuthentication::TlsClientAuth),
        };
        verdicts.require_some(
            Reason::InvalidClientMetadata,
            "RFC 8705 2.1.2",
            "there is what the client authenticates by: a key, a certificate, or its name",
            authentication,
        )
    }

    fn certificate_name(&self) -> Option<CertificateName> {
        let subject = self.text("tls_client_auth_subject_dn");
        let dns = self.text("tls_client_auth_san_dns");
        match (subject, dns) {
            (Some(subject), None) => Some(CertificateName::SubjectDn(subject.to_owned())),
            (None, Some(dns)) => Some(CertificateName::SanDns(dns.to_owned())),
            _ => None,
        }
    }

    fn binding(&self, verdicts: &mut Verdicts) -> Result<Binding, Broken> {
        let dpop = self.says("dpop_bound_access_tokens");
        let binding = match (dpop, self.says("tls_client_certificate_bound_access_tokens")) {
            (true, false) => Some(Binding::Dpop),
            (false, true) => Some(Binding::AnyCertificate),
            (false, false) if self.config.provider.binds_nothing() => Some(Binding::Nothing),
            _ => None,
        };
        verdicts.require_some(
            Reason::InvalidClientMetadata,
            "FAPI 2.0 SP 5.3.2.1-5",
            "access tokens are asked to be bound by DPoP or by certificate, one of them",
            binding,
        )
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.metadata.get(name)?.as_str()
    }

    pub(super) fn scopes(&self) -> Vec<&'a str> {
        self.text("scope").unwrap_or_default().split_whitespace().collect()
    }

    /// A list of texts; none where it is something else, which is not the same as empty.
    fn texts(&self, name: &str) -> Option<Vec<&'a str>> {
        let values = self.metadata.get(name)?.as_array()?;
        Some(values.iter().map(|value| value.as_str().unwrap_or_default()).collect())
    }

    fn says(&self, name: &str) -> bool {
        self.metadata.get(name) == Some(&Value::Bool(true))
    }
}

/// Every scope that a client can register.
pub(crate) fn known_scopes() -> BTreeSet<&'static str> {
    let clusters = DataCluster::known().iter().filter_map(|known| known.scope);
    clusters.chain(["openid", "offline_access"]).collect()
}
