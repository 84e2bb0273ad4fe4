use std::collections::{BTreeMap, BTreeSet};

use fdx_pkce::CodeVerifier;
use fdx_wire::UnixTime;
use fdx_wire::form::Query;
use http::{Request, Response};
use serde_json::Value;

use crate::refresh_tokens::{RefreshTokens, SentAt};
use crate::scene::Bank;
use crate::shared::Shared;

/// Who sent a request to an institution.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Actor {
    Attacker,
    Customer,
    Recipient,
}

/// A promise of the project that was broken.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Harm {
    /// A resource was served to the attacker.
    ServedToAttacker,
    /// A session ended with another customer's consent.
    OthersConsent,
    /// A session ended with another customer's login.
    OthersLogin,
    /// A callback was accepted in another session than the one that began the flow.
    OtherSession,
    /// A flow ended as denied although its customer did not refuse.
    NotDenied,
    /// A code of one institution was sent to the other.
    CodeToOther,
    /// A verifier of one institution was sent to the other.
    VerifierToOther,
    /// A token of one institution was sent to the other.
    TokenToOther,
    /// A code was sent with its verifier in two exchanges although flows are claimed.
    CodeSentTwice,
    /// A verifier was sent with two codes although flows are claimed.
    VerifierSentTwice,
    /// A code was exchanged twice.
    CodeExchangedTwice,
    /// The recipient reported a consent that the institution did not grant.
    NotGranted,
    /// A code that was sent again had an outcome other than the documented one.
    ReloadOutcome,
    /// A persisted grant was lost in a way that is not documented.
    GrantLost,
    /// A renewed ID token of an institution was refused.
    RenewalRefused,
    /// A flow took more requests than it may.
    TooManyRequests,
    /// A `jti` was sent twice.
    JtiSentTwice,
    /// Two pushes have the same `state`, `nonce` or `code_challenge`.
    PushRepeated,
    /// A code was sent without its verifier, or a verifier without its code.
    CodeWithoutVerifier,
    /// A request was repeated although no DPoP nonce was required, or repeated twice.
    RepeatedWithoutNonce,
    /// A refresh token was sent after another one was persisted, or after it was refused.
    RetiredTokenSent,
    /// A customer was sent to the institution with a `request_uri` that was not received or was
    /// used before, or with further parameters.
    RequestUriUsedTwice,
    /// A part of a secret is in a URL, an error, or `Debug` output.
    SecretShown,
    /// An error is too long, contains control characters, or has no code, clause or near next step.
    MalformedError,
    /// A persisted text is not restored as it was written.
    NotRestored,
    /// A consent that was revoked has a token that the institution accepts.
    AliveAfterRevocation,
    /// The chain of a consent's receipts does not verify.
    ChainBroken,
    /// An event of a consent has no receipt, or several.
    ReceiptMissing,
    /// A response with new tokens arrived, and was not stored.
    ResponseNotStored,
    /// A lost response was not repeated in the institution's window, although nothing prevented it.
    RetriedTooLate,
    /// A part of a secret is in the database.
    SecretStored,
    /// A procedure or a revocation never ends.
    Stuck,
    /// A token that was returned for use is not valid.
    TokenNotValid,
    /// A consent has two refreshes under way.
    TwoRefreshes,
}

impl Harm {
    /// Whether it serves an attacker: access, another person's consent or login, a decision that the
    /// customer did not make, a disclosed or repeated code, or a lost grant. The others are promises
    /// about the recipient's own requests, errors and stored texts. A refused renewal is one of them:
    /// the recipient noticed something, and the grant can be renewed again.
    pub(crate) fn serves_attacker(self) -> bool {
        match self {
            Self::ServedToAttacker
            | Self::OthersConsent
            | Self::OthersLogin
            | Self::OtherSession
            | Self::NotDenied
            | Self::CodeToOther
            | Self::VerifierToOther
            | Self::TokenToOther
            | Self::CodeSentTwice
            | Self::CodeExchangedTwice
            | Self::NotGranted
            | Self::GrantLost
            | Self::AliveAfterRevocation => true,
            Self::VerifierSentTwice
            | Self::ReloadOutcome
            | Self::RenewalRefused
            | Self::TooManyRequests
            | Self::JtiSentTwice
            | Self::PushRepeated
            | Self::CodeWithoutVerifier
            | Self::RepeatedWithoutNonce
            | Self::RetiredTokenSent
            | Self::RequestUriUsedTwice
            | Self::SecretShown
            | Self::MalformedError
            | Self::NotRestored
            | Self::ChainBroken
            | Self::ReceiptMissing
            | Self::ResponseNotStored
            | Self::RetriedTooLate
            | Self::SecretStored
            | Self::Stuck
            | Self::TokenNotValid
            | Self::TwoRefreshes => false,
        }
    }

