use fdx_wire::UnixTime;

use crate::client::client::Client;
use crate::discovery::keys::ServerKeys;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::refused::Refused;

/// The result of [`Client::verify`] for a value that was not rejected.
///
/// `T::Decrypt` has no value for [`SignedCallback`](crate::SignedCallback) and
/// [`IntrospectionJwt`](crate::tokens::IntrospectionJwt), so a `match` on their verification needs
/// no arm for [`Verification::Decrypt`].
#[derive(Debug)]
#[must_use]
pub enum Verification<T: Unverified> {
    /// The ID token is encrypted: [decrypt it](crate::client::Encrypted::open) and verify again.
    Decrypt(T::Decrypt),
    /// The keys do not include the key that signed the value: [fetch the
    /// keys](Client::fetch_keys) and verify again. The value is unchanged.
    FetchKeys(T),
    /// The verified value.
    Done(T::Verified),
}

/// A value that must be verified before it is used: [`Exchanged`](crate::Exchanged) and
/// [`Refreshed`](crate::Refreshed) tokens, a [`SignedCallback`](crate::SignedCallback) or an
/// [`IntrospectionJwt`](crate::tokens::IntrospectionJwt). The trait is sealed.
pub trait Unverified: Checked {
    /// What must be decrypted first: [`Encrypted`](crate::client::Encrypted), or
    /// [`Infallible`](core::convert::Infallible) where the value is never encrypted.
    type Decrypt;

    /// What the value becomes: [`Verified`](crate::Verified) for exchanged tokens,
    /// [`StoredGrant`](crate::StoredGrant) for refreshed ones, [`Callback`](crate::Callback) and
    /// [`Introspection`](crate::Introspection) for the others.
    type Verified;
}

/// The checks of an unverified value, in the order in which [`Client::verify`] calls them. Not
/// exported, which seals [`Unverified`].
pub trait Checked: Sized {
    /// The encrypted part of the value.
    type Ciphertext;

    /// What the checks find, apart from the value itself.
    type Findings;

    /// What the server's keys are needed for.
    const PURPOSE: &'static str;

    /// Checks that the value belongs to `client`, and returns what must be decrypted first.
    fn ciphertext(&self, client: &Client) -> Result<Option<Self::Ciphertext>, Error>;

    /// The value with its encrypted part, for the caller to decrypt.
    fn decrypt(self, ciphertext: Self::Ciphertext, client: &Client) -> Self::Decrypt
    where
        Self: Unverified;

    /// Verifies the signature and everything that depends on it.
    fn check(
        &self,
        client: &Client,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Self::Findings, Error>;

    /// The verified value.
    fn verified(self, findings: Self::Findings) -> Self::Verified
    where
        Self: Unverified;
}

impl Client {
    /// Verifies what the server signed, with the server's `keys`. They may be `None` if no keys
    /// were fetched yet: all checks before the signature are made without them.
    ///
    /// - [`Exchanged`](crate::Exchanged) tokens: the ID token (OpenID Connect Core 3.1.3.7), which
    ///   is present exactly when `openid` was requested, and the consent id as reported by
    ///   `grant_id`, `fdxConsentId` and the ID token. Without `openid` no key is needed. After a
    ///   [refresh](Client::refresh_unverified) the ID token is checked by OpenID Connect Core 12.2.
    /// - [`Refreshed`](crate::Refreshed) tokens: the ID token, if `openid` was requested and the
    ///   response has one, against the first one: the same `iss`, `sub`, `aud` and `auth_time`, and
    ///   the same `nonce` or none (OpenID Connect Core 12.2). If no first one was verified, it
    ///   identifies the customer. The consent id must not change.
    /// - a [`SignedCallback`](crate::SignedCallback): `iss`, `aud`, `exp` and the signature (JARM
    ///   2.4), then `state` in constant time, then either `error` or `code`, never both.
    /// - an [`IntrospectionJwt`](crate::tokens::IntrospectionJwt): the signed response (RFC 9701 section 5),
    ///   then the introspection in it.
    ///
    /// Tokens with a rejected ID token must not be used: [revoke](Client::revoke) them. If the ID
    /// token has only expired, [refresh](Client::refresh_unverified) first.
    ///
    /// # Errors
    /// [`Refused`] with the unverified value. [`Error::IdToken`], [`Error::AuthorizationResponse`]
    /// or [`Error::SignedIntrospection`] if the JWT is invalid, [`Error::Metadata`] if the keys are
    /// needed and the metadata has no `jwks_uri`, and
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) if the value belongs
    /// to another client. In addition, by value:
    ///
    /// | value | errors |
    /// |---|---|
    /// | exchanged tokens | [`ServerRule::IdTokenMissing`](crate::ServerRule::IdTokenMissing), [`ServerRule::ConsentIdConflict`](crate::ServerRule::ConsentIdConflict); with a generated consent id, [`ServerRule::AuthorizationDetailsMissing`](crate::ServerRule::AuthorizationDetailsMissing) and [`ServerRule::ConsentIdOther`](crate::ServerRule::ConsentIdOther) |
    /// | refreshed tokens | [`ServerRule::RefreshedIdentity`](crate::ServerRule::RefreshedIdentity), [`ServerRule::ConsentIdConflict`](crate::ServerRule::ConsentIdConflict) |
    /// | a signed callback | [`Error::Callback`] |
    /// | a signed introspection | [`Error::Server`] |
    pub fn verify<T: Unverified>(
        &self,
        unverified: T,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Verification<T>, Refused<T>> {
        match unverified.ciphertext(self) {
            Ok(None) => {}
            Ok(Some(ciphertext)) => {
                return Ok(Verification::Decrypt(unverified.decrypt(ciphertext, self)));
            }
            Err(error) => return Err(Refused::new(error, unverified)),
        }
        match unverified.check(self, keys, now) {
            Ok(findings) => Ok(Verification::Done(unverified.verified(findings))),
            Err(error) if error.next_step() == NextStep::FetchKeys => {
                match self.jwks_uri(T::PURPOSE) {
                    Ok(_) => Ok(Verification::FetchKeys(unverified)),
                    Err(error) => Err(Refused::new(error, unverified)),
                }
            }
            Err(error) => Err(Refused::new(error, unverified)),
        }
    }
}

// What the server's keys are needed for.
pub(crate) const ID_TOKEN: &str = "to verify the ID token";
pub(crate) const SIGNED_CALLBACK: &str = "to verify the signed callback (JARM)";
pub(crate) const SIGNED_INTROSPECTION: &str = "to verify the signed introspection";
