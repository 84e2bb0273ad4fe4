//! The transport fetches the institution's keys for each of the four values that it signs, over TLS.

use core::cell::Cell;
use core::fmt::Debug;
use core::time::Duration;

use fdx_jose::PrivateKey;
use fdx_par::{
    Callback, Client, Draft, NextStep, Output, ResponseMode, ServerKeys, WellKnown,
    client::Unverified, discover, discovery::KeyPolicy,
};
use fdx_sandbox::OldKeys;
use fdx_sandbox::customer::Decision;
use fdx_testkit::{Setup, fresh_key, keys, kit, usual_request};
use fdx_tests::TlsBank;
use fdx_transport_hyper::{
    Checked, KeyCache, NotVerified, Roots, RunError, Transport, VerifyError, system_now,
};
use fdx_wire::{Entropy, HttpsUrl, UnixTime};

const MINUTE: Duration = Duration::from_secs(60);

/// A client whose institution signs callbacks, ID tokens and introspections.
struct Party {
    bank: TlsBank,
    setup: Setup,
    transport: Transport,
    /// A transport that does not trust the institution: it fetches nothing.
    broken: Transport,
    client: Client,
    signing_keys: Vec<PrivateKey>,
    rotations: Cell<u8>,
}

impl Party {
    async fn open() -> Self {
        let setup = Setup { response_mode: ResponseMode::Jwt, ..Setup::default() };
        let bank = TlsBank::open(vec![keys(setup.algorithm)], &[], |_| ()).await;
        bank.institution.lock().unwrap().register(setup.registered());
        let roots = Roots::pem(bank.authority.certificate_pem()).unwrap();
        let transport = Transport::builder().root_certificates(roots).build().unwrap();
        let broken = Transport::builder().build().unwrap();
        let signing_keys = vec![keys(setup.algorithm)];
        let draft = discover(&bank.issuer, WellKnown::OAuthAuthorizationServer, system_now());
        let metadata = transport.run(draft.unwrap(), &signing_keys, system_now).await.unwrap();
        let mut config = setup.config();
        config.issuer = bank.issuer.clone();
        let base = format!("{}/fdx/v6", bank.issuer.as_str());
        config.fdx_base = HttpsUrl::parse(&base).unwrap();
        let client = Client::new(config, metadata).unwrap();
        let rotations = Cell::new(0);
        Self { bank, setup, transport, broken, client, signing_keys, rotations }
    }

    async fn run<T: Output>(&self, draft: Draft<T>) -> T {
        self.transport.run(draft, &self.signing_keys, system_now).await.unwrap()
    }

    /// The institution's keys, before it replaces them by a new one.
    async fn keys_before_rotation(&self) -> ServerKeys {
        let held = self.run(self.client.fetch_keys(system_now()).unwrap()).await;
        self.rotate();
        held
    }

    fn rotate(&self) {
        self.rotations.set(self.rotations.get() + 1);
        let kid = format!("key-{}", self.rotations.get());
        let new_keys = vec![fresh_key(self.setup.algorithm, Some(&kid))];
        self.bank.institution.lock().unwrap().rotate_keys(new_keys, OldKeys::Withdrawn);
    }

    fn customer(&self, url: &str) -> String {
        let mut bank = self.bank.institution.lock().unwrap();
        kit::customer(&mut bank, url, &Decision::everything(), system_now())
    }

    async fn verify<T: Unverified>(
        &self,
        transport: &Transport,
        value: T,
        cache: &KeyCache,
        now: UnixTime,
    ) -> Result<T::Verified, NotVerified<T>> {
        match transport.verify(&self.client, value, cache, || now).await? {
            Checked::Done(verified) => Ok(verified),
            Checked::Decrypt(_) => panic!("no encryption was registered"),
        }
    }

    /// Verifies a value that a new key signed, while the cache holds `old` keys.
    async fn verified<T>(&self, value: T, old: ServerKeys) -> T::Verified
    where
        T: Unverified + Debug,
        T::Verified: Debug,
    {
        let (now, before) = (system_now(), old.fetched_at());
        let cache = KeyCache::default().with_keys(old);

        // Within the cooldown the policy refuses a second fetch.
        let refused = self.verify(&self.transport, value, &cache, now).await.unwrap_err();
        let VerifyError::UnknownKey { retry_after: Some(after) } = refused.error else {
            panic!("{refused:?}")
        };
        assert!(after <= MINUTE, "{after:?}");
        let next_step = NextStep::Retry { after: Some(after) };
        assert_eq!(refused.error.next_step(), next_step);
        assert_eq!(cache.keys().unwrap().fetched_at(), before, "nothing was fetched");

        // After the cooldown a fetch fails: the value and the old keys remain.
        let value = *refused.unspent;
        let later = before + MINUTE;
        let refused = self.verify(&self.broken, value, &cache, later).await.unwrap_err();
        let error = VerifyError::FetchKeys(RunError::NotSent {
            error: untrusted(),
            draft: (),
            next_step: NextStep::Correct,
        });
        assert_eq!(refused.error, error);
        assert_eq!(cache.keys().unwrap().fetched_at(), before, "the old keys remain");

        // The same without any keys.
        let value = *refused.unspent;
        let empty = KeyCache::default();
        let refused = self.verify(&self.broken, value, &empty, later).await.unwrap_err();
        assert_eq!(refused.error, error);
        assert!(empty.keys().is_none());

        // A later attempt succeeds after one fetch, whose keys are kept.
        let verified = self.verify(&self.transport, *refused.unspent, &cache, later).await;
        assert_eq!(cache.keys().unwrap().fetched_at(), later);
        verified.unwrap()
    }
}

