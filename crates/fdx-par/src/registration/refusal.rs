use http::StatusCode;

use crate::error::RefusalKind;
use crate::exchange::answer::Answer;
use crate::{Error, NextStep, ServerRule, fdx_api};

/// What an answer with another status than `wanted` means: OAuth's error (RFC 7591 section 3.2.2),
/// the challenge of a protected resource (RFC 7592 section 2), or what FDX makes of an error.
pub(super) fn of(answer: &Answer<'_>, wanted: StatusCode) -> Error {
    match answer.check_status(wanted) {
        Err(Error::Refusal(refusal)) if refusal.kind != RefusalKind::OAuth => {
            fdx_api::not_a_success(answer)
        }
        Err(error) => error,
        Ok(()) => answer.fault(ServerRule::Status),
    }
}

/// RFC 7592 sections 2.1 to 2.3: to a client that was deleted, or to a token that was replaced, the
/// server says 401.
pub(super) fn of_management(error: Error) -> Error {
    match error {
        Error::Refusal(mut refusal) if refusal.said.status == 401 => {
            refusal.next_step = NextStep::RegisterAgain;
            Error::Refusal(refusal)
        }
        error => error,
    }
}

/// The status of a registration that was taken. RFC 7591 3.2.1: 201; some servers say 200.
pub(super) fn created(answer: &Answer<'_>, dialect: &crate::Dialect) -> Result<StatusCode, Error> {
    match answer.status {
        StatusCode::OK if dialect.has(crate::dialect::Member::RegistrationStatusOk) => {
            Ok(StatusCode::OK)
        }
        StatusCode::OK => Err(answer.fault(ServerRule::RegistrationStatus)),
        _ => Ok(StatusCode::CREATED),
    }
}
