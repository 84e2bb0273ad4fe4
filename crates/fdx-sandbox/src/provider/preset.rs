use fdx_jose::{Algorithm, Jwks};
use fdx_rar::DataCluster;
use fdx_wire::RedirectUri;

use super::{Provider, mx};
use crate::client::{Binding, RegisteredClient, RequestObjects};
use crate::config::{ConsentIdCarrier, InstitutionConfig, RefreshPolicy};
use crate::registration::RegistrationPolicy;

impl Provider {
    /// Gives an institution this provider's manners and policies.
    pub fn play(self, config: &mut InstitutionConfig) {
        config.provider = self;
        match self {
            Self::Fdx => {}
            Self::Mastercard => {
                config.refresh_policy = RefreshPolicy::Repeat;
                let scope = "client.create".to_owned();
                config.registration = RegistrationPolicy::ClientTokens(scope);
            }
            Self::Uae => config.consent_id_carrier = ConsentIdCarrier::Nowhere,
            Self::Mx | Self::Autional => {
                config.refresh_policy = RefreshPolicy::Rotate;
                config.consent_id_carrier = ConsentIdCarrier::Nowhere;
            }
        }
    }

    /// A client as this provider registers it, for every scope that it has. Its tokens are bound by
    /// DPoP, or to whichever certificate it shows, or to nothing, as the provider binds them; a
    /// client secret is added by whoever makes one up.
    #[must_use]
    pub fn client(
        self,
        client_id: &str,
        redirect_uris: Vec<RedirectUri>,
        jwks: Jwks,
    ) -> RegisteredClient {
        let binding = match self {
            Self::Fdx | Self::Autional => Binding::Dpop,
            Self::Uae => Binding::AnyCertificate,
            Self::Mastercard | Self::Mx => Binding::Nothing,
        };
        let mut client = RegisteredClient::new(client_id, redirect_uris, jwks, binding);
        client.scopes = self.scopes();
        if matches!(self, Self::Mastercard | Self::Uae) {
            client.id_token_signed_response_alg = Algorithm::Ps256;
            client.request_object_signing_alg = Some(Algorithm::Ps256);
            client.request_objects = RequestObjects::Required;
        }
        client
    }

    /// Whether its tokens are bound to nothing.
    pub(crate) fn binds_nothing(self) -> bool {
        matches!(self, Self::Mastercard | Self::Mx)
    }

    /// Every scope that a client of it can be registered for.
    #[must_use]
    pub fn scopes(self) -> Vec<String> {
        let fdx = || -> Vec<String> {
            let known = DataCluster::known().iter().filter_map(|known| known.scope);
            known.chain(["openid", "offline_access"]).map(str::to_owned).collect()
        };
        let these = |scopes: &[&str]| -> Vec<String> {
            scopes.iter().map(|scope| (*scope).to_owned()).collect()
        };
        match self {
            Self::Fdx => fdx(),
            Self::Mastercard => {
                let mut scopes = fdx();
                scopes.extend(these(&["client.create", "client.read"]));
                scopes
            }
            Self::Uae => these(&["openid", "accounts"]),
            Self::Mx => mx::SCOPES.iter().map(|(scope, _)| (*scope).to_owned()).collect(),
            Self::Autional => these(&["openid", "profile"]),
        }
    }
}
