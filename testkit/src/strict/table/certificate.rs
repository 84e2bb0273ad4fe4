//! Authentication by certificate.

use fdx_jose::Thumbprint;
use fdx_sandbox::Peer;

use super::by;
use crate::Authentication::{SelfSignedTlsClientAuth, TlsClientAuth};
use crate::strict::{Check, Step};

const ERROR: &str = "invalid_client";

fn other() -> Peer {
    Peer::certificate(Thumbprint::of_certificate(b"another certificate"))
}

pub(super) fn checks() -> Vec<Check> {
    vec![
        Check::new(
            "RFC 8705 5",
            "a client that authenticates by certificate uses the endpoint's mTLS alias with one",
            ERROR,
        )
        .wrong("shows none at PAR", by(TlsClientAuth), Step::Push, |out| out.anonymous())
        .wrong("shows none for tokens", by(SelfSignedTlsClientAuth), Step::Exchange, |out| {
            out.anonymous();
        })
        .wrong(
            "goes to the main authority",
            by(SelfSignedTlsClientAuth),
            Step::Push,
            |out| {
                out.go("https://mtls.bank.example", "https://bank.example");
            },
        ),
        Check::new(
            "RFC 8705 2.1.2",
            "the certificate has the subject that the client registered",
            ERROR,
        )
        .wrong("shows somebody else's", by(TlsClientAuth), Step::Push, |out| {
            out.peer = other().subject_dn("CN=app-2");
        })
        .wrong("shows one that names nobody", by(TlsClientAuth), Step::Refresh, |out| {
            out.peer = other();
        })
        .wrong(
            "shows one with its name as DNS name",
            by(TlsClientAuth),
            Step::Push,
            |out| {
                out.peer = other().san_dns("CN=app-1");
            },
        ),
        Check::new("RFC 8705 2.2", "the certificate is one that the client registered", ERROR)
            .wrong("shows another", by(SelfSignedTlsClientAuth), Step::Push, |out| {
                out.peer = other();
            })
            .wrong(
                "shows another with the right subject",
                by(SelfSignedTlsClientAuth),
                Step::Introspect,
                |out| out.peer = other().subject_dn("CN=app-1"),
            ),
    ]
}
