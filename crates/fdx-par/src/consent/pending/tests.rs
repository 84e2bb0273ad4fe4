use std::sync::Arc;

use fdx_jose::{SealingKey, SealingKeys, Thumbprint, backend};
use fdx_pkce::CodeVerifier;
use fdx_rar::{
    AuthorizationDetails, ConsentDuration, ConsentRequest, DataCluster, Requested, ResourceType,
    Scopes,
};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, Secret, UnixTime};
use proptest::prelude::*;

use crate::client::client::Client;
use crate::client::config::{ClientAuthentication, ClientConfig, ResponseMode, SenderConstraint};
use crate::consent::pending::pending::{Flow, FlowId, Pending, RequestedJson};
use crate::discovery::discover::{WellKnown, discover};
use crate::exchange::draft::Step;

const ISSUER: &str = "https://bank.example";
const NOW: UnixTime = UnixTime::from_seconds(1_767_607_200);

fn client() -> Client {
    let issuer = Issuer::parse(ISSUER).unwrap();
    let certificate = Thumbprint::of_certificate(b"a certificate");
    let config = ClientConfig::new(
        issuer.clone(),
        "app-1",
        RedirectUri::parse("https://app.example/callback").unwrap(),
        HttpsUrl::parse("https://bank.example/fdx/v6").unwrap(),
        ClientAuthentication::TlsClientAuth(certificate),
        SenderConstraint::Mtls(certificate),
        backend::ring(),
    );
    let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, NOW).unwrap();
    let (_, sent) = draft.attach(Vec::new()).unwrap();
    let document = format!(
        r#"{{"issuer":"{ISSUER}","authorization_endpoint":"{ISSUER}/authorize",
        "token_endpoint":"{ISSUER}/token","jwks_uri":"{ISSUER}/jwks",
        "pushed_authorization_request_endpoint":"{ISSUER}/par",
        "authorization_response_iss_parameter_supported":true,
        "code_challenge_methods_supported":["S256"]}}"#
    );
    let answer = http::Response::builder().header("content-type", "application/json");
    let Ok(Step::Done(metadata)) = sent.receive(answer.body(document).unwrap(), NOW) else {
        panic!("the document is right")
    };
    Client::new(config, metadata).unwrap()
}

fn scopes() -> impl Strategy<Value = Scopes> {
    "[!#-\\[\\]-~]{1,9}( [!#-\\[\\]-~]{1,9}){0,3}".prop_map(|text| Scopes::parse(&text).unwrap())
}

fn consent() -> impl Strategy<Value = ConsentRequest> {
    let duration = prop_oneof![
        Just(ConsentDuration::OneTime),
        Just(ConsentDuration::Persistent),
        (1..366u32).prop_map(|days| ConsentDuration::time_bound(days).unwrap()),
    ];
    let resource = (
        prop::sample::select(vec!["ACCOUNT", "CUSTOMER", "LATER"]),
        prop::collection::vec("ACCOUNT_BASIC|TRANSACTIONS|[A-Z_]{1,9}", 1..4),
    );
    let resources = prop::collection::vec(resource, 1..4);
    (duration, prop::option::of(0..4000u32), resources).prop_map(|(duration, days, resources)| {
        let mut consent = ConsentRequest::new(duration);
        if let Some(days) = days {
            consent = consent.lookback_period(days);
        }
        for (kind, clusters) in &resources {
            let clusters = clusters.iter().map(|name| DataCluster::parse(name));
            consent = consent.resource(ResourceType::parse(kind), clusters);
        }
        consent.build().unwrap()
    })
}

