use fdx_wire::{Entropy, Label, UnixTime, base64url};

const ASSERTION_JTI: Label = Label::new("assertion jti");
const REQUEST_OBJECT_JTI: Label = Label::new("request object jti");
const PROOF_JTI: Label = Label::new("proof jti");
const INTERACTION: Label = Label::new("interaction id");

/// What one attempt may use: the moment, and values that no other attempt has.
#[derive(Clone, Copy)]
pub struct Mint<'a> {
    pub(crate) entropy: &'a Entropy,
    pub(crate) attempt: u32,
    pub(crate) now: UnixTime,
}

impl Mint<'_> {
    pub(crate) fn bytes(&self, label: Label) -> [u8; 32] {
        self.entropy.derive(label, self.attempt)
    }

    /// 43 characters, 256 bits.
    pub(crate) fn text(&self, label: Label) -> String {
        base64url::encode(&self.bytes(label))
    }

    pub(crate) fn assertion_jti(&self) -> String {
        self.text(ASSERTION_JTI)
    }

    pub(crate) fn request_object_jti(&self) -> String {
        self.text(REQUEST_OBJECT_JTI)
    }

    pub(crate) fn proof_jti(&self) -> String {
        self.text(PROOF_JTI)
    }

    /// A UUID of version 4 (RFC 9562 section 5.4), fresh in every attempt.
    pub(crate) fn interaction_id(&self) -> String {
        let random = self.bytes(INTERACTION);
        let mut uuid = String::with_capacity(36);
        for (at, byte) in random.iter().take(16).enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                uuid.push('-');
            }
            let byte = match at {
                6 => byte & 0x0f | 0x40,
                8 => byte & 0x3f | 0x80,
                _ => *byte,
            };
            for nibble in [byte >> 4, byte & 15] {
                uuid.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
            }
        }
        uuid
    }
}
