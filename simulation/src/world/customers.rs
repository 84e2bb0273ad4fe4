//! The customers of an institution. The sandbox has one customer; its responses are rewritten so
//! that each person has a subject and accounts of their own.

use fdx_jose::{Signer, statement};
use http::{Request, Response};
use serde_json::Value;

use super::World;
use crate::ledger::{Person, token};
use crate::scene::{Bank, keys_of};
use crate::shared::{prefix, subject};

impl World {
    /// Rewrites the institution's response for the customer that it is about.
    pub(super) fn about_its_customer(
        &self,
        bank: Bank,
        request: &Request<Vec<u8>>,
        answer: Response<Vec<u8>>,
    ) -> Response<Vec<u8>> {
        if !answer.status().is_success() {
            return answer;
        }
        let body = match request.uri().path() {
            "/token" => {
                self.ledger.owner(request.body()).and_then(|by| tokens(bank, answer.body(), by))
            }
            path if path.starts_with("/fdx/") => token(request)
                .and_then(|token| self.ledger.holder(&token))
                .map(|by| accounts(answer.body(), by)),
            _ => None,
        };
        match body {
            Some(body) => answer.map(|_| body),
            None => answer,
        }
    }
}

/// The tokens, with an ID token that names `by`.
fn tokens(bank: Bank, body: &[u8], by: Person) -> Option<Vec<u8>> {
    let mut tokens: Value = serde_json::from_slice(body).ok()?;
    let id_token = tokens.get_mut("id_token")?;
    let claims = fdx_wire::base64url::decode(id_token.as_str()?.split('.').nth(1)?).ok()?;
    let mut claims: Value = serde_json::from_slice(&claims).ok()?;
    *claims.get_mut("sub")? = subject(by).into();
    let key = keys_of(bank.key());
    let input = statement(key.public(), None, &claims).ok()?;
    *id_token = input.attach(&key.sign(&input).ok()?).ok()?.into();
    serde_json::to_vec(&tokens).ok()
}

/// The document, with the account ids of `by`.
fn accounts(body: &[u8], by: Person) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    text.replace("\"acc-", &format!("\"{}", prefix(by))).into_bytes()
}