fn requested() -> impl Strategy<Value = Requested> {
    let details = ("[a-z_]{1,20}", any::<i64>(), "\\PC{0,20}").prop_map(|(kind, number, text)| {
        let text = serde_json::to_string(&text).unwrap();
        let array = format!(r#"[{{"type":"{kind}","a":{{"b":[{number},{text}]}}}}]"#);
        AuthorizationDetails::parse(array).unwrap()
    });
    prop_oneof![
        consent().prop_map(Requested::Consent),
        (details, scopes()).prop_map(|(details, scopes)| Requested::Details(details, scopes)),
        scopes().prop_map(Requested::Scopes),
    ]
}

prop_compose! {
    /// Generates pending values, including ones that this client could not have pushed.
    fn pending()(
        state in "[A-Za-z0-9_-]{67}",
        verifier in "[A-Za-z0-9._~-]{43,128}",
        nonce in prop::option::of("[ -~]{1,64}"),
        response_mode in prop::sample::select(vec![ResponseMode::Query, ResponseMode::Jwt]),
        bound_to in prop::option::of(any::<[u8; 8]>()),
        (requested, scopes) in (requested(), scopes()),
        max_age in prop::option::of(any::<u64>()),
        acr_values in prop::option::of("\\PC{1,64}"),
        (pushed_sha256, not_fapi) in any::<([u8; 32], bool)>(),
        seconds in NOW.as_seconds()..=UnixTime::from_seconds(u64::MAX).as_seconds(),
    ) -> Pending {
        let config = client();
        let config = config.config();
        let flow = Flow {
            id: FlowId::of_state(&state).unwrap(),
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            redirect_uri: config.redirect_uri.clone(),
            response_mode,
            nonce: nonce.map(Secret::new),
            bound_to: bound_to.map(|bytes| Thumbprint::of_certificate(&bytes)),
            requested_json: Arc::new(RequestedJson::of(&requested).unwrap()),
            requested: Arc::new(requested),
            scopes,
            max_age,
            acr_values,
            pushed_sha256,
            not_fapi,
        };
        Pending {
            flow: Box::new(flow),
            state: Secret::new(state),
            code_verifier: CodeVerifier::parse(&verifier).unwrap(),
            callback_by: UnixTime::from_seconds(seconds),
        }
    }
}

/// Compares every field of two pending values. The patterns are exhaustive, so that a new field
/// does not compile until it is compared here.
fn same(old: &Pending, new: &Pending) -> Result<(), TestCaseError> {
    let Pending { flow, state, code_verifier, callback_by } = old;
    prop_assert_eq!(state.expose(), new.state.expose());
    prop_assert_eq!(code_verifier.expose(), new.code_verifier.expose());
    prop_assert_eq!(*callback_by, new.callback_by);
    let Flow {
        id,
        issuer,
        client_id,
        redirect_uri,
        response_mode,
        nonce,
        bound_to,
        requested,
        requested_json: _,
        scopes,
        max_age,
        acr_values,
        pushed_sha256,
        not_fapi,
    } = &**flow;
    let new = &*new.flow;
    prop_assert_eq!((id, issuer, client_id), (&new.id, &new.issuer, &new.client_id));
    prop_assert_eq!(redirect_uri, &new.redirect_uri);
    prop_assert_eq!(*response_mode, new.response_mode);
    prop_assert_eq!(nonce.as_ref().map(Secret::expose), new.nonce.as_ref().map(Secret::expose));
    prop_assert_eq!(
        (bound_to, max_age, acr_values),
        (&new.bound_to, &new.max_age, &new.acr_values)
    );
    prop_assert_eq!((requested, scopes), (&new.requested, &new.scopes));
    prop_assert_eq!((pushed_sha256, not_fapi), (&new.pushed_sha256, &new.not_fapi));
    Ok(())
}

proptest! {
    #[test]
    fn what_is_sealed_opens_as_it_was(
        pending in pending(),
        session in prop::collection::vec(any::<u8>(), 0..40),
        random: [u8; 32],
    ) {
        let keys = SealingKeys::new(backend::ring(), SealingKey::new(1, [1; 32]));
        let sealed = pending.seal(&keys, &session, Entropy::new(random)).unwrap();
        let opened = client().open(&sealed, &keys, &session, NOW).unwrap();
        same(&pending, &opened)?;
    }

    #[test]
    fn what_is_stored_is_restored_as_it_was(pending in pending()) {
        let restored = client().restore_pending(pending.to_json().expose()).unwrap();
        same(&pending, &restored)?;
    }
}