    /// Whether the promise depends on TLS: an institution's metadata and responses, and the
    /// customer's callbacks, arrive unchanged.
    pub(crate) fn needs_tls(self) -> bool {
        match self {
            Self::OthersConsent
            | Self::OthersLogin
            | Self::NotDenied
            | Self::CodeToOther
            | Self::VerifierToOther
            | Self::TokenToOther
            | Self::NotGranted
            | Self::ReloadOutcome
            | Self::GrantLost
            | Self::RenewalRefused
            | Self::TooManyRequests => true,
            Self::ServedToAttacker
            | Self::OtherSession
            | Self::CodeSentTwice
            | Self::VerifierSentTwice
            | Self::CodeExchangedTwice
            | Self::JtiSentTwice
            | Self::PushRepeated
            | Self::CodeWithoutVerifier
            | Self::RepeatedWithoutNonce
            | Self::RetiredTokenSent
            | Self::RequestUriUsedTwice
            | Self::SecretShown
            | Self::MalformedError
            | Self::NotRestored
            | Self::AliveAfterRevocation
            | Self::ChainBroken
            | Self::ReceiptMissing
            | Self::ResponseNotStored
            | Self::RetriedTooLate
            | Self::SecretStored
            | Self::Stuck
            | Self::TokenNotValid
            | Self::TwoRefreshes => false,
        }
    }
}

/// The owner of a browser: 0 is the attacker.
pub(crate) type Person = usize;

/// A consent as a person gave it at an institution.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    pub(crate) bank: Bank,
    pub(crate) by: Person,
    pub(crate) shared: Shared,
}

/// The facts of a world, which none of its participants knows: the ledger sees every request and
/// response.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    codes: BTreeMap<String, Consent>,
    consents: BTreeMap<String, Consent>,
    tokens: BTreeMap<String, (Bank, Person)>,
    /// At the honest institution.
    challenges: BTreeSet<String>,
    exchanged: BTreeSet<String>,
    /// `at_hash` of each ID token.
    logins: BTreeMap<String, Person>,
    pub(crate) refresh_tokens: RefreshTokens,
    /// Values that the attacker has read elsewhere.
    pub(crate) read: BTreeSet<String>,
}

impl Ledger {
    pub(crate) fn code(&mut self, code: &str, consent: Consent) {
        self.codes.insert(code.to_owned(), consent);
    }

    pub(crate) fn consent(&self, id: &str) -> Option<&Consent> {
        self.consents.get(id)
    }

    /// The owner of the tokens that a form of the token endpoint is about.
    pub(crate) fn owner(&self, form: &[u8]) -> Option<Person> {
        let code = field(form, "code").and_then(|code| Some(self.codes.get(&code)?.by));
        code.or_else(|| self.holder(&field(form, "refresh_token")?))
    }

    /// The owner of the token.
    pub(crate) fn holder(&self, token: &str) -> Option<Person> {
        self.tokens.get(token).map(|(_, by)| *by)
    }

    pub(crate) fn login(&self, at_hash: &str) -> Option<Person> {
        self.logins.get(at_hash).copied()
    }

    /// Records what a request discloses, before it is answered.
    pub(crate) fn request(
        &mut self,
        bank: Bank,
        actor: Actor,
        sent: &Request<Vec<u8>>,
    ) -> Vec<Harm> {
        let mut harms = Vec::new();
        if bank != Bank::Hostile || actor != Actor::Recipient {
            return harms;
        }
        if let Some(code) = field(sent.body(), "code")
            && self.codes.get(&code).is_some_and(|consent| consent.bank == Bank::Honest)
            && !self.read.contains(&code)
        {
            harms.push(Harm::CodeToOther);
        }
        let verifier = field(sent.body(), "code_verifier");
        if let Some(verifier) = verifier.and_then(|text| CodeVerifier::parse(&text).ok())
            && self.challenges.contains(verifier.challenge().as_str())
        {
            harms.push(Harm::VerifierToOther);
        }
        let mut tokens = vec![token(sent)];
        tokens.extend(["token", "refresh_token"].map(|name| field(sent.body(), name)));
        let honest =
            |token: &String| self.tokens.get(token).is_some_and(|(bank, _)| *bank == Bank::Honest);
        if tokens.iter().flatten().any(honest) {
            harms.push(Harm::TokenToOther);
        }
        harms
    }

