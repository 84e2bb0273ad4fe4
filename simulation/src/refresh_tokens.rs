//! The state of each grant at its institution: which refresh tokens are valid, according to the
//! documented policies of the sandbox and independent of the recipient.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fdx_wire::UnixTime;
use serde_json::Value;

use crate::ledger::{Harm, field};
use crate::tally::count;

/// How long a replaced refresh token stays valid, in case the response was lost.
const RETRY: Duration = Duration::from_secs(60);

/// When the recipient sent a request, in milliseconds of the world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentAt(pub(crate) u64);

#[derive(Debug, Default)]
pub(crate) struct RefreshTokens {
    /// The grant behind each code that was exchanged.
    codes: BTreeMap<String, String>,
    tokens: BTreeMap<String, RefreshToken>,
    ended: BTreeSet<String>,
    /// Counts of what happened to grants.
    pub(crate) counts: BTreeMap<&'static str, u64>,
}

#[derive(Debug)]
struct RefreshToken {
    grant: String,
    /// The end of its validity, if it was replaced.
    until: Option<UnixTime>,
    /// The tokens that replaced it.
    next: Vec<String>,
    /// When the recipient persisted it.
    persisted: Option<u64>,
}

impl RefreshTokens {
    /// Records tokens that were issued.
    pub(crate) fn issued(&mut self, form: &[u8], answer: &Value, now: UnixTime) {
        let text = |name| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(grant) = text("grant_id") else { return };
        if let Some(code) = field(form, "code") {
            self.codes.entry(code).or_insert_with(|| grant.clone());
        }
        let old = field(form, "refresh_token");
        let new = text("refresh_token").filter(|new| Some(new) != old.as_ref());
        if let Some(old) = old.and_then(|old| self.tokens.get_mut(&old)) {
            if old.until.is_some() {
                count(&mut self.counts, "renewed after a lost answer");
            }
            if let Some(new) = &new {
                old.until.get_or_insert(now + RETRY);
                old.next.push(new.clone());
            }
        }
        if let Some(new) = new {
            let token = RefreshToken { grant, until: None, next: Vec::new(), persisted: None };
            self.tokens.insert(new, token);
        }
    }

    /// Records the error `invalid_grant` and returns the harm if it was not expected.
    pub(crate) fn refused(&mut self, form: &[u8], sent: SentAt, now: UnixTime) -> Option<Harm> {
        if let Some(code) = field(form, "code") {
            // RFC 6749 section 4.1.2: a code that is used twice ends its tokens.
            if let Some(grant) = self.codes.get(&code)
                && self.ended.insert(grant.clone())
            {
                count(&mut self.counts, "ended by a code sent twice");
            }
            return None;
        }
        let Some(token) = self.tokens.get(&field(form, "refresh_token")?) else {
            return Some(Harm::GrantLost);
        };
        if self.ended.contains(&token.grant) {
            return None;
        }
        if token.until.is_none_or(|until| now < until) {
            return Some(Harm::GrantLost);
        }
        // RFC 9700 section 4.14.2: it was replaced a minute ago or earlier, which ends the grant. A
        // recipient that has persisted a later token no longer sends this one. But the network may
        // still deliver a request that the recipient sent before and gave up.
        self.ended.insert(token.grant.clone());
        let next = token.next.iter().filter_map(|token| self.tokens.get(token)?.persisted).min();
        let (harm, became) = match next {
            Some(since) if since <= sent.0 => (Some(Harm::GrantLost), "ended by a late renewal"),
            Some(_) => (None, "ended by a renewal that the network held back"),
            None => (None, "ended by a late renewal"),
        };
        count(&mut self.counts, became);
        harm
    }

    /// Records that the recipient persisted this refresh token.
    pub(crate) fn persisted(&mut self, token: &str, now: u64) {
        if let Some(token) = self.tokens.get_mut(token) {
            token.persisted.get_or_insert(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: fn(u64) -> UnixTime = UnixTime::from_seconds;
    const NOW: SentAt = SentAt(u64::MAX);

    fn answer(token: &str) -> Value {
        serde_json::json!({ "grant_id": "g", "refresh_token": token })
    }

    fn replaced() -> RefreshTokens {
        let mut refresh_tokens = RefreshTokens::default();
        refresh_tokens.issued(b"code=c", &answer("r0"), AT(0));
        refresh_tokens.issued(b"refresh_token=r0", &answer("r1"), AT(10));
        refresh_tokens
    }

    #[test]
    fn replaced_token_is_valid_for_a_minute() {
        let mut refresh_tokens = replaced();
        assert_eq!(refresh_tokens.refused(b"refresh_token=r0", NOW, AT(69)), Some(Harm::GrantLost));
        assert_eq!(refresh_tokens.refused(b"refresh_token=r0", NOW, AT(70)), None);
        assert_eq!(refresh_tokens.refused(b"refresh_token=r1", NOW, AT(70)), None, "ended with it");
    }

    #[test]
    fn recipient_that_persisted_the_next_token_does_not_use_the_old_one() {
        let mut refresh_tokens = replaced();
        refresh_tokens.persisted("r1", 11_000);
        assert_eq!(refresh_tokens.refused(b"refresh_token=r0", NOW, AT(70)), Some(Harm::GrantLost));
    }

    #[test]
    fn request_from_before_the_next_token_was_persisted_may_arrive_late() {
        for (sent, harm) in [(10_999, None), (11_000, Some(Harm::GrantLost))] {
            let mut refresh_tokens = replaced();
            refresh_tokens.persisted("r1", 11_000);
            refresh_tokens.persisted("r1", 50_000);
            assert_eq!(refresh_tokens.refused(b"refresh_token=r0", SentAt(sent), AT(70)), harm);
        }
    }

    #[test]
    fn code_that_is_used_twice_ends_its_tokens() {
        let mut refresh_tokens = replaced();
        assert_eq!(refresh_tokens.refused(b"refresh_token=r1", NOW, AT(11)), Some(Harm::GrantLost));
        assert_eq!(refresh_tokens.refused(b"code=c", NOW, AT(11)), None);
        assert_eq!(refresh_tokens.refused(b"refresh_token=r1", NOW, AT(11)), None);
    }
}
