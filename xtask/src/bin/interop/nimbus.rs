//! Nimbus' oauth2-oidc-sdk as a client of the sandbox.

use fdx_jose::Algorithm;

use crate::combination::Combination;
use crate::jvm::Jvm;
use crate::lab::Lab;
use crate::peer;
use crate::report::Row;
use crate::script::tail;

pub(crate) const NAME: &str = "nimbus";

pub(crate) const NOT_SUPPORTED: [&str; 5] = [
    "nimbus: EdDSA: it needs the optional Tink, and its list for private_key_jwt lacks EdDSA",
    "nimbus: signed introspection: it has no class for RFC 9701",
    "nimbus: authorization_details in a request object: it writes the array as a string, so our \
     program writes the claim",
    "nimbus: a nonce, or a response 'use_dpop_nonce': it sends the same request again only if a \
     program does so; ours signs a new one",
    "nimbus: a registration is read, updated or deleted (RFC 7592): not run",
];

/// Every combination that the library has, with nonces and without.
pub(crate) fn rows(lab: &Lab, jvm: &Jvm) -> Vec<Row> {
    let mut client = None;
    let started = Row::of(&format!("{NAME}: started"), || {
        client = Some(jvm.start(NAME, "fdx.interop.Client", &[])?);
        Ok("oauth2-oidc-sdk 11.30.1".to_owned())
    });
    let mut rows = vec![started];
    if let Some(client) = &client {
        let supported = |combination: &Combination| combination.algorithm != Algorithm::EdDsa;
        for combination in Combination::all().into_iter().filter(supported) {
            for nonces in peer::nonces(combination) {
                let name = peer::name(NAME, combination, *nonces);
                rows.push(Row::of(&name, || peer::ask(client, lab, combination, *nonces)));
            }
        }
    }
    if rows.iter().any(Row::failed) {
        eprintln!("{}", tail(&jvm.errors(NAME)));
    }
    rows
}
