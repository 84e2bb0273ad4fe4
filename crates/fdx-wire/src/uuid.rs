use alloc::string::String;

/// Writes a version 4 UUID (RFC 9562 section 5.4) from `random` bytes.
///
/// ```
/// assert_eq!(fdx_wire::uuid_v4([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
/// ```
#[must_use]
pub fn uuid_v4(random: [u8; 16]) -> String {
    let mut uuid = String::with_capacity(36);
    for (at, byte) in random.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            uuid.push('-');
        }
        let byte = match at {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => byte,
        };
        for nibble in [byte >> 4, byte & 15] {
            uuid.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
    uuid
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_the_example_of_the_rfc() {
        // RFC 9562 appendix A.3.
        let random = 0x9191_08f7_52d1_3320_5bac_f847_db41_48a8_u128.to_be_bytes();
        assert_eq!(uuid_v4(random), "919108f7-52d1-4320-9bac-f847db4148a8");
    }

    proptest! {
        #[test]
        fn all_bits_except_version_and_variant_are_random(random: [u8; 16]) {
            // RFC 9562 5.4: four bits of octet 6 are the version, two of octet 8 the variant.
            let fixed = 0xf << 76 | 0b11 << 62;
            let text = uuid_v4(random);
            let uuid = u128::from_str_radix(&text.replace('-', ""), 16).unwrap();
            prop_assert_eq!(uuid & fixed, 4 << 76 | 0b10 << 62);
            prop_assert_eq!(uuid & !fixed, u128::from_be_bytes(random) & !fixed);

            // RFC 9562 4: 8-4-4-4-12 digits, written in lower case.
            prop_assert!(text.split('-').map(str::len).eq([8, 4, 4, 4, 12]));
            prop_assert_eq!(text.to_ascii_lowercase(), text);
        }
    }
}
