//! The source of every choice in a world.

use std::hash::{DefaultHasher, Hash, Hasher};

use fdx_wire::Entropy;

/// Separates a text from the bytes that follow it.
pub(crate) const SEPARATOR: &[u8] = b"\n====\n";

/// Makes every choice of a world, from a seed or from bytes.
///
/// Each choice consumes some of the bytes. Zeros, and bytes after the end, choose the first
/// alternative, with which a flow succeeds. So the empty input is a flow without faults, and a
/// smaller input is a simpler world.
#[derive(Debug)]
pub(crate) struct Choices {
    source: Source,
    /// Generates values that no input may choose. For bytes its seed is a digest of all of them, so
    /// that no input can contain a secret of its world.
    rng: Rng,
    seed: u64,
    /// Where each fault was chosen, so that a test can choose every fault at every place.
    faults: Vec<usize>,
}

#[derive(Debug)]
enum Source {
    Seed,
    Bytes { bytes: Vec<u8>, read: usize },
}

impl Choices {
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self { source: Source::Seed, rng: Rng(seed), seed, faults: Vec::new() }
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut digest = DefaultHasher::new();
        bytes.hash(&mut digest);
        let seed = digest.finish();
        let source = Source::Bytes { bytes: bytes.to_vec(), read: 0 };
        Self { source, rng: Rng(seed), seed, faults: Vec::new() }
    }

    /// The seed, or the digest of the bytes.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let width = match end {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 3,
        };
        self.draw(end, width)
    }

    /// True this many times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.weighted(&[1000 - per_mille, per_mille]) == 1
    }

    /// Returns the index of one of these alternatives, with these weights.
    pub(crate) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut drawn = self.draw(weights.iter().sum(), 1);
        weights
            .iter()
            .position(|weight| match drawn.checked_sub(*weight) {
                Some(rest) => {
                    drawn = rest;
                    false
                }
                None => true,
            })
            .unwrap_or(0)
    }

    /// The place of one of these alternatives: no fault, or one of several.
    pub(crate) fn fault(&mut self, weights: &[u64]) -> usize {
        if let Source::Bytes { read, .. } = &self.source {
            self.faults.push(*read);
        }
        self.weighted(weights)
    }

    /// The places in the bytes at which faults were chosen.
    pub(crate) fn faults(&self) -> &[usize] {
        &self.faults
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(from.len() as u64);
        from.get(usize::try_from(at).ok()?)
    }

    /// The bytes up to the next separator, or up to the end. A seed has no such bytes.
    pub(crate) fn text(&mut self) -> Vec<u8> {
        let Source::Bytes { bytes, read } = &mut self.source else { return Vec::new() };
        let rest = bytes.get(*read..).unwrap_or_default();
        let end = rest.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().to_vec();
        *read += text.len() + SEPARATOR.len();
        text
    }

    /// A number that no input can choose.
    pub(crate) fn random(&mut self) -> u64 {
        self.rng.next()
    }

    /// Entropy that no input can choose.
    pub(crate) fn entropy(&mut self) -> Entropy {
        let mut bytes = [0; 32];
        for eight in bytes.chunks_exact_mut(8) {
            eight.copy_from_slice(&self.rng.next().to_le_bytes());
        }
        Entropy::new(bytes)
    }

    /// A number below `end`, from this many bytes: their value as a fraction of `end`.
    fn draw(&mut self, end: u64, width: u32) -> u64 {
        let end = end.max(1);
        let Source::Bytes { bytes, read } = &mut self.source else { return self.rng.next() % end };
        let mut value = 0;
        for _ in 0..width {
            value = value << 8 | u64::from(bytes.get(*read).copied().unwrap_or(0));
            *read += 1;
        }
        (value * end) >> (8 * width)
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Debug)]
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_numbers_of_a_seed_are_the_published_ones() {
        let mut rng = Rng(1_234_567);
        let first = [rng.next(), rng.next(), rng.next()];
        let published =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(first, published);
    }

    #[test]
    fn exhausted_bytes_choose_the_first_alternative() {
        let mut choices = Choices::from_bytes(&[]);
        assert!(!choices.chance(999));
        assert_eq!(choices.below(1000), 0);
        assert_eq!(choices.weighted(&[1, 999]), 0);
        assert_eq!(choices.pick(&["first", "second"]), Some(&"first"));
        assert_eq!(choices.text(), b"");
    }

    #[test]
    fn bytes_choose_every_alternative() {
        for weights in [&[968, 7, 15, 10][..], &[1; 256], &[996, 4], &[1]] {
            let chosen = (0..=255).map(|byte| Choices::from_bytes(&[byte]).weighted(weights));
            let chosen: std::collections::BTreeSet<_> = chosen.collect();
            assert_eq!(chosen.len(), weights.len());
        }
        assert_eq!(Choices::from_bytes(&[0xff; 3]).below(1_000_000), 999_999);
    }

    #[test]
    fn text_ends_at_the_separator() {
        let mut choices = Choices::from_bytes(b"one\n====\ntwo");
        assert_eq!(choices.text(), b"one");
        assert_eq!(choices.text(), b"two");
        assert_eq!(choices.text(), b"");
    }
}
