//! The client information response (RFC 7591 section 3.2.1, RFC 7592 section 3).

use fdx_wire::Secret;
use http::StatusCode;

use crate::dialect::profile::Profile;
use crate::error::error::Error;
use crate::error::next_step::RefusalKind;
use crate::error::next_step::RefusedCall;
use crate::error::notice::Notice;
use crate::error::server::ServerRule;
use crate::exchange::answer::Answer;
use crate::exchange::interaction::InteractionId;
use crate::fdx_api::error::not_a_success;
use crate::registration::document::{Document, members};
use crate::registration::registered::{Registered, RegistrationAccess};
use crate::registration::registrar::Registrar;
use crate::tokens::issued::can_stand_in_a_header;

const MEMBERS: usize = 10_000;
const MAX_URI: usize = 2048;

/// Reads a client information response with this status. `before` is the registration that was
/// read or updated.
pub(super) fn read(
    registrar: &Registrar,
    before: Option<Registered>,
    interaction_id: &InteractionId,
    answer: &Answer<'_>,
    status: StatusCode,
) -> Result<Registered, Error> {
    if answer.status != status {
        return Err(refusal(answer, status));
    }
    let object = answer.object(status, MEMBERS, &members::CLIENT_ID)?;
    let document = Document::of(&object);
    let document = document.map_err(|fault| answer.member_fault(ServerRule::ClientId, fault))?;
    let client_id = document.client_id;
    if before.as_ref().is_some_and(|before| before.client_id != client_id) {
        return Err(answer.fault(ServerRule::ClientIdOther));
    }
    let mut notices: Vec<_> = interaction_id.compare(answer).into_iter().collect();
    notices.extend(document.not_understood.iter().map(Notice::of));
    if document.client_secret {
        notices.push(Notice::ClientSecretDropped);
    }
    if !document.is_approved {
        notices.push(Notice::RegistrationNotApproved);
    }
    let (issued_at, access) = match before {
        Some(before) => (before.issued_at, before.access),
        None => (None, None),
    };
    let received = (document.registration_client_uri, document.registration_access_token);
    let access = renewed(registrar, access, received, &mut notices);
    notices.extend(registrar.compare(&document.metadata).notices());
    Ok(Registered {
        issuer: registrar.config().issuer.clone(),
        client_id,
        issued_at: document.client_id_issued_at.or(issued_at),
        metadata: document.metadata,
        access,
        notices,
    })
}

/// Returns the URL and token that manage the registration after this response. An unusable value
/// never replaces a usable one.
fn renewed(
    registrar: &Registrar,
    before: Option<RegistrationAccess>,
    (uri, token): (Option<String>, Option<Secret>),
    notices: &mut Vec<Notice>,
) -> Option<RegistrationAccess> {
    let uri = uri.filter(|uri| (1..=MAX_URI).contains(&uri.len()));
    let token = token.filter(|token| can_stand_in_a_header(token.expose()));
    let Some(before) = before else {
        let access = uri.zip(token).map(|(uri, token)| RegistrationAccess {
            registration_client_uri: uri,
            registration_access_token: token,
        });
        if access.is_none() {
            notices.push(Notice::RegistrationUnmanaged);
        }
        return access;
    };
    let (home, elsewhere): (Vec<_>, Vec<_>) =
        uri.into_iter().partition(|uri| registrar.is_at_home(uri));
    if !elsewhere.is_empty() {
        notices.push(Notice::RegistrationUriElsewhere);
    }
    Some(RegistrationAccess {
        registration_client_uri: home.into_iter().next().unwrap_or(before.registration_client_uri),
        registration_access_token: token.unwrap_or(before.registration_access_token),
    })
}

/// Returns the error of a response whose status is not `wanted`: OAuth's error (RFC 7591 section
/// 3.2.2), the challenge of a protected resource (RFC 7592 section 2), or an FDX error.
pub(super) fn refusal(answer: &Answer<'_>, wanted: StatusCode) -> Error {
    let error = match answer.check_status(wanted) {
        Err(Error::Refusal(refusal)) if refusal.kind != RefusalKind::OAuth => not_a_success(answer),
        Err(error) => error,
        Ok(()) => answer.fault(ServerRule::Status),
    };
    error.of_call(RefusedCall::Registration, answer.on_no_response)
}

/// Adds the next step of a management request. RFC 7592 sections 2.1 to 2.3: the server returns
/// 401 for a deleted client and for a replaced token.
pub(super) fn of_management(error: Error, answer: &Answer<'_>) -> Error {
    error.of_call(RefusedCall::RegistrationManagement, answer.on_no_response)
}

/// Returns the status of an accepted registration. RFC 7591 3.2.1: 201; some servers return 200.
pub(super) fn created(answer: &Answer<'_>, profile: &Profile) -> Result<StatusCode, Error> {
    match answer.status {
        StatusCode::OK if profile.registration_status_ok => Ok(StatusCode::OK),
        StatusCode::OK => Err(answer.fault(ServerRule::RegistrationStatus)),
        _ => Ok(StatusCode::CREATED),
    }
}
