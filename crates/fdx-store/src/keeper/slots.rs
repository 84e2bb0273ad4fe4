use fdx_wire::{Entropy, Label, UnixTime};

use crate::consents::due_slots;

const ORDER: Label = Label::new("store slot order");

/// The slots in an order of their own for each process, so that processes read different ones.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    order: Vec<u16>,
    /// The place of the slot that is read next.
    place: usize,
    /// When the round began.
    began: Option<UnixTime>,
}

impl Slots {
    pub(super) fn new(entropy: &Entropy) -> Self {
        let mut order: Vec<u16> = (0..due_slots()).collect();
        // Fisher and Yates. The order only has to differ between processes.
        let bytes = (0..).flat_map(|attempt| entropy.derive(ORDER, attempt));
        for (last, byte) in (1..order.len()).rev().zip(bytes) {
            order.swap(last, usize::from(byte) % (last + 1));
        }
        Self { order, place: 0, began: None }
    }

    /// The slot to read now, or the time until which there is none: all were read in this round.
    pub(super) fn next(
        &mut self,
        round: core::time::Duration,
        now: UnixTime,
    ) -> Result<u16, UnixTime> {
        // If the clock went back, the round began now.
        let began = self.began.map_or(now, |began| began.min(now));
        self.began = Some(began);
        if self.place >= self.order.len() {
            let until = began + round;
            if now < until {
                return Err(until);
            }
            (self.place, self.began) = (0, Some(now));
        }
        self.order.get(self.place).copied().ok_or(now)
    }

    /// The slot was read. What is left of it is read in the next round.
    pub(super) fn advance(&mut self) {
        self.place += 1;
    }
}
