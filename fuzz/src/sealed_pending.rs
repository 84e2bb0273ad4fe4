use crate::message::judge;
use crate::scene::{
    self, CLIENT_ID, ISSUER, NOW, REDIRECT_URI, SESSION, entropy, sealed, sealing_keys,
};

/// A sealed pending value, or the content of one, which is then sealed.
///
/// # Panics
/// If a text that was not sealed opens, or if an opened value can't be sealed again.
pub fn sealed_pending(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (client, keys) = (scene::client(), sealing_keys());
    let ours = text.starts_with('{');
    let text = if ours {
        let context = ["fdx-par pending", ISSUER, CLIENT_ID, REDIRECT_URI].map(str::as_bytes);
        let [kind, issuer, client_id, redirect_uri] = context;
        let context = [kind, issuer, client_id, redirect_uri, SESSION];
        keys.seal(&context, [9; 32], text.as_bytes()).unwrap_or_default()
    } else {
        text.to_owned()
    };
    match client.open(&text, &keys, SESSION, NOW) {
        Ok(pending) => {
            assert!(ours || text == sealed().1, "a text that was not sealed");
            assert!(pending.callback_by() >= NOW);
            assert!(client.open(&text, &keys, b"another session", NOW).is_err());
            if let Ok(again) = pending.seal(&keys, SESSION, entropy(9)) {
                let again = client.open(&again, &keys, SESSION, NOW).unwrap();
                assert_eq!(again.flow_id(), pending.flow_id());
                assert_eq!(again.requested(), pending.requested());
            }
        }
        Err(error) => judge(&error),
    }
}
