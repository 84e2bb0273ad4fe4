use fdx_jose::Thumbprint;
use fdx_rar::{ConsentId, Scopes};
use fdx_wire::json::ObjectWriter;
use fdx_wire::members::{MemberFault, Object, Row, Value};
use fdx_wire::{Issuer, Secret};

use crate::client::binding::{Bound, BoundBy};
use crate::consent::stored_grant::{Identity, StoredGrant, is_unverified, read};
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;
use crate::tokens::issued::{can_stand_in_a_header, is_visible};
use crate::tokens::tokens::{AccessToken, Tokens};

fdx_wire::members! {
    /// The members of a grant that moves from one program to another. They have the names and values
    /// of the stored text.
    pub(crate) mod members = "imported grant" {
        Protective ISSUER = "issuer", "an issuer, which is an https URL", "RFC 8414 section 2";
        Protective CLIENT_ID = "client_id", "a client_id", "RFC 6749 section 2.2";
        Protective ACCESS_TOKEN = "access_token", "an access token", "RFC 6750 section 2.1";
        Protective TOKEN_TYPE = "token_type", "DPoP or Bearer", "RFC 6749 section 7.1";
        Protective BOUND_TO =
            "bound_to", "the SHA-256 thumbprint, in base64url, of the key or certificate of the token",
            "RFC 9449 section 6.1, RFC 8705 section 3.1";
        Protective EXPIRES_AT =
            "expires_at", "seconds since 1970, before the year 10000", "RFC 6749 section 5.1";
        Protective REFRESH_TOKEN = "refresh_token", "a refresh token", "RFC 6749 appendix A.17";
        Protective REFRESH_TOKEN_EXPIRES_AT =
            "refresh_token_expires_at", "seconds since 1970, before the year 10000",
            "RFC 6749 section 6";
        Protective SCOPE = "scope", "scopes between spaces, or an empty text",
            "RFC 6749 section 3.3";
        Protective SUBJECT =
            "subject", "a sub of 1 to 255 ASCII characters", "OpenID Connect Core section 2";
        Protective AUTH_TIME =
            "auth_time", "seconds since 1970, before the year 10000", "OpenID Connect Core section 2";
        Protective NONCE = "nonce", "a nonce", "OpenID Connect Core 12.2";
        Protective CONSENT_ID = "consent_id", "a consent id", "FDX Consent API";
    }
}

impl StoredGrant {
    /// The members that [`StoredGrant::imported`] reads and [`StoredGrant::export`] writes.
    pub const IMPORTED_MEMBERS: &[Row] = members::ROWS;

