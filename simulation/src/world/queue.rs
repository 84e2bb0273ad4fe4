use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Future events by time. Events of the same millisecond occur in the order in which they were
/// scheduled, so that a run depends on its seed only.
#[derive(Debug)]
pub(crate) struct Queue<E> {
    order: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, E>,
    scheduled: u64,
}

impl<E> Queue<E> {
    pub(crate) fn new() -> Self {
        Self { order: BinaryHeap::new(), events: BTreeMap::new(), scheduled: 0 }
    }

    pub(crate) fn schedule(&mut self, at: u64, event: E) {
        self.scheduled += 1;
        self.order.push(Reverse((at, self.scheduled)));
        self.events.insert(self.scheduled, event);
    }

    /// The next event, with its time.
    pub(crate) fn take(&mut self) -> Option<(u64, E)> {
        let Reverse((at, number)) = self.order.pop()?;
        self.events.remove(&number).map(|event| (at, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_events_by_time_and_then_by_insertion() {
        let mut queue = Queue::new();
        for (at, name) in [(5, "c"), (1, "a"), (5, "d"), (2, "b")] {
            queue.schedule(at, name);
        }
        let taken: Vec<_> = std::iter::from_fn(|| queue.take()).map(|(_, name)| name).collect();
        assert_eq!(taken, ["a", "b", "c", "d"]);
    }
}
