use alloc::string::String;

/// The text of a UUID of version 4 (RFC 9562 section 5.4) made of `random` bytes.
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
