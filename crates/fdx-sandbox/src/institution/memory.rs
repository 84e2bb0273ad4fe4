//! Bounded memories.

use std::collections::{BTreeMap, VecDeque};

use fdx_wire::UnixTime;

use crate::institution::expiry::is_valid;

/// A map that evicts its oldest entry when it is full, so that untrusted input can't fill it.
#[derive(Debug)]
pub(crate) struct Memory<K, V> {
    entries: BTreeMap<K, V>,
    order: VecDeque<K>,
    capacity: usize,
}

impl<K: Clone + Ord, V> Memory<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: BTreeMap::new(), order: VecDeque::new(), capacity }
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > self.capacity {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.entries.get(key)
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.entries.get_mut(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values()
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
    {
        self.entries.remove(key);
        self.order.retain(|known| known.borrow() != key);
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.values_mut()
    }
}

/// The `jti`s of used assertions, request objects or proofs.
///
/// A use counts only after [`Self::settle`], so that the client can repeat a request whose response
/// is a nonce challenge. It holds the latest 10,000. A client that floods it with signed requests
/// can evict entries.
#[derive(Debug)]
pub(crate) struct Replay {
    used: Memory<(String, String), UnixTime>,
    /// The uses in the current request.
    pending: Vec<((String, String), UnixTime)>,
}

/// Whether a `jti` was seen before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    Before,
    Never,
}

/// What happens to the uses in a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Settlement {
    /// They are forgotten: the response is a nonce challenge, and the client repeats the request
    /// (RFC 9449 section 8).
    Forget,
    /// They are remembered.
    Remember,
}

impl Replay {
    pub(crate) fn new() -> Self {
        Self { used: Memory::new(10_000), pending: Vec::new() }
    }

    /// Returns whether `jti` of `signer` was used before. [`Self::settle`] remembers this use until
    /// its token expires, at `until`.
    pub(crate) fn see(&mut self, signer: &str, jti: &str, until: UnixTime, now: UnixTime) -> Seen {
        let key = (signer.to_owned(), jti.to_owned());
        match self.used.get(&key) {
            Some(remembered) if is_valid(*remembered, now) => Seen::Before,
            _ => {
                self.pending.push((key, until));
                Seen::Never
            }
        }
    }

    /// Ends the request.
    pub(crate) fn settle(&mut self, settlement: Settlement) {
        for (key, until) in self.pending.drain(..) {
            if settlement == Settlement::Remember {
                self.used.insert(key, until);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_memory_evicts_the_oldest_entry() {
        let mut memory = Memory::new(2);
        for key in [1, 2, 1, 3] {
            memory.insert(key, key);
        }
        assert_eq!([memory.get(&1), memory.get(&2), memory.get(&3)], [None, Some(&2), Some(&3)]);
    }

    #[test]
    fn jti_is_remembered_per_signer_until_its_token_expires() {
        let at = UnixTime::from_seconds;
        let mut replay = Replay::new();
        let mut see = |signer, until, now| {
            let seen = replay.see(signer, "1", at(until), at(now));
            replay.settle(Settlement::Remember);
            seen
        };
        assert_eq!(see("a", 60, 0), Seen::Never);
        assert_eq!(see("a", 60, 59), Seen::Before);
        assert_eq!(see("b", 60, 59), Seen::Never);
        assert_eq!(see("a", 120, 60), Seen::Never);
    }

    #[test]
    fn jti_of_a_challenged_request_is_forgotten() {
        let at = UnixTime::from_seconds;
        let mut replay = Replay::new();
        for settlement in [Settlement::Forget, Settlement::Remember] {
            assert_eq!(replay.see("a", "1", at(60), at(0)), Seen::Never);
            replay.settle(settlement);
        }
        assert_eq!(replay.see("a", "1", at(60), at(0)), Seen::Before);
    }
}
