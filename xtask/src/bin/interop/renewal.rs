//! Renews a client's certificate, its DPoP key, or both during a flow.

use fdx_par::StoredGrant;

use crate::combination::{Authentication, Binding, Combination};
use crate::failure::Failure;
use crate::flow::check;
use crate::identities::Generation;
use crate::lab::Lab;
use crate::recipient::Recipient;

/// Between push and exchange. RFC 9449 10: a code stays bound to its key, which is retired; RFC
/// 8705 3: a certificate binds no codes.
pub(crate) fn before_exchange(lab: &Lab, combination: Combination) -> Result<String, Failure> {
    let mut first = Recipient::new(lab, combination)?;
    let accepted = first.accepted()?;
    let mut renewed = renewed(lab, combination)?;
    let exchanged = renewed.exchanged(accepted)?;
    let verified = renewed.verified(exchanged)?;
    let token = verified.tokens().access_token();
    let config =
        |recipient: &Recipient<'_>| recipient.client.config().sender_constraint.thumbprint();
    let (bound_to, seen) = match combination.binding {
        Binding::Dpop => (config(&first), "the token is bound to the retired key"),
        Binding::Mtls => (config(&renewed), "the token is bound to the new certificate"),
    };
    check(token.bound_to() == bound_to, "the token has another binding")?;
    renewed.is_served(token)?;
    Ok(seen.to_owned())
}

/// Between the exchange and a refresh.
pub(crate) fn before_refresh(lab: &Lab, combination: Combination) -> Result<String, Failure> {
    let before = Recipient::new(lab, combination)?.granted()?.stored();
    let mut renewed = renewed(lab, combination)?;
    let after = renewed.refreshed(&before)?;
    let bound_to = |grant: &StoredGrant| grant.tokens().access_token().bound_to();
    check(bound_to(&before) != bound_to(&after), "the new token has the old binding")?;
    renewed.is_served(after.tokens().access_token())?;
    if combination.binding == Binding::Mtls {
        return Ok("the new token is bound to the new certificate".to_owned());
    }
    // The old key is retired and still signs for tokens that are bound to it.
    renewed.is_served(before.tokens().access_token())?;
    Ok("the new token is bound to the new key, and the old token still works".to_owned())
}

/// What is renewed: a client with an mTLS method has a certificate and a DPoP key.
pub(crate) fn renewed_things(combination: Combination) -> &'static str {
    match (combination.authentication, combination.binding) {
        (Authentication::PrivateKeyJwt, Binding::Dpop) => "DPoP key",
        (_, Binding::Dpop) => "certificate and DPoP key",
        (_, Binding::Mtls) => "certificate",
    }
}

fn renewed(lab: &Lab, combination: Combination) -> Result<Recipient<'_>, Failure> {
    Recipient::with(lab, combination, &combination.to_string(), Generation::Renewed, |_| ())
}
