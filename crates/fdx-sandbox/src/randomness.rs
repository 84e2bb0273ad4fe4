use fdx_wire::{Entropy, Label, base64url};

/// Everything unpredictable that the institution says, derived from one entropy by a counter.
#[derive(Debug)]
pub(crate) struct Randomness {
    entropy: Entropy,
    drawn: u32,
}

impl Randomness {
    pub(crate) fn new(entropy: Entropy) -> Self {
        Self { entropy, drawn: 0 }
    }

    /// 43 characters that nobody can guess (FAPI 2.0 SP 5.4.1-4 asks for 128 bits).
    pub(crate) fn text(&mut self, label: Label) -> String {
        let bytes = self.entropy.derive(label, self.drawn);
        self.drawn = self.drawn.wrapping_add(1);
        base64url::encode(&bytes)
    }
}
