//! The server replaces all its keys during a flow. A verification that needs them returns *fetch
//! keys* with the tokens, and continues.

use fdx_par::{Callback, Verification};
use fdx_transport_hyper::system_now;
use fdx_wire::Entropy;

use crate::combination::{Combination, Response};
use crate::failure::Failure;
use crate::flow::check;
use crate::lab::{Decision, Lab};
use crate::recipient::Recipient;

/// Between push and exchange: the ID token is signed by a key that was never fetched.
pub(crate) fn before_exchange(lab: &Lab) -> Result<String, Failure> {
    let mut recipient = Recipient::new(lab, Combination::BASE)?;
    recipient.fetch_keys()?;
    let accepted = recipient.accepted()?;
    lab.rotate_server_keys()?;
    let exchanged = recipient.exchanged(accepted)?;
    let keys = recipient.server_keys.as_ref();
    let Verification::FetchKeys(kept) = recipient.client.verify(exchanged, keys, system_now())?
    else {
        return Err(Failure::new("the old keys verified it"));
    };
    let verified = recipient.verified(kept)?;
    recipient.is_served(verified.tokens().access_token())?;
    fetched_once_more(&recipient)
}

/// Between push and callback: so is the authorization response.
pub(crate) fn before_callback(lab: &Lab) -> Result<String, Failure> {
    let combination = Combination { response: Response::Jarm, ..Combination::BASE };
    let mut recipient = Recipient::new(lab, combination)?;
    recipient.fetch_keys()?;
    let (url, pending) = recipient.begin()?;
    lab.rotate_server_keys()?;
    let returned = lab.visit(&url, Decision::Allow)?;
    let signed = recipient.client.signed_callback(pending, &returned, system_now())?;
    let keys = recipient.server_keys.as_ref();
    let Verification::FetchKeys(kept) = recipient.client.verify(signed, keys, system_now())? else {
        return Err(Failure::new("the old keys verified it"));
    };
    let Callback::Code(accepted) = recipient.callback(kept.into_pending(), &returned)? else {
        return Err(Failure::new("the server refused"));
    };
    let exchanged = recipient.exchanged(accepted)?;
    let verified = recipient.verified(exchanged)?;
    recipient.is_served(verified.tokens().access_token())?;
    fetched_once_more(&recipient)
}

/// Between the grant and a signed introspection.
pub(crate) fn before_introspection(lab: &Lab) -> Result<String, Failure> {
    let mut recipient = Recipient::new(lab, Combination::BASE)?;
    let granted = recipient.granted()?;
    let token = granted.tokens().access_token();
    lab.rotate_server_keys()?;
    let draft = recipient.client.introspect_signed(token, Entropy::from_os()?, system_now())?;
    let signed = recipient.run(draft)?;
    let keys = recipient.server_keys.as_ref();
    let Verification::FetchKeys(kept) = recipient.client.verify(signed, keys, system_now())? else {
        return Err(Failure::new("the old keys verified it"));
    };
    recipient.fetch_keys()?;
    let keys = recipient.server_keys.as_ref();
    let Verification::Done(introspection) = recipient.client.verify(kept, keys, system_now())?
    else {
        return Err(Failure::new("the new keys did not verify it"));
    };
    check(introspection.is_active(), "the token is not active")?;
    fetched_once_more(&recipient)
}

/// Between the grant and a refresh: so is the refreshed ID token.
pub(crate) fn before_refresh(lab: &Lab) -> Result<String, Failure> {
    let mut recipient = Recipient::new(lab, Combination::BASE)?;
    let grant = recipient.granted()?.stored();
    lab.rotate_server_keys()?;
    let next = recipient.refreshed(&grant)?;
    recipient.is_served(next.tokens().access_token())?;
    fetched_once_more(&recipient)
}

fn fetched_once_more(recipient: &Recipient<'_>) -> Result<String, Failure> {
    check(recipient.fetches == 2, "the keys were not fetched exactly once more")?;
    Ok("the keys were fetched once more".to_owned())
}
