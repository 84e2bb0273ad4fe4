use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use fdx_jose::Thumbprint;
use fdx_wire::Origin;

/// The latest DPoP nonce of each origin and key (RFC 9449 sections 8 and 9), for authorization and
/// resource servers separately.
///
/// Clones share the same memory. Of more than 100 nonces the least recently updated one is evicted. A
/// known nonce saves a round trip; losing one is harmless.
#[derive(Clone, Debug, Default)]
pub struct NonceMemory(Arc<Mutex<Slots>>);

#[derive(Debug, Default)]
struct Slots {
    nonces: BTreeMap<NonceSlot, (u64, String)>,
    updates: u64,
}

/// The server that sent a nonce, and the key that it is for.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct NonceSlot {
    pub(crate) realm: Realm,
    pub(crate) origin: Origin,
    pub(crate) key: Thumbprint,
}

/// The two kinds of server, which may share an origin and never share a nonce
/// (RFC 9449 section 9).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Realm {
    AuthorizationServer,
    ResourceServer,
}

const MAX_SLOTS: usize = 100;

impl NonceMemory {
    /// An empty memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn latest(&self, slot: &NonceSlot) -> Option<String> {
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.nonces.get(slot).map(|(_, nonce)| nonce.clone())
    }

    pub(crate) fn learn(&self, slot: &NonceSlot, nonce: &str) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.updates += 1;
        let update = slots.updates;
        slots.nonces.insert(slot.clone(), (update, nonce.to_owned()));
        if slots.nonces.len() > MAX_SLOTS {
            let oldest = slots.nonces.iter().min_by_key(|(_, (update, _))| *update);
            if let Some(slot) = oldest.map(|(slot, _)| slot.clone()) {
                slots.nonces.remove(&slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fdx_wire::HttpsUrl;

    use super::*;

    fn slot(realm: Realm, host: usize) -> NonceSlot {
        let url = HttpsUrl::parse(&format!("https://h{host}.example/token")).unwrap();
        NonceSlot { realm, origin: url.origin(), key: Thumbprint::of_certificate(b"key") }
    }

    #[test]
    fn authorization_and_resource_servers_are_kept_apart() {
        let memory = NonceMemory::new();
        memory.learn(&slot(Realm::AuthorizationServer, 1), "a");
        assert_eq!(memory.latest(&slot(Realm::ResourceServer, 1)), None);
        assert_eq!(memory.latest(&slot(Realm::AuthorizationServer, 2)), None);
        assert_eq!(memory.latest(&slot(Realm::AuthorizationServer, 1)).as_deref(), Some("a"));
    }

    #[test]
    fn the_lesson_longest_ago_makes_room() {
        let memory = NonceMemory::new();
        let at = |host| slot(Realm::ResourceServer, host);
        for host in 0..MAX_SLOTS {
            memory.learn(&at(host), "old");
        }
        memory.learn(&at(0), "new");
        memory.learn(&at(MAX_SLOTS), "new");
        assert_eq!(memory.latest(&at(0)).as_deref(), Some("new"));
        assert_eq!(memory.latest(&at(1)), None);
        assert_eq!(memory.latest(&at(2)).as_deref(), Some("old"));
    }
}
