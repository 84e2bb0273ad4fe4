//! Strategies for the property tests of this crate.

use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::UnixTime;
use proptest::prelude::*;

use crate::{
    ConsentDuration, ConsentGrant, ConsentId, ConsentRequest, ConsentStatus, DataCluster,
    GrantedResource, Link, Party, PartyType, Registry, ResourceType, Timestamp,
};

/// A small selection, so that requests and grants overlap.
pub(crate) fn data_cluster() -> impl Strategy<Value = DataCluster> {
    prop::sample::select(
        ["ACCOUNT_BASIC", "ACCOUNT_PAYMENTS", "PAYMENT_SUPPORT", "TRANSACTIONS", "CRYPTO"]
            .map(DataCluster::parse)
            .to_vec(),
    )
}

pub(crate) fn resource_type() -> impl Strategy<Value = ResourceType> {
    prop::sample::select(["ACCOUNT", "CUSTOMER", "PAYMENT"].map(ResourceType::parse).to_vec())
}

pub(crate) fn duration() -> impl Strategy<Value = ConsentDuration> {
    prop_oneof![
        Just(ConsentDuration::OneTime),
        Just(ConsentDuration::Persistent),
        (1..=365u32).prop_map(|days| ConsentDuration::time_bound(days).unwrap()),
    ]
}

pub(crate) fn consent_request() -> impl Strategy<Value = ConsentRequest> {
    let resource = (resource_type(), prop::collection::vec(data_cluster(), 1..5));
    let resources = prop::collection::vec(resource, 1..5);
    (duration(), any::<Option<u32>>(), resources).prop_map(|(duration, lookback, resources)| {
        let mut request = ConsentRequest::new(duration);
        if let Some(days) = lookback {
            request = request.lookback_period(days);
        }
        for (kind, clusters) in resources {
            request = request.resource(kind, clusters);
        }
        request.build().unwrap()
    })
}

pub(crate) fn granted_resources() -> impl Strategy<Value = Vec<GrantedResource>> {
    let id = prop::sample::select(["", "a", "b"].to_vec());
    let resource = (resource_type(), id, prop::collection::vec(data_cluster(), 0..5))
        .prop_map(|(kind, id, clusters)| GrantedResource::new(kind, id, clusters));
    prop::collection::vec(resource, 0..6)
}

pub(crate) fn time() -> impl Strategy<Value = UnixTime> {
    (0..4_000_000_000u64).prop_map(UnixTime::from_seconds)
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![time().prop_map(Timestamp::from), text().prop_map(|text| Timestamp::parse(&text)),]
}

/// A text that is not empty: an empty one is read as absent.
fn text() -> impl Strategy<Value = String> {
    "\\PC.{0,20}"
}

prop_compose! {
    fn party()(
        name in text(),
        kind in text(),
        uri in text(),
        entity in prop::option::of((text(), text())),
    ) -> Party {
        let party = Party::new(&name, PartyType::parse(&kind)).with_home_uri(&uri);
        match entity {
            Some((name, id)) => party.with_registered_entity(Registry::Private, &name, &id),
            None => party.with_logo_uri(&uri),
        }
    }
}

pub(crate) fn consent_grant() -> impl Strategy<Value = ConsentGrant> {
    let id =
        "[^\\p{Cc}]{1,20}".prop_filter_map("not a consent id", |id| ConsentId::parse(&id).ok());
    let about = (id, text(), prop::collection::vec(party(), 0..3));
    let times = (
        prop::option::of(timestamp()),
        prop::option::of(timestamp()),
        prop::option::of(timestamp()),
    );
    let extent = (
        prop::option::of(duration()),
        any::<Option<u32>>(),
        prop::option::of(granted_resources()),
        prop::option::of(text()),
    );
    (about, times, extent).prop_map(|((id, status, parties), times, extent)| {
        let mut grant = ConsentGrant::new(id, ConsentStatus::parse(&status));
        for party in parties {
            grant = grant.with_party(party);
        }
        if let Some(time) = times.0 {
            grant = grant.with_created_time(time);
        }
        if let Some(time) = times.1 {
            grant = grant.with_updated_time(time);
        }
        if let Some(time) = times.2 {
            grant = grant.with_expiration_time(time);
        }
        if let Some(duration) = extent.0 {
            grant = grant.with_duration(duration);
        }
        if let Some(days) = extent.1 {
            grant = grant.with_lookback_period(days);
        }
        if let Some(resources) = extent.2 {
            grant = grant.with_resources(resources);
        }
        if let Some(href) = extent.3 {
            grant = grant.with_link(Link::new(&href).with_rel("self").with_action("GET"));
        }
        grant
    })
}

/// A document that is damaged: truncated, with one byte changed, or unchanged.
pub(crate) fn damaged(documents: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    (
        prop::sample::select(documents.to_vec()),
        any::<prop::sample::Index>(),
        any::<u8>(),
        any::<bool>(),
    )
        .prop_map(|(document, at, byte, cut)| {
            let mut bytes = document.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            bytes
        })
}
