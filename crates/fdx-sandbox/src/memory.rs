use std::collections::{BTreeMap, VecDeque};

/// A map that forgets its oldest entry when it is full, so that no stranger can fill it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_memory_forgets_the_oldest() {
        let mut memory = Memory::new(2);
        for key in [1, 2, 1, 3] {
            memory.insert(key, key);
        }
        assert_eq!([memory.get(&1), memory.get(&2), memory.get(&3)], [None, Some(&2), Some(&3)]);
    }
}
