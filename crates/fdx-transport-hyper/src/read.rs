use std::io;

use fdx_wire::SecretBuffer;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::AnswerFault;
use crate::connect::find;
use crate::tls::{refuses_client_certificate, says_that_it_refuses};

/// How many announced bytes are made room for before they come.
const TRUSTED: usize = 64 * 1024;

/// Reads a body of at most so many bytes. Dropping the rest ends the connection in HTTP/1.1, and
/// the stream in HTTP/2.
pub(crate) async fn body(mut incoming: Incoming, limit: usize) -> Result<Vec<u8>, AnswerFault> {
    let too_large = AnswerFault::BodyTooLarge { limit };
    // What `Content-Length` announces is refused before it is read.
    let announced = usize::try_from(incoming.size_hint().lower()).map_err(|_| too_large)?;
    if announced > limit {
        return Err(too_large);
    }
    // Wiped where it is outgrown or given up: a body may contain tokens.
    let mut bytes = SecretBuffer::with_capacity(announced.min(TRUSTED));
    while let Some(frame) = incoming.frame().await {
        // Trailers mean nothing here.
        let Ok(data) = frame.map_err(|error| answer_fault(&error))?.into_data() else { continue };
        if data.len() > limit - bytes.len() {
            return Err(too_large);
        }
        bytes.push(&data);
    }
    Ok(bytes.into_bytes())
}

/// What became of a request that had a connection.
pub(crate) fn answer_fault(error: &(dyn core::error::Error + 'static)) -> AnswerFault {
    if find::<rustls::Error>(error).is_some_and(refuses_client_certificate)
        || find::<io::Error>(error).is_some_and(says_that_it_refuses)
    {
        return AnswerFault::ClientCertificateRefused;
    }
    match find::<hyper::Error>(error) {
        Some(error) if error.is_parse() => AnswerFault::Unreadable,
        _ => AnswerFault::Lost,
    }
}
