//! Attacks in the back channel: on responses, tokens and requests.

use fdx_par::Client;
use http::{Request, Response};
use serde_json::Value;

use super::{has_odd_metadata, with_members_of};
use crate::attack::Attack;
use crate::attacks::rogue_client::ClaimedClient;
use crate::ledger::{Actor, field, token};
use crate::recipient::renewal::stored_refresh_token;
use crate::recipient::{Posted, Task};
use crate::scene::{Bank, Key};
use crate::single_use::Reason;
use crate::world::{ATTACKER, World};

impl World {
    /// May replace a token response before it reaches the recipient.
    pub(crate) fn on_tokens(&mut self, id: u32, response: Response<Vec<u8>>) -> Response<Vec<u8>> {
        let Some((person, attack)) = self.tasks.get(&id).map(Task::whose).zip(self.attack_of(id))
        else {
            if self.tasks.get(&id).map(Task::whose) == Some(ATTACKER) {
                self.own_tokens = Some(response.clone());
            }
            return response;
        };
        let swaps = matches!(
            attack,
            Attack::SwappedResponse
                | Attack::SwappedAccessToken
                | Attack::SwappedConsentId
                | Attack::SwappedIdToken
                | Attack::ForgedIdToken
                | Attack::TenantIdToken
        );
        if person == ATTACKER || !swaps || !response.status().is_success() {
            return response;
        }
        let swapped = match attack {
            Attack::SwappedIdToken => self.rogues_id_token(&response),
            Attack::ForgedIdToken => {
                self.forged_id_token(&response, Key::HostileBank, Bank::Honest)
            }
            Attack::TenantIdToken => {
                self.forged_id_token(&response, Key::HonestBank, Bank::Hostile)
            }
            _ => self.whole_own_flow().and_then(|()| self.own_tokens.take()).and_then(|own| {
                let names: &[&str] = match attack {
                    Attack::SwappedResponse => return Some(own),
                    Attack::SwappedConsentId => &["grant_id"],
                    _ => &["access_token", "refresh_token", "grant_id"],
                };
                with_members_of(&response, &own, names)
            }),
        };
        match swapped {
            Some(swapped) => {
                self.tried(Some(attack));
                self.log(|| format!("the attacker changes a token response of customer {person}"));
                swapped
            }
            None => response,
        }
    }

    /// May replace the response to a refresh before it reaches the recipient.
    pub(crate) fn on_renewal(&mut self, id: u32, response: Response<Vec<u8>>) -> Response<Vec<u8>> {
        let attack = Attack::SwappedRenewal;
        if self.attack_of(id) != Some(attack) || !response.status().is_success() {
            return response;
        }
        let own = self.whole_own_flow().and_then(|()| self.own_tokens.take());
        match own.and_then(|own| with_members_of(&response, &own, &["access_token"])) {
            Some(swapped) => {
                self.tried(Some(attack));
                swapped
            }
            None => response,
        }
    }

    /// May replace the response to a consent read before it reaches the recipient.
    pub(crate) fn on_consent(&mut self, id: u32, response: Response<Vec<u8>>) -> Response<Vec<u8>> {
        let Some(person) = self.tasks.get(&id).map(Task::whose) else { return response };
        if person == ATTACKER {
            if response.status().is_success() {
                self.own_consent = Some(response.clone());
            }
            return response;
        }
        if self.attack_of(id) != Some(Attack::SwappedConsent) || !response.status().is_success() {
            return response;
        }
        match self.whole_own_flow().and_then(|()| self.own_consent.take()) {
            Some(own) => {
                self.tried(Some(Attack::SwappedConsent));
                own
            }
            None => response,
        }
    }

