use fdx_jose::{Algorithm, Jwks};
use fdx_rar::DataCluster;
use fdx_wire::RedirectUri;

use super::Provider;
use crate::client::{Binding, RegisteredClient, RequestObjects};
use crate::config::{InstitutionConfig, RefreshPolicy};

impl Provider {
    /// Gives an institution this provider's manners and policies.
    pub fn play(self, config: &mut InstitutionConfig) {
        config.provider = self;
        if self == Self::Mastercard {
            config.refresh_policy = RefreshPolicy::Repeat;
        }
    }

    /// A client as this provider registers it, for every scope that it has. By the book, its tokens
    /// are bound by DPoP.
    #[must_use]
    pub fn client(
        self,
        client_id: &str,
        redirect_uris: Vec<RedirectUri>,
        jwks: Jwks,
    ) -> RegisteredClient {
        let mut client = RegisteredClient::new(client_id, redirect_uris, jwks, Binding::Dpop);
        client.scopes = self.scopes();
        if self == Self::Mastercard {
            client.binding = Binding::Nothing;
            client.id_token_signed_response_alg = Algorithm::Ps256;
            client.request_object_signing_alg = Some(Algorithm::Ps256);
            client.request_objects = RequestObjects::Required;
        }
        client
    }

    /// Every scope that a client of it can be registered for.
    #[must_use]
    pub fn scopes(self) -> Vec<String> {
        let known = DataCluster::known().iter().filter_map(|known| known.scope);
        known.chain(["openid", "offline_access"]).map(str::to_owned).collect()
    }
}
