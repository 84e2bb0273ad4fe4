use fdx_wire::{Entropy, Label, UnixTime, base64url, uuid_v4};
use http::header::HeaderName;

/// The header of the interaction id.
pub(crate) const INTERACTION_ID: HeaderName = HeaderName::from_static("x-fapi-interaction-id");

const ASSERTION_JTI: Label = Label::new("assertion jti");
const REQUEST_OBJECT_JTI: Label = Label::new("request object jti");
const PROOF_JTI: Label = Label::new("proof jti");
const INTERACTION: Label = Label::new("interaction id");

/// The entropy of an exchange that generates no unpredictable values.
pub struct NoEntropy;

/// The time of one attempt, and unpredictable values that no other attempt has. An exchange with
/// [`NoEntropy`] can't mint any.
pub struct Mint<'a, E = Entropy> {
    pub(crate) entropy: &'a E,
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
        let [random, _] = halves(self.bytes(INTERACTION));
        uuid_v4(random)
    }
}

fn halves(bytes: [u8; 32]) -> [[u8; 16]; 2] {
    let mut halves = [[0; 16]; 2];
    halves.as_flattened_mut().copy_from_slice(&bytes);
    halves
}
