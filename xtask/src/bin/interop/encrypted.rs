//! ID tokens that the server encrypts to the client's key.

use fdx_jose::KeyEncryption;
use fdx_par::{NextStep, Verification, client::IdTokenEncryption};
use fdx_transport_hyper::system_now;

use crate::combination::Combination;
use crate::failure::Failure;
use crate::flow::check;
use crate::identities::Generation;
use crate::lab::Lab;
use crate::recipient::Recipient;

pub(crate) const ALGORITHMS: [KeyEncryption; 2] =
    [KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256];

/// An ID token that is encrypted in a way that must be rejected.
pub(crate) struct Wrong {
    pub(crate) what: &'static str,
    /// Its name in the scripts.
    way: &'static str,
    /// The error's code, and a part of its text.
    code: &'static str,
    says: &'static str,
}

const JWE: &str = "oidc.id_token.jwe";

pub(crate) const WRONGS: [Wrong; 6] = [
    Wrong {
        what: "encrypted and not signed",
        way: "unsigned",
        code: "oidc.id_token.unsigned",
        says: "not a signed JWT",
    },
    Wrong { what: "encrypted by RSA1_5", way: "RSA1_5", code: JWE, says: "RSA1_5" },
    Wrong { what: "encrypted by PBES2", way: "pbes2", code: JWE, says: "PBES2-HS256+A128KW" },
    Wrong { what: "encrypted by dir", way: "dir", code: JWE, says: "alg dir" },
    Wrong { what: "encrypted with A256CBC-HS512", way: "cbc", code: JWE, says: "A256CBC-HS512" },
    Wrong { what: "compressed, then encrypted", way: "zip", code: JWE, says: "zip" },
];

/// The complete flow and a refresh at a server that encrypts every ID token.
pub(crate) fn whole(lab: &Lab, algorithm: KeyEncryption) -> Result<String, Failure> {
    let id = format!("{}.{algorithm}", Combination::BASE);
    let mut recipient = recipient(lab, &id, algorithm)?;
    let accepted = recipient.accepted()?;
    let exchanged = recipient.exchanged(accepted)?;
    let Verification::Decrypt(encrypted) =
        recipient.client.verify(exchanged, None, system_now())?
    else {
        return Err(Failure::new("the ID token is not encrypted"));
    };
    let named = encrypted.input().kid().is_some();
    check(named && encrypted.input().algorithm() == algorithm, "another key or algorithm")?;
    let exchanged = encrypted.open_with(&lab.decryption)?;
    let verified = recipient.verified(exchanged)?;
    check(verified.id_token().is_some(), "no ID token was verified")?;
    let grant = recipient.granted()?.stored();
    let refreshed = recipient.refreshed(&grant)?;
    recipient.is_served(refreshed.tokens().access_token())?;
    Ok("decrypted and verified, also after a refresh".to_owned())
}

impl Wrong {
    /// Checks that the ID token is rejected with its code, and that the tokens are returned.
    pub(crate) fn refused(&self, lab: &Lab) -> Result<String, Failure> {
        let id = format!("{}.jwe.{}", Combination::BASE, self.way);
        let mut recipient = recipient(lab, &id, KeyEncryption::RsaOaep)?;
        let accepted = recipient.accepted()?;
        let exchanged = recipient.exchanged(accepted)?;
        let stored = exchanged.to_json();
        let refused = match recipient.client.verify(exchanged, None, system_now()) {
            Err(refused) => refused,
            Ok(Verification::Decrypt(encrypted)) => match encrypted.open_with(&lab.decryption) {
                Err(refused) => refused,
                Ok(_) => return Err(Failure::new("it was decrypted and accepted")),
            },
            Ok(_) => return Err(Failure::new("it was accepted")),
        };
        let (code, text) = (refused.error.code(), refused.error.to_string());
        check(code == self.code && text.contains(self.says), &format!("{code}: {text}"))?;
        check(refused.error.next_step() == NextStep::AskTheInstitution, "the next step is wrong")?;
        check(refused.unspent.to_json() == stored, "the tokens are lost")?;
        Ok(code.to_owned())
    }
}

fn recipient<'l>(
    lab: &'l Lab,
    client_id: &str,
    algorithm: KeyEncryption,
) -> Result<Recipient<'l>, Failure> {
    let key = lab.decryption.iter().find(|key| key.public().algorithm() == algorithm);
    let key = key.ok_or_else(|| Failure::new("a key is missing"))?.public().clone();
    Recipient::with(lab, Combination::BASE, client_id, Generation::First, |config| {
        config.id_token_encryption = Some(IdTokenEncryption::new(key));
    })
}
