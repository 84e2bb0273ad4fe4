use fdx_wire::HttpsUrl;
use http::Method;

use crate::client::binding::BoundBy;
use crate::client::client::Client;
use crate::error::caller::{CallFault, StoredStateFault};
use crate::error::error::Error;
use crate::exchange::interaction::InteractionId;
use crate::exchange::mint::Mint;
use crate::exchange::nonces::Realm;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::exchange::request::ClientCertificate;
use crate::tokens::tokens::AccessToken;

impl Client {
    /// Writes a call of the FDX API with its token and its proof. Also returns its interaction id.
    pub(crate) fn authorized(
        &self,
        method: Method,
        url: HttpsUrl,
        body: Body,
        access_token: &AccessToken,
        mint: &Mint<'_>,
        limit: usize,
    ) -> Result<(Outgoing, InteractionId), Error> {
        self.check_issued(access_token)?;
        // The token must not be sent anywhere else, even if a link or an identifier leads there.
        let config = self.config();
        if !is_below(&config.fdx_base, &url) && !is_below(&config.consents()?, &url) {
            return Err(CallFault::OutsideFdxBase.into());
        }
        let bound = access_token.bound;
        let (certificate, thumbprint) = match bound.by {
            BoundBy::Dpop | BoundBy::Nothing => (ClientCertificate::Withhold, None),
            BoundBy::Mtls => (ClientCertificate::Present, bound.to),
        };
        let token = &access_token.token;
        let scheme = self.scheme(&url, bound.by)?;
        let mut outgoing = Outgoing::new(method, url, certificate, body, limit);
        outgoing.thumbprint = thumbprint;
        // FAPI 2.0 Security Profile 5.3.3.1-3: in this header and nowhere else.
        outgoing.authorization(scheme, token).map_err(|_| StoredStateFault::StoredGrant)?;
        let interaction_id = InteractionId::send(&mut outgoing, mint)?;
        self.fdx_headers().write(&mut outgoing)?;
        self.prove(&mut outgoing, Realm::ResourceServer, bound, Some(token), mint)?;
        Ok((outgoing, interaction_id))
    }

    /// Returns the scheme of `Authorization`; `None` for a consent API that expects no scheme.
    fn scheme(&self, url: &HttpsUrl, by: BoundBy) -> Result<Option<&'static str>, Error> {
        let consents = self.config().consents()?;
        let alone = self.profile().consent_token_without_scheme && is_below(&consents, url);
        Ok(if alone { None } else { Some(by.token_type()) })
    }
}

/// Whether every server reads `url` as below `base`. [`HttpsUrl::covers`] rejects encoded slashes.
/// A URL of [`HttpsUrl::join_segment`] may have them, from an identifier.
fn is_below(base: &HttpsUrl, url: &HttpsUrl) -> bool {
    base.covers(url) || base.joins_to(url)
}
