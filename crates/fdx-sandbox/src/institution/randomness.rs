//! Unpredictable values.

use fdx_wire::{Entropy, Label, base64url};

/// All unpredictable values of the institution, derived from one entropy and a counter.
#[derive(Debug)]
pub(crate) struct Randomness {
    entropy: Entropy,
    drawn: u32,
}

impl Randomness {
    pub(crate) fn new(entropy: Entropy) -> Self {
        Self { entropy, drawn: 0 }
    }

    /// Returns 43 characters with 256 unpredictable bits (FAPI 2.0 SP 5.4.1-4 requires 128).
    pub(crate) fn text(&mut self, label: Label) -> String {
        let bytes = self.entropy.derive(label, self.drawn);
        self.drawn = self.drawn.wrapping_add(1);
        base64url::encode(&bytes)
    }
}
