//! What must succeed: whole flows, and a customer's no.

use fdx_par::{Callback, NextStep, ResourceRequest};
use fdx_transport_hyper::system_now;
use fdx_wire::Entropy;

use crate::customer::{self, Decision};
use crate::failure::Failure;
use crate::lab::Lab;
use crate::recipient::{Binding, Recipient};

pub(crate) fn es256_dpop(lab: &Lab) -> Result<String, Failure> {
    whole(lab, "es256-dpop", Binding::Dpop)
}

pub(crate) fn ps256_mtls(lab: &Lab) -> Result<String, Failure> {
    whole(lab, "ps256-mtls", Binding::Mtls)
}

pub(crate) fn eddsa_dpop(lab: &Lab) -> Result<String, Failure> {
    whole(lab, "eddsa-dpop", Binding::Dpop)
}

/// From discovery to a served resource, a withheld one, and the receipt.
fn whole(lab: &Lab, client_id: &str, binding: Binding) -> Result<String, Failure> {
    let recipient = Recipient::new(lab, client_id, binding)?;
    let (url, pending) = recipient.begin()?;
    let returned = customer::visit(lab, &url, Decision::Allow)?;
    let verified = recipient.verified(pending, &returned)?;
    let granted = recipient.granted(verified)?;
    check(granted.coverage().is_partial(), "the grant is not a part of what was asked")?;
    check(granted.tokens().refresh_token().is_some(), "no refresh token came")?;

    let call = |account: &str| {
        let accounts = recipient.client.config().fdx_base.join_segment("accounts");
        let url = accounts.and_then(|accounts| accounts.join_segment(account))?;
        let token = granted.tokens().access_token();
        let request = ResourceRequest::get(url);
        let draft = recipient.client.call(token, request, Entropy::from_os()?, system_now())?;
        recipient.run(draft)
    };
    let served = call("acc-1")?;
    check(served.status() == http::StatusCode::OK, "the shared account was not served")?;
    let withheld = call("acc-2");
    let refused = withheld.is_err_and(|failure| failure.to_string().contains("602"));
    check(refused, "the account that was not shared was not refused")?;

    let receipt = recipient.client.receipt(&granted, system_now())?;
    check(receipt.consent_id() == granted.consent_id(), "the receipt is another consent's")?;
    let count = granted.coverage().granted().len();
    Ok(format!("{count} granted, {} withheld", granted.coverage().withheld().len()))
}

/// The customer says no, and nothing is sent after it.
pub(crate) fn refused_consent(lab: &Lab) -> Result<String, Failure> {
    let recipient = Recipient::new(lab, "es256-dpop", Binding::Dpop)?;
    let (url, pending) = recipient.begin()?;
    let returned = customer::visit(lab, &url, Decision::Refuse)?;
    match recipient.client.callback(pending, &returned, system_now())? {
        Callback::Denied(refusal) => {
            check(refusal.is("access_denied"), "the reason is not access_denied")?;
            check(refusal.next_step == NextStep::RespectTheCustomer, "the next step is wrong")?;
            Ok(refusal.to_string())
        }
        Callback::Code(_) => Err(Failure::new("a code came")),
    }
}

pub(crate) fn check(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(otherwise)) }
}
