use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use zeroize::Zeroizing;

use super::super::DecryptionPair;
use crate::KeyEncryption;
use crate::key::{KeyError, RsaNumbers};

struct Oaep(OaepPrivateDecryptingKey);

/// Loads the key, and has it open one message of its own.
pub(super) fn load_decryption(numbers: &RsaNumbers) -> Result<Box<dyn DecryptionPair>, KeyError> {
    const MESSAGE: &[u8] = b"a key proves itself on loading..";
    let pair = super::pair(numbers).map_err(|_| KeyError::Inconsistent)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Backend)?;
    let key = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(|_| KeyError::Inconsistent)?;
    let public = OaepPublicEncryptingKey::new(key.public_key()).map_err(|_| KeyError::Proof)?;
    let pair = Oaep(OaepPrivateDecryptingKey::new(key).map_err(|_| KeyError::Proof)?);
    let mut encrypted = vec![0; public.ciphertext_size()];
    public
        .encrypt(&OAEP_SHA256_MGF1SHA256, MESSAGE, &mut encrypted, None)
        .map_err(|_| KeyError::Proof)?;
    match pair.decrypt(KeyEncryption::RsaOaep256, &encrypted) {
        Some(opened) if *opened == MESSAGE => Ok(Box::new(pair)),
        _ => Err(KeyError::Proof),
    }
}

impl DecryptionPair for Oaep {
    fn decrypt(&self, algorithm: KeyEncryption, encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let algorithm: &'static OaepAlgorithm = match algorithm {
            KeyEncryption::RsaOaep => &OAEP_SHA1_MGF1SHA1,
            KeyEncryption::RsaOaep256 => &OAEP_SHA256_MGF1SHA256,
        };
        let mut decrypted = Zeroizing::new(vec![0; self.0.min_output_size()]);
        let length = self.0.decrypt(algorithm, encrypted, &mut decrypted, None).ok()?.len();
        decrypted.truncate(length);
        Some(decrypted)
    }
}
