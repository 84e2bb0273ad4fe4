use fdx_wire::{Entropy, Label};

use crate::receipts::Cause;
use crate::record::id::RecordId;
use crate::refresh::AttemptId;

const DRAW: Label = Label::new("store draw");

/// The unpredictable values of one procedure, drawn one after the other from its entropy.
#[derive(Debug)]
pub(crate) struct Draws {
    entropy: Entropy,
    drawn: u32,
}

impl Draws {
    pub(crate) fn new(entropy: Entropy) -> Self {
        Self { entropy, drawn: 0 }
    }

    pub(crate) fn next(&mut self) -> Entropy {
        self.drawn += 1;
        Entropy::new(self.entropy.derive(DRAW, self.drawn))
    }

    /// The id of what causes an event.
    pub(crate) fn cause(&mut self) -> Cause {
        RecordId::from(&AttemptId::new(&self.next())).into()
    }
}
