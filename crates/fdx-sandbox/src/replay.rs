use fdx_wire::UnixTime;

use crate::memory::Memory;

/// What was signed for one use and has been used: the `jti` of assertions, request
/// objects and proofs.
///
/// It holds the latest 10,000; whoever floods it with signed requests can make it forget.
#[derive(Debug)]
pub(crate) struct Replay(Memory<(String, String), UnixTime>);

/// Whether a `jti` was seen before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    Before,
    Never,
}

impl Replay {
    pub(crate) fn new() -> Self {
        Self(Memory::new(10_000))
    }

    /// Remembers `jti` of `signer` until it would be refused for its age.
    pub(crate) fn see(&mut self, signer: &str, jti: &str, until: UnixTime, now: UnixTime) -> Seen {
        let key = (signer.to_owned(), jti.to_owned());
        match self.0.get(&key) {
            Some(remembered) if *remembered >= now => Seen::Before,
            _ => {
                self.0.insert(key, until);
                Seen::Never
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jti_is_one_signers_and_lasts_as_long_as_its_token() {
        let at = UnixTime::from_seconds;
        let mut replay = Replay::new();
        assert_eq!(replay.see("a", "1", at(60), at(0)), Seen::Never);
        assert_eq!(replay.see("a", "1", at(60), at(60)), Seen::Before);
        assert_eq!(replay.see("b", "1", at(60), at(60)), Seen::Never);
        assert_eq!(replay.see("a", "1", at(120), at(61)), Seen::Never);
    }
}
