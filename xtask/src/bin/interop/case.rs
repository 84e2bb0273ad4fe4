use fdx_jose::KeyEncryption;
use fdx_sandbox::NoncePolicy;

use crate::combination::{Authentication, Combination, Request, Response};
use crate::encrypted::Wrong;
use crate::failure::Failure;
use crate::lab::Lab;
use crate::peer::Peer;
use crate::{encrypted, flow, peer, readiness, registration, renewal, rotation, tokens, wrongs};

/// One check of the client against `oidc-provider`, or of the sandbox against a certified client.
pub(crate) struct Case {
    pub(crate) name: String,
    run: Run,
}

enum Run {
    Of(fn(&Lab, Combination) -> Result<String, Failure>, Combination),
    Once(fn(&Lab) -> Result<String, Failure>),
    Authenticated(fn(&Lab, Authentication) -> Result<String, Failure>, Authentication),
    Encrypted(KeyEncryption),
    Wrongly(&'static Wrong),
    Peer(Peer, Combination, NoncePolicy),
}

/// Features that a peer does not support, and why.
pub(crate) const NOT_SUPPORTED: [&str; 6] = [
    "oidc-provider: a refresh without a new refresh token: it always sends one",
    "oidc-provider: a refresh token that is bound to the certificate or DPoP key: it binds those \
     of public clients alone, so a renewed one is always taken",
    "oidc-provider: a replayed request object: it remembers the jti only of assertions and proofs",
    "openid-client, oauth4webapi: a registration is read, updated or deleted (RFC 7592): they have \
     no function for it",
    "openid-client, oauth4webapi: a demanded nonce and certificate-bound tokens: no DPoP proof, no \
     nonce",
    "openid-client: introspection as JSON: it requests a JWT if the client registered an algorithm",
];

impl Case {
    /// The matrix, the operations after the flow, the refused requests, then the other direction.
    pub(crate) fn all() -> Vec<Self> {
        let base = Combination::BASE;
        let jarm = Combination { response: Response::Jarm, ..base };
        let signed = Combination { request: Request::Jar, ..jarm };
        let mut cases: Vec<Self> = Combination::all()
            .into_iter()
            .map(|combination| Self::of(combination.to_string(), flow::whole, combination))
            .collect();

        for at in base.authenticated_and_bound() {
            let Combination { authentication, binding, .. } = at;
            let name = |what: &str| format!("{what}: {authentication}, {binding}");
            let renewal = |when| format!("{} renewed before {when}", renewal::renewed_things(at));
            let what = renewal("the exchange");
            cases.push(Self::of(name(&what), renewal::before_exchange, at));
            let what = renewal("a refresh");
            cases.push(Self::of(name(&what), renewal::before_refresh, at));
            cases.push(Self::of(name("refresh, twice"), tokens::refresh_twice, at));
            let what = "introspection, JSON and signed";
            cases.push(Self::of(name(what), tokens::introspected, at));
            let what = "registered, read, updated, used, deleted";
            cases.push(Self::of(name(what), registration::life, at));
            let what = "revocation, access token";
            cases.push(Self::of(name(what), tokens::access_token_revoked, at));
            let what = "revocation, refresh token";
            cases.push(Self::of(name(what), tokens::refresh_token_revoked, at));
        }
        let once = |name: &str, run| Self { name: name.to_owned(), run: Run::Once(run) };
        cases.extend([
            once("readiness: the metadata, for every client", readiness::of_metadata),
            once("refresh, twice, the refresh token rotated", tokens::refresh_rotated),
            once("server's keys rotated before the exchange", rotation::before_exchange),
            once("server's keys rotated before a JARM callback", rotation::before_callback),
            once("server's keys rotated before introspection", rotation::before_introspection),
            once("server's keys rotated before a refresh", rotation::before_refresh),
            Self::of("registered to sign all: JAR and JARM".to_owned(), registration::life, signed),
            once("differences of the registration are reported", registration::differences),
            once("refused: registering without its token", registration::without_token),
            once("refused: a registration token that was replaced", registration::old_token),
            Self::of("the customer refuses, query".to_owned(), wrongs::consent, base),
            Self::of("the customer refuses, JAR and JARM".to_owned(), wrongs::consent, signed),
            once("refused: a replayed assertion", wrongs::replayed_assertion),
            once("refused: the token endpoint as audience", wrongs::token_endpoint_as_audience),
            once("refused: a push without the request object", wrongs::unsigned_request),
            once("refused: an altered request object", wrongs::altered_request_object),
            once("refused: a DPoP proof for another URL", wrongs::proof_for_another_url),
            once("refused: a DPoP proof with a made-up nonce", wrongs::proof_with_made_up_nonce),
            once("refused: a replayed DPoP proof", wrongs::replayed_proof),
        ]);
        cases.extend(encrypted::ALGORITHMS.map(|algorithm| Self {
            name: format!("encrypted ID tokens: {algorithm}, A256GCM"),
            run: Run::Encrypted(algorithm),
        }));
        cases.extend(encrypted::WRONGS.iter().map(|wrong| Self {
            name: format!("refused: an ID token, {}", wrong.what),
            run: Run::Wrongly(wrong),
        }));
        for at in [Authentication::TlsClientAuth, Authentication::SelfSignedTlsClientAuth] {
            let name = format!("refused: another certificate, {at}");
            let run = Run::Authenticated(wrongs::other_certificate, at);
            cases.push(Self { name, run });
        }
        cases.extend(Peer::rows().into_iter().map(|(peer, combination, nonces)| {
            let name = peer::name(&peer.to_string(), combination, nonces);
            Self { name, run: Run::Peer(peer, combination, nonces) }
        }));
        cases
    }

    /// The observed result in a few words.
    pub(crate) fn run(&self, lab: &Lab) -> Result<String, Failure> {
        match self.run {
            Run::Of(run, combination) => run(lab, combination),
            Run::Once(run) => run(lab),
            Run::Authenticated(run, authentication) => run(lab, authentication),
            Run::Encrypted(algorithm) => encrypted::whole(lab, algorithm),
            Run::Wrongly(wrong) => wrong.refused(lab),
            Run::Peer(peer, combination, nonces) => peer.run(lab, combination, nonces),
        }
    }

    fn of(
        name: String,
        run: fn(&Lab, Combination) -> Result<String, Failure>,
        combination: Combination,
    ) -> Self {
        Self { name, run: Run::Of(run, combination) }
    }
}
