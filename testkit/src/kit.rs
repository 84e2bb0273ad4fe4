//! Parts that several tests need: signed requests, answers to them, and a customer.

use fdx_jose::Signer;
use fdx_par::{Draft, Error, Output, Request, Sent, Step};
use fdx_sandbox::Sandbox;
use fdx_sandbox::customer::{ConsentPage, Decision};
use fdx_wire::UnixTime;
use http::header::LOCATION;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::{Answer, checked};

/// Signs a draft: the request, and what reads its answer.
///
/// # Panics
/// If the keys do not sign it.
pub fn attached<T: Output, S: Signer + ?Sized>(draft: Draft<T>, keys: &S) -> (Request, Sent<T>) {
    let signatures = draft.sign(keys).unwrap();
    draft.attach(signatures).unwrap()
}

/// Returns the output of a draft whose request receives this answer.
///
/// # Errors
/// The exchange's error.
///
/// # Panics
/// If the keys do not sign the draft, or the answer asks for another request.
pub fn received<T: Output, S: Signer + ?Sized>(
    draft: Draft<T>,
    keys: &S,
    answer: Answer,
    now: UnixTime,
) -> Result<T, Error> {
    match attached(draft, keys).1.receive(answer, now)? {
        Step::Done(output) => Ok(output),
        Step::Again(_) => panic!("the answer asks for another request"),
    }
}

/// The customer loads the page at `url` and decides. Returns the URL of the redirect.
///
/// # Panics
/// If the institution shows no page or does not redirect.
pub fn customer(bank: &mut Sandbox, url: &str, decision: &Decision, now: UnixTime) -> String {
    let visit = http::Request::get(url).body(Vec::new()).unwrap();
    let page = bank.handle(&visit, None, now);
    checked::record(bank.last_verdicts());
    let form = ConsentPage::read(&page).unwrap().decide(decision).unwrap();
    let back = bank.handle(&form, None, now);
    checked::record(bank.last_verdicts());
    assert_eq!(back.status(), http::StatusCode::SEE_OTHER, "{:?}", bank.last_verdicts());
    back.headers()[LOCATION].to_str().unwrap().to_owned()
}

/// Encrypts with `A256GCM` and returns ciphertext and tag.
///
/// # Panics
/// If the content is too long.
#[must_use]
pub fn encrypt_a256gcm(
    key: &[u8; 32],
    iv: [u8; 12],
    additional: &[u8],
    plaintext: &[u8],
) -> (Vec<u8>, [u8; 16]) {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
    let mut in_out = plaintext.to_vec();
    let iv = Nonce::assume_unique_for_key(iv);
    let tag = key.seal_in_place_separate_tag(iv, Aad::from(additional), &mut in_out).unwrap();
    (in_out, tag.as_ref().try_into().unwrap())
}
