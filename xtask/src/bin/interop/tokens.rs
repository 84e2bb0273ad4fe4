//! What becomes of tokens afterwards: refreshed, looked into, revoked.

use fdx_par::{StoredGrant, TokenTypeHint, Tokens};
use fdx_transport_hyper::system_now;
use fdx_wire::Entropy;

use crate::combination::Combination;
use crate::failure::Failure;
use crate::flow::{check, refused};
use crate::identities::Generation;
use crate::lab::Lab;
use crate::recipient::Recipient;

/// Two refreshes in a row; the server gives the same refresh token each time.
pub(crate) fn refresh_twice(lab: &Lab, combination: Combination) -> Result<String, Failure> {
    let mut recipient = Recipient::new(lab, combination)?;
    let first = recipient.granted()?.stored();
    let second = recipient.refreshed(&first)?;
    let third = recipient.refreshed(&second)?;
    for (old, new) in [(&first, &second), (&second, &third)] {
        check(access(old) != access(new), "the access token is the old one")?;
        check(refresh(old) == refresh(new), "the refresh token was rotated")?;
        check(old.consent_id() == new.consent_id(), "the consent is another one")?;
    }
    for grant in [&first, &second, &third] {
        recipient.is_served(grant.tokens().access_token())?;
    }
    Ok("the refresh token stayed, three access tokens are served".to_owned())
}

/// Two refreshes in a row at a server that gives a new refresh token each time.
pub(crate) fn refresh_rotated(lab: &Lab) -> Result<String, Failure> {
    let combination = Combination::BASE;
    let id = format!("{combination}.rotating");
    let mut recipient = Recipient::with(lab, combination, &id, Generation::First, |_| ())?;
    let first = recipient.granted()?.stored();
    let second = recipient.refreshed(&first)?;
    let third = recipient.refreshed(&second)?;
    for (old, new) in [(&first, &second), (&second, &third)] {
        check(refresh(old) != refresh(new), "the refresh token was not rotated")?;
    }
    recipient.is_served(third.tokens().access_token())?;
    // RFC 9700 4.14.2: a rotated token that comes back ends the grant, for thief and owner alike.
    let draft = recipient.client.refresh(&first, Entropy::from_os()?, system_now())?;
    let said = refused(recipient.run(draft), "invalid_grant")?;
    let last = recipient.introspection(third.tokens().access_token())?;
    check(!last.is_active(), "the grant outlived the return of a spent token")?;
    Ok(format!("three refresh tokens; the first again: {said}"))
}

/// Both tokens in JSON, the access token signed too: all say the same.
pub(crate) fn introspected(lab: &Lab, combination: Combination) -> Result<String, Failure> {
    let mut recipient = Recipient::new(lab, combination)?;
    let granted = recipient.granted()?;
    let token = granted.tokens().access_token();
    let json = recipient.introspection(token)?;
    let signed = recipient.signed_introspection(token)?;
    let refresh = recipient.refresh_token(granted.tokens())?;
    for response in [&json, &signed, &refresh] {
        check(response.is_active(), "a token is not active")?;
    }
    for response in [&json, &signed] {
        check(response.consent_id() == granted.consent_id(), "the consent is another one")?;
        check(response.expires_at().is_some(), "exp is missing")?;
    }
    check(json.expires_at() == signed.expires_at(), "JSON and JWT differ in exp")?;
    Ok("both tokens active; JSON and JWT agree".to_owned())
}

/// The access token is revoked. RFC 7009 2.1 lets a server end the refresh token with it, and this
/// one does.
pub(crate) fn access_token_revoked(lab: &Lab, combination: Combination) -> Result<String, Failure> {
    let mut recipient = Recipient::new(lab, combination)?;
    let grant = recipient.granted()?.stored();
    recipient.revoke(grant.tokens(), TokenTypeHint::AccessToken)?;
    let token = grant.tokens().access_token();
    check(!recipient.introspection(token)?.is_active(), "in JSON it is still active")?;
    check(!recipient.signed_introspection(token)?.is_active(), "signed, it is still active")?;
    let said = refused(recipient.call(token, "acc-1")?, "invalid_token")?;
    let refresh = recipient.refresh_token(grant.tokens())?;
    check(!refresh.is_active(), "the refresh token is still active")?;
    Ok(format!("both inactive, and a call: {said}"))
}

/// The refresh token is revoked, and all that came of it.
pub(crate) fn refresh_token_revoked(
    lab: &Lab,
    combination: Combination,
) -> Result<String, Failure> {
    let mut recipient = Recipient::new(lab, combination)?;
    let grant = recipient.granted()?.stored();
    let tokens = grant.tokens();
    recipient.revoke(tokens, TokenTypeHint::RefreshToken)?;
    check(!recipient.refresh_token(tokens)?.is_active(), "it is still active")?;
    let access = recipient.introspection(tokens.access_token())?;
    check(!access.is_active(), "the access token is still active")?;
    // RFC 7009 2.2: a token that is gone already is no error.
    recipient.revoke(tokens, TokenTypeHint::RefreshToken)?;
    let draft = recipient.client.refresh(&grant, Entropy::from_os()?, system_now())?;
    let said = refused(recipient.run(draft), "invalid_grant")?;
    Ok(format!("both inactive, and a refresh: {said}"))
}

impl Recipient<'_> {
    fn refresh_token(&self, tokens: &Tokens) -> Result<fdx_par::Introspection, Failure> {
        let now = system_now();
        let draft = self.client.introspect_refresh_token(tokens, Entropy::from_os()?, now)?;
        Ok(self.run(draft)?)
    }

    fn revoke(&self, tokens: &Tokens, which: TokenTypeHint) -> Result<(), Failure> {
        let draft = self.client.revoke(tokens, which, Entropy::from_os()?, system_now())?;
        self.run(draft)?;
        Ok(())
    }
}

fn access(grant: &StoredGrant) -> &str {
    grant.tokens().access_token().token().expose()
}

fn refresh(grant: &StoredGrant) -> Option<&str> {
    grant.tokens().refresh_token().map(fdx_wire::Secret::expose)
}