    /// Records what a response discloses, and to which participant.
    pub(crate) fn answer(
        &mut self,
        bank: Bank,
        actor: Actor,
        sent: &Request<Vec<u8>>,
        answer: &Response<Vec<u8>>,
        now: UnixTime,
    ) -> Vec<Harm> {
        let mut harms = Vec::new();
        let path = sent.uri().path();
        if !answer.status().is_success() {
            let document = || serde_json::from_slice::<Value>(answer.body()).ok();
            let is =
                |document: Value| document.get("error").is_some_and(|it| it == "invalid_grant");
            if path == "/token" && actor == Actor::Recipient && document().is_some_and(is) {
                let at = sent.extensions().get().copied().unwrap_or(SentAt(u64::MAX));
                harms.extend(self.refresh_tokens.refused(sent.body(), at, now));
            }
            return harms;
        }
        match path {
            "/par" if bank == Bank::Honest => {
                self.challenges.extend(field(sent.body(), "code_challenge"));
            }
            "/token" => self.issued(bank, sent.body(), answer.body(), now, &mut harms),
            path if path.starts_with("/fdx/") && actor == Actor::Attacker => {
                let owner = token(sent).and_then(|token| self.tokens.get(&token).copied());
                if owner.is_some_and(|(bank, by)| bank == Bank::Honest && by != 0) {
                    harms.push(Harm::ServedToAttacker);
                }
            }
            _ => {}
        }
        harms
    }

    fn issued(
        &mut self,
        bank: Bank,
        form: &[u8],
        answer: &[u8],
        now: UnixTime,
        harms: &mut Vec<Harm>,
    ) {
        let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return };
        self.refresh_tokens.issued(form, &answer, now);
        let text = |name| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(by) = self.owner(form) else { return };
        if let Some(code) = field(form, "code") {
            if !self.exchanged.insert(code.clone()) {
                harms.push(Harm::CodeExchangedTwice);
            }
            if let (Some(consent), Some(id)) = (self.codes.get(&code), text("grant_id")) {
                self.consents.entry(id).or_insert_with(|| consent.clone());
            }
        }
        for token in [text("access_token"), text("refresh_token")].into_iter().flatten() {
            self.tokens.insert(token, (bank, by));
        }
        let hash = text("id_token").and_then(|token| claim(&token, "at_hash"));
        self.logins.extend(hash.map(|hash| (hash, by)));
    }
}

/// One parameter of a form.
pub(crate) fn field(form: &[u8], name: &str) -> Option<String> {
    let form = str::from_utf8(form).ok()?;
    let form = Query::parse(form, 64 * 1024).ok()?;
    form.one(name).ok()?.map(str::to_owned)
}

/// One parameter of a URL's query, or of the signed response in it.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let signed = || claim(&field(query.as_bytes(), "response")?, name);
    field(query.as_bytes(), name).or_else(signed)
}

/// A text claim of a compact JWS, unverified.
pub(crate) fn claim(jws: &str, name: &str) -> Option<String> {
    let payload = fdx_wire::base64url::decode(jws.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    claims.get(name)?.as_str().map(str::to_owned)
}

pub(crate) fn token(sent: &Request<Vec<u8>>) -> Option<String> {
    let header = sent.headers().get("authorization")?.to_str().ok()?;
    header.split_once(' ').map(|(_, token)| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Attack;

    #[test]
    fn refusals_and_more_requests_serve_no_attacker() {
        for harm in [Harm::RenewalRefused, Harm::ReloadOutcome, Harm::TooManyRequests] {
            assert!(!harm.serves_attacker(), "{harm:?}");
        }
    }

    #[test]
    fn what_an_attack_gains_serves_an_attacker() {
        for attack in Attack::ALL {
            for harm in attack.open_harms() {
                assert!(harm.serves_attacker(), "{} {harm:?}", attack.name());
            }
        }
    }
}
