use fdx_par::Client;
use http::Request;

use crate::attack::Attack;
use crate::ledger::Person;
use crate::scene::Bank;

/// Three pushes of two requests each, for the nonce.
const MOST_FOR_PUSH: u64 = 6;
/// A code is sent twice, for the nonce.
const MOST_FOR_CODE: u64 = 2;
/// Keys, and two requests each for the consent and a call; two of the steps are made again.
const MOST_FOR_REST: u64 = 9;
/// Two requests each for the refresh and a call, and keys; two of the steps are made again.
const MOST_FOR_RENEWAL: u64 = 9;
/// Two requests, for the nonce.
const MOST_FOR_OPTIONAL: u64 = 2;

/// A flow with all its facts, which only the world knows.
pub(crate) struct Flow {
    pub(crate) person: Person,
    pub(crate) bank: Bank,
    pub(crate) attack: Option<Attack>,
    pub(crate) whole: bool,
    pub(crate) url: Option<String>,
    pub(crate) callback: Option<String>,
    /// Whether the customer denied the request at the institution.
    pub(crate) refused: bool,
    pub(crate) flow_id: Option<String>,
    pub(crate) client: Option<Client>,
    pub(crate) requests: u64,
    /// How often a browser brought its code, and how often its grant was renewed.
    pub(crate) exchanges: u64,
    pub(crate) renewals: u64,
    /// Exchanges that a flow does not need: introspections, revocations and further calls.
    pub(crate) optional: u64,
    /// Requests to resources, as the attacker read them.
    pub(crate) calls: Vec<Request<Vec<u8>>>,
}

impl Flow {
    /// The most requests that the flow may have taken until now.
    pub(crate) fn bound(&self) -> u64 {
        let code = match self.exchanges {
            0 => 0,
            // A code is valid once, so only one of them continues.
            exchanges => exchanges * MOST_FOR_CODE + MOST_FOR_REST,
        };
        MOST_FOR_PUSH + code + self.renewals * MOST_FOR_RENEWAL + self.optional * MOST_FOR_OPTIONAL
    }
}
