use fdx_rar::{ConsentId, Notification};

/// A notification. Its sender is unknown.
///
/// # Panics
/// If it names a consent by a text that is no consent id.
pub fn notification(bytes: &[u8]) {
    if let Ok(Notification::Consent(hint)) = Notification::read(bytes) {
        let id = hint.consent_id();
        assert_eq!(ConsentId::parse(id.as_str()).as_ref(), Ok(id));
        assert_eq!(Notification::read(bytes), Ok(Notification::Consent(hint)));
    }
}