    /// Takes over a grant of another program, which vouches for it: no signature is verified. Its
    /// text form is then restored by the client of the same issuer and `client_id`.
    ///
    /// | member | |
    /// |---|---|
    /// | `issuer`, `client_id` | as the client is configured |
    /// | `access_token` | the last one, even if it has expired |
    /// | `token_type` | `DPoP` or `Bearer` |
    /// | `bound_to` | the thumbprint of the DPoP key, or of the certificate of a Bearer token. Absent for a Bearer token that is not bound |
    /// | `scope` | the granted scopes |
    /// | `refresh_token`, `consent_id` | if there is one |
    /// | `expires_at`, `refresh_token_expires_at` | if known, in seconds since 1970 |
    /// | `subject`, `auth_time`, `nonce` | of the first ID token, if there was one. With a `subject`, later ID tokens are compared with it. Some servers repeat the `nonce` of the authorization request in them, and they are then refused unless it is known |
    ///
    /// Other members are ignored.
    ///
    /// ```
    /// use fdx_par::StoredGrant;
    /// use fdx_wire::json::Limits;
    /// use fdx_wire::members::Object;
    ///
    /// let json = br#"{"issuer":"https://bank.example","client_id":"app-1","scope":"openid",
    ///     "access_token":"Kz8","token_type":"Bearer","refresh_token":"8xLO"}"#;
    /// let grant = StoredGrant::imported(&Object::parse(json, &Limits::default())?)?;
    /// assert!(grant.tokens().refresh_token().is_some());
    ///
    /// let json = br#"{"issuer":"https://bank.example","client_id":"app-1","access_token":["Kz8"]}"#;
    /// let fault = StoredGrant::imported(&Object::parse(json, &Limits::default())?).unwrap_err();
    /// assert_eq!(
    ///     fault.to_string(),
    ///     "member access_token is an array, not an access token (line 1, column 69)"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`MemberFault`] for the first member that is missing or has another value. It never contains a
    /// value.
    pub fn imported(object: &Object<'_>) -> Result<Self, MemberFault> {
        let text = |value: Value<'_>| value.to_text().filter(|text| !text.is_empty());
        let issuer = object
            .protective(&members::ISSUER, |value| Issuer::parse_loopback(&value.to_text()?).ok())?;
        let client_id = object.protective(&members::CLIENT_ID, text)?;
        let token = object.protective(&members::ACCESS_TOKEN, |value| {
            value.read().filter(|token: &Secret| can_stand_in_a_header(token.expose()))
        })?;
        let bound = bound(object)?;
        let access_token = AccessToken {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            token,
            bound,
            expires_at: object.protective_if_present(&members::EXPIRES_AT, Value::to_unix_time)?,
        };
        let refresh_token = object.protective_if_present(&members::REFRESH_TOKEN, |value| {
            value.read().filter(|token: &Secret| is_visible(token.expose()))
        })?;
        let refresh_token_expires_at = object
            .protective_if_present(&members::REFRESH_TOKEN_EXPIRES_AT, Value::to_unix_time)?;
        let scopes =
            object.protective(&members::SCOPE, |value| Scopes::parse(&value.to_text()?).ok())?;
        let subject = object.protective_if_present(&members::SUBJECT, |value| {
            text(value).filter(|subject| subject.len() <= 255 && subject.is_ascii())
        })?;
        let auth_time = object.protective_if_present(&members::AUTH_TIME, Value::to_unix_time)?;
        let nonce = object.protective_if_present(&members::NONCE, |value| {
            value.read().filter(|nonce: &Secret| !nonce.expose().is_empty())
        })?;
        let consent_id = object.protective_if_present(&members::CONSENT_ID, |value| {
            ConsentId::parse(&value.to_identifier()?).ok()
        })?;
        Ok(Self {
            issuer,
            client_id,
            tokens: Tokens { access_token, refresh_token, refresh_token_expires_at, scopes },
            identity: subject.map(|subject| Identity { subject, auth_time }),
            consent_id,
            nonce,
        })
    }

    /// Appends the members that [`StoredGrant::imported`] reads. They are as secret as the tokens.
    pub fn export<'a>(&self, object: &'a mut ObjectWriter) -> &'a mut ObjectWriter {
        self.write(object)
    }

    /// Reads the text of [`StoredGrant::to_json`] without its client, to export it. To use the
    /// tokens, restore the text with [`Client::restore`](crate::Client::restore).
    ///
    /// # Errors
    /// [`StoredStateFault::StoredUnverified`], [`StoredStateFault::StoredGrant`].
    pub fn for_export(stored: &str) -> Result<Self, Error> {
        if is_unverified(stored) {
            return Err(StoredStateFault::StoredUnverified.into());
        }
        read(stored)
            .and_then(|body| body.into_own_grant())
            .ok_or(StoredStateFault::StoredGrant.into())
    }

    /// The institution's issuer.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The `client_id` that the tokens were issued to.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }
}

/// The type and the binding of the access token, which must fit each other: the fault is of the type
/// if it is another one, and else of the binding.
fn bound(object: &Object<'_>) -> Result<Bound, MemberFault> {
    let dpop = object.protective(&members::TOKEN_TYPE, |value| {
        // RFC 6749 7.1, 5.1: token_type has no case.
        let named = value.to_text()?;
        let is = |by: BoundBy| named.eq_ignore_ascii_case(by.token_type());
        (is(BoundBy::Dpop) || is(BoundBy::Nothing)).then(|| is(BoundBy::Dpop))
    })?;
    let thumbprint = |value: Value<'_>| Thumbprint::parse(&value.to_text()?).ok();
    if dpop {
        let to = object.protective(&members::BOUND_TO, thumbprint)?;
        return Ok(Bound { by: BoundBy::Dpop, to: Some(to) });
    }
    let to = object.protective_if_present(&members::BOUND_TO, thumbprint)?;
    Ok(to.map_or(Bound::NOTHING, |to| Bound { by: BoundBy::Mtls, to: Some(to) }))
}