fn untrusted() -> fdx_transport_hyper::TransportError {
    use fdx_transport_hyper::{CertificateFault, ConnectFault, TransportError};
    TransportError::Connect(ConnectFault::ServerCertificate(CertificateFault::UnknownIssuer))
}

fn entropy(step: u8) -> Entropy {
    Entropy::new([step; 32])
}

#[tokio::test]
async fn each_signed_value_is_verified_after_one_fetch_when_the_keys_have_changed() {
    let party = Party::open().await;
    let client = &party.client;
    let push = client.push(&usual_request(), entropy(1), system_now()).unwrap();
    let (url, pending) = party.run(push).await.redirect(system_now()).unwrap();

    let old = party.keys_before_rotation().await;
    let back = party.customer(url.as_str());
    let signed = client.signed_callback(pending, &back, system_now()).unwrap();
    let Callback::Code(accepted) = party.verified(signed, old).await else { panic!("denied") };

    let old = party.keys_before_rotation().await;
    let draft = client.exchange(accepted, entropy(2), system_now()).unwrap();
    let exchanged = party.run(draft).await;
    let verified = party.verified(exchanged, old).await;

    let old = party.keys_before_rotation().await;
    let token = verified.tokens().access_token();
    let draft = client.introspect_signed(token, entropy(3), system_now()).unwrap();
    let introspection = party.verified(party.run(draft).await, old).await;
    assert!(introspection.is_active());

    let old = party.keys_before_rotation().await;
    let grant = verified.without_grant().stored();
    let draft = client.refresh(&grant, entropy(4), system_now()).unwrap();
    let renewed = party.verified(party.run(draft).await, old).await;
    assert_ne!(renewed.tokens().access_token().token(), grant.tokens().access_token().token());
}

#[tokio::test]
async fn keys_are_used_without_a_fetch_until_their_time_to_live_ends() {
    let party = Party::open().await;
    let client = &party.client;
    let fetched = party.run(client.fetch_keys(system_now()).unwrap()).await;
    let before = fetched.fetched_at();
    let time_to_live = Duration::from_secs(10);
    let policy = KeyPolicy { time_to_live, ..KeyPolicy::default() };
    let cache = KeyCache::new(policy).with_keys(fetched);
    let just_before = Duration::from_secs(9);
    for (step, age, expected) in
        [(1, just_before, before), (2, time_to_live, before + time_to_live)]
    {
        let push = client.push(&usual_request(), entropy(step), system_now()).unwrap();
        let (url, pending) = party.run(push).await.redirect(system_now()).unwrap();
        let back = party.customer(url.as_str());
        let signed = client.signed_callback(pending, &back, system_now()).unwrap();
        let verified = party.verify(&party.transport, signed, &cache, before + age).await;
        assert!(matches!(verified, Ok(Callback::Code(_))));
        assert_eq!(cache.keys().unwrap().fetched_at(), expected);
    }
}

#[tokio::test]
async fn a_key_that_the_server_does_not_publish_is_refused_after_one_fetch() {
    let party = Party::open().await;
    let client = &party.client;
    let push = client.push(&usual_request(), entropy(1), system_now()).unwrap();
    let (url, pending) = party.run(push).await.redirect(system_now()).unwrap();
    let back = party.customer(url.as_str());
    party.rotate();
    let signed = client.signed_callback(pending, &back, system_now()).unwrap();
    let cache = KeyCache::default();
    let refused = party.verify(&party.transport, signed, &cache, system_now()).await.unwrap_err();
    assert_eq!(refused.error, VerifyError::UnknownKey { retry_after: None });
    assert_eq!(refused.error.next_step(), NextStep::AskTheInstitution);
    assert!(cache.keys().is_some());
}

#[tokio::test]
async fn a_value_of_another_client_is_rejected_without_a_fetch() {
    let party = Party::open().await;
    let client = &party.client;
    let push = client.push(&usual_request(), entropy(1), system_now()).unwrap();
    let (url, pending) = party.run(push).await.redirect(system_now()).unwrap();
    let back = party.customer(url.as_str());
    let signed = client.signed_callback(pending, &back, system_now()).unwrap();
    let mut config = client.config().clone();
    config.client_id = "app-2".to_owned();
    let other = Client::new(config, client.metadata().clone()).unwrap();
    let cache = KeyCache::default();
    let refused = party.transport.verify(&other, signed, &cache, system_now).await;
    let NotVerified { error: VerifyError::Rejected(error), unspent } = refused.unwrap_err() else {
        panic!("another error")
    };
    assert_eq!(error.code(), "fdx.flow.other_client");
    assert!(cache.keys().is_none());
    let verified = party.verify(&party.transport, *unspent, &cache, system_now()).await;
    assert!(matches!(verified, Ok(Callback::Code(_))));
}
