//! The institution, and the facts that only it knows: which tokens it issued, and why a grant ended.

use std::collections::BTreeMap;

use fdx_par::dialect::{RefreshTokens, Replay, Rotation};
use fdx_sandbox::{Peer, RefreshPolicy, Sandbox};
use fdx_wire::UnixTime;
use http::{Request, Response};
use serde_json::Value;
use std::time::Duration;

use crate::ledger::field;

/// How long the sandbox accepts a replaced refresh token.
const WINDOW: Duration = Duration::from_secs(60);

/// What a dialect says about an institution with this policy.
pub(super) fn rotation(policy: RefreshPolicy) -> RefreshTokens {
    let (rotation, replay) = match policy {
        RefreshPolicy::Keep | RefreshPolicy::Repeat => (Rotation::None, Replay::Unspecified),
        RefreshPolicy::Rotate => (Rotation::NewSuccessor, Replay::Within(WINDOW)),
        RefreshPolicy::RotateAtOnce => (Rotation::NewSuccessor, Replay::Refused),
    };
    RefreshTokens::new(rotation, replay, "the simulated institution")
}

/// Why a consent was lost although its recipient did nothing wrong. The manual names each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Loss {
    /// The institution's window for replays closed before the retry of a lost response.
    WindowClosed,
    /// A response was lost, and the institution has no window.
    NoWindow,
    /// A request arrived after the deadline of its sender.
    LateWrite,
    /// The request with the code arrived twice: RFC 6749 section 4.1.2 ends its tokens.
    CodeRepeated,
}

impl Loss {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::WindowClosed => "the window closed before the retry",
            Self::NoWindow => "a response was lost where there is no window",
            Self::LateWrite => "a request arrived after its deadline",
            Self::CodeRepeated => "the network repeated a code",
        }
    }
}

/// A grant of a customer.
#[derive(Debug, Default)]
pub(super) struct Grant {
    /// Why the institution ended it, or why only tokens that are not stored are valid.
    pub(super) lost: Option<Loss>,
    /// The recipient or the customer ended it at the institution.
    pub(super) ended: bool,
}

/// The facts about a request to the institution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// When it arrives, in milliseconds of the world.
    pub(super) at: u64,
    /// Whether it arrives after the deadline of its sender.
    pub(super) late: bool,
    /// Whether the store had a better token than that of the request when it was sent.
    pub(super) knew_better: bool,
}

/// What a request to the token endpoint revealed.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Revealed {
    Nothing,
    /// A void refresh token was sent, although the store had a valid one.
    VoidTokenSent,
    /// A void refresh token was sent: no other one was known. If that ended the grant, with the time of
    /// the world at which the token was used first, unless that was after the deadline of its sender.
    Reused {
        since: Option<u64>,
    },
}

pub(super) struct Bank {
    pub(super) sandbox: Sandbox,
    policy: RefreshPolicy,
    pub(super) grants: BTreeMap<String, Grant>,
    /// The grant of each refresh token, and of each code that was exchanged.
    tokens: BTreeMap<String, String>,
    /// When each refresh token was used first, and whether that was after the deadline of the sender.
    used: BTreeMap<String, (u64, bool)>,
    /// The error of its clock, in seconds.
    pub(super) offset: i64,
}

impl Bank {
    pub(super) fn new(sandbox: Sandbox, policy: RefreshPolicy, offset: i64) -> Self {
        Self {
            sandbox,
            policy,
            grants: BTreeMap::new(),
            tokens: BTreeMap::new(),
            used: BTreeMap::new(),
            offset,
        }
    }

    /// The grant of a refresh token.
    pub(super) fn grant_of(&self, token: &str) -> Option<&str> {
        self.tokens.get(token).map(String::as_str)
    }

    /// Whether a refresh token can be used.
    pub(super) fn accepts(&self, token: &str, now: UnixTime) -> bool {
        let of_grant = |grant| self.sandbox.accepted_tokens(grant, now).contains(&token);
        self.grant_of(token).is_some_and(of_grant)
    }

    /// Records that the recipient stored a refresh token.
    pub(super) fn stored(&mut self, token: &str) {
        let grant = self.tokens.get(token).and_then(|grant| self.grants.get_mut(grant));
        let strict = self.policy == RefreshPolicy::RotateAtOnce;
        if let Some(grant) = grant.filter(|it| strict && it.lost != Some(Loss::CodeRepeated)) {
            grant.lost = None;
        }
    }

    /// Answers a request of the recipient.
    pub(super) fn answer(
        &mut self,
        request: &Request<Vec<u8>>,
        peer: Peer,
        sent: Sent,
        now: UnixTime,
    ) -> (Response<Vec<u8>>, Revealed) {
        let path = request.uri().path();
        let old = match path {
            "/token" => field(request.body(), "refresh_token"),
            _ => None,
        };
        let code = match path {
            "/token" => field(request.body(), "code"),
            _ => None,
        };
        let void = old.as_deref().filter(|old| !self.accepts(old, now));
        let void = void.and_then(|old| self.grant_of(old)).map(str::to_owned);
        let answer = self.sandbox.handle(request, peer, now);
        let document: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let text = |name| document.get(name).and_then(Value::as_str);
        let mut revealed = Revealed::Nothing;
        if answer.status().is_success() {
            if let ("/token", Some(grant), Some(token)) =
                (path, text("grant_id"), text("refresh_token"))
            {
                self.tokens.insert(token.to_owned(), grant.to_owned());
            }
            if let Some(old) = &old {
                self.used.entry(old.clone()).or_insert((sent.at, sent.late));
            }
            if let ("/token", Some(grant)) = (path, text("grant_id")) {
                self.tokens.extend(code.map(|code| (code, grant.to_owned())));
                let strict = self.policy == RefreshPolicy::RotateAtOnce && old.is_some();
                let grant = self.grants.entry(grant.to_owned()).or_default();
                // From now on only the new token is valid, and it may not arrive.
                let loss = if sent.late { Loss::LateWrite } else { Loss::NoWindow };
                grant.lost = if strict { Some(loss) } else { grant.lost };
            }
            return (answer, revealed);
        }
        if text("error") != Some("invalid_grant") {
            return (answer, revealed);
        }
        if let Some(grant) = code.and_then(|code| self.tokens.get(&code))
            && let Some(grant) = self.grants.get_mut(grant)
        {
            grant.lost = Some(Loss::CodeRepeated);
        }
        if let Some(grant) = void.and_then(|grant| self.grants.get_mut(&grant))
            && !grant.ended
        {
            let mut since = None;
            if self.policy == RefreshPolicy::Rotate && grant.lost.is_none() {
                let first = old.and_then(|old| self.used.get(&old)).copied();
                let late = sent.late || first.is_some_and(|(_, late)| late);
                since = first.filter(|_| !late).map(|(at, _)| at);
                grant.lost = Some(if late { Loss::LateWrite } else { Loss::WindowClosed });
            }
            revealed = match sent.knew_better && !sent.late {
                true => Revealed::VoidTokenSent,
                false => Revealed::Reused { since },
            };
        }
        (answer, revealed)
    }
}
