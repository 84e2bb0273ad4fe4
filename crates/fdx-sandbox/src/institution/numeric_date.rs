//! Times in JWTs.

use fdx_wire::UnixTime;
use fdx_wire::json::{JsonValue, Rounding};
use serde::de::{Deserialize, Deserializer, Error};

/// A NumericDate, which can have a fraction (RFC 7519 section 2).
///
/// Each check rounds towards rejection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NumericDate {
    down: UnixTime,
    up: UnixTime,
}

impl NumericDate {
    /// The last whole second that is not later.
    pub(crate) fn rounded_down(self) -> UnixTime {
        self.down
    }

    /// The first whole second that is not earlier.
    pub(crate) fn rounded_up(self) -> UnixTime {
        self.up
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let JsonValue::Number(number) = JsonValue::deserialize(deserializer)? else {
            return Err(D::Error::custom("the time is not a number"));
        };
        let round = |rounding| number.to_u64_rounded(rounding).map(UnixTime::from_seconds);
        let range = round(Rounding::Down).zip(round(Rounding::Up));
        let (down, up) = range.ok_or_else(|| D::Error::custom("the time is out of range"))?;
        Ok(Self { down, up })
    }
}

#[cfg(test)]
mod tests {
    use fdx_wire::json::{Limits, from_slice};

    use super::*;

    #[test]
    fn fractions_are_rounded_both_ways() {
        for (text, down, up) in [("60", 60, 60), ("60.0", 60, 60), ("60.25", 60, 61)] {
            let time: NumericDate = from_slice(text.as_bytes(), &Limits::default()).unwrap();
            assert_eq!(time.rounded_down(), UnixTime::from_seconds(down), "{text}");
            assert_eq!(time.rounded_up(), UnixTime::from_seconds(up), "{text}");
        }
    }

    #[test]
    fn rejects_times_that_are_no_numbers_or_negative() {
        for text in ["\"60\"", "-1", "1e99", "null", "[60]"] {
            let time = from_slice::<NumericDate>(text.as_bytes(), &Limits::default());
            assert!(time.is_err(), "{text}");
        }
    }
}