    /// Lets the attacker read a resource request of the recipient that was answered.
    pub(crate) fn on_call(&mut self, flow: usize, request: &Request<Vec<u8>>) {
        let path = request.uri().path();
        if !path.starts_with("/fdx/") || Bank::of(request.uri()) != Bank::Honest {
            return;
        }
        if let Some(flow) = self.flows.get_mut(flow) {
            flow.calls.push(request.clone());
        }
        let Some((_, Some(attack), _)) = self.of(flow) else { return };
        if !path.ends_with("/accounts") {
            return;
        }
        let calls = self.flows.get(flow).map(|flow| flow.calls.clone()).unwrap_or_default();
        match attack {
            Attack::StolenToken => {
                if let Some(token) = token(request) {
                    self.tried(Some(attack));
                    self.access(attack, &token);
                }
            }
            Attack::ReplayedRequest => {
                self.tried(Some(attack));
                for call in calls {
                    self.send_again(attack, &call);
                }
            }
            Attack::MovedProof => {
                self.tried(Some(attack));
                self.moved_proof(attack, request, &calls);
            }
            Attack::StolenRefreshToken | Attack::ConfusedStore => {
                let id = self.flows.get(flow).and_then(|flow| flow.flow_id.clone());
                let Some(row) = id.and_then(|id| self.store.grants.get(&id).cloned()) else {
                    return;
                };
                self.tried(Some(attack));
                match attack {
                    Attack::ConfusedStore => self.confuse(attack, &row.text),
                    _ => self.refresh_stolen(attack, &row.text),
                }
            }
            _ => {}
        }
    }

    /// Lets the hostile institution relay a request to the honest one.
    pub(crate) fn relay(
        &mut self,
        actor: Actor,
        request: &Request<Vec<u8>>,
        attack: Option<Attack>,
    ) -> Option<Response<Vec<u8>>> {
        let attack =
            attack.filter(|attack| *attack == Attack::RelayedPush || has_odd_metadata(*attack))?;
        match request.uri().path() {
            "/par" if actor == Actor::Recipient => {
                self.tried(Some(attack));
                let mut relayed = request.clone();
                let url = format!("{}/par", Bank::Honest.origin());
                *relayed.uri_mut() = url.parse().ok()?;
                relayed.headers_mut().remove("dpop");
                let mut answer = self.as_attacker(attack, &relayed);
                if !answer.status().is_success() {
                    self.forge_assertion(&mut relayed);
                    answer = self.as_attacker(attack, &relayed);
                }
                let document: Value = serde_json::from_slice(answer.body()).ok()?;
                self.relayed = Some(document.get("request_uri")?.as_str()?.to_owned());
                Some(answer)
            }
            "/authorize" if actor == Actor::Customer => {
                let relayed = self.relayed.clone()?;
                let query = request.uri().query()?;
                let sent = field(query.as_bytes(), "request_uri")?;
                if sent != relayed {
                    return None;
                }
                let to = format!("{}/authorize?{query}", Bank::Honest.origin());
                Response::builder().status(303).header("location", to).body(Vec::new()).ok()
            }
            _ => None,
        }
    }

    pub(super) fn confuse(&mut self, attack: Attack, row: &str) {
        let Some(client) = self.client_for(0, Bank::Hostile, None) else { return };
        let Some(honest) = self.client_for(0, Bank::Honest, None) else { return };
        // First the wrong client restores the row, then it uses tokens that the right one restored.
        for reader in [&client, &honest] {
            self.confused_call(attack, &client, reader.restore(row));
        }
    }

    pub(super) fn confused_call(
        &mut self,
        attack: Attack,
        client: &Client,
        grant: Result<fdx_par::StoredGrant, fdx_par::Error>,
    ) {
        let (entropy, now) = (self.choices.entropy(), self.node_time(0));
        let called = grant.and_then(|grant| {
            let url = client.config().fdx_base.join_segment("accounts");
            let url = url.map_err(|_| fdx_par::CallFault::UrlTooLong)?;
            let request = fdx_par::ResourceRequest::get(url);
            client.call(grant.tokens().access_token(), request, entropy, now)
        });
        let signed = called.and_then(|draft| self.sign(draft, Reason::Drafted, Some(attack)));
        match signed {
            Ok(Posted { request, peer, .. }) => {
                self.acted(attack, |world| world.ask_bank(Actor::Recipient, &request, peer, None));
            }
            Err(error) => self.note(&error),
        }
    }

    pub(super) fn refresh_stolen(&mut self, attack: Attack, row: &str) {
        let Some(token) = stored_refresh_token(row) else { return };
        let token = token.as_str();
        for who in [ClaimedClient::Rogue, ClaimedClient::Recipient] {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
            self.tokens_and_access(attack, who, &form);
        }
    }
}
