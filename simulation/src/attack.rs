use crate::ledger::Harm;

/// What the attacker tries. FAPI 2.0's attacker owns websites and an institution, is a registered
/// client of the honest institution itself, and reads what each kind names.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Attack {
    /// Sends a customer who waits for a callback one with the attacker's own code.
    Csrf,
    /// Reads the callback; brings its code into the attacker's own session.
    CodeInjection,
    /// Sends a customer who waits for a callback the denial of the attacker's own flow.
    Denial,
    /// Puts the attacker's own cookie into a customer's browser, and sends its own callback.
    PlantedCookie,
    /// Reads the callback and has the customer's sealed cookie; shows both from another session.
    StolenCookie,
    /// Reads the callback first; redeems the code as the rogue client, and as the recipient.
    StolenCode,
    /// The same after the customer's own exchange, within the code's minute.
    SpentCode,
    /// The same an hour later.
    OldCode,
    /// Is the institution that was chosen; sends the customer on to the honest one.
    MixUp,
    /// The same, with the recipient's own pushed request relayed.
    RelayedPush,
    /// Reads the authorization request and the callback; names the rogue as the client.
    ForeignRequestUri,
    /// Reads the authorization request; uses it a second time, an hour later.
    ReplayedRequestUri,
    /// Reads a resource request; uses its token with a proof or certificate of the attacker's.
    StolenToken,
    /// Reads a resource request; sends it again.
    ReplayedRequest,
    /// Reads two resource requests; requests another resource with the proof of the older one.
    MovedProof,
    /// Has read the recipient's store; uses a refresh token as the rogue, and as the recipient.
    StolenRefreshToken,
    /// Changes a token response: the attacker's own, of another flow, in its place.
    SwappedResponse,
    /// Changes a token response: the attacker's access token in the customer's place.
    SwappedAccessToken,
    /// Changes the response to a refresh: the attacker's access token replaces the customer's.
    SwappedRenewal,
    /// Changes a token response: an ID token that the rogue got, with the same nonce.
    SwappedIdToken,
    /// Changes a token response: an ID token that the hostile institution signed.
    ForgedIdToken,
    /// Changes a token response: an ID token of an institution that signs with the same keys.
    TenantIdToken,
    /// Changes a token response: the attacker's consent id in the customer's place.
    SwappedConsentId,
    /// Changes the response to the consent's read: the attacker's consent replaces the customer's.
    SwappedConsent,
    /// Makes the recipient use a stored grant of the honest institution at the hostile one.
    ConfusedStore,
    /// Makes the recipient use the hostile institution's metadata for the honest one.
    WrongMetadata,
    /// Delivers the hostile institution's metadata to a request for the honest one's.
    MisdeliveredMetadata,
    /// Pushes in the recipient's name, with the attacker's redirect_uri, and sends the customer.
    PhishedPush,
    /// No attacker: a customer who sends the callback to two nodes at once.
    Reload,
    /// Reads the authorization request; is faster than the customer in deciding it.
    SwappedRequestUri,
    /// Begins a flow, has the customer decide it, and reads the callback before it is used.
    BrowserSwap,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 31] = [
        Self::Csrf,
        Self::CodeInjection,
        Self::Denial,
        Self::PlantedCookie,
        Self::StolenCookie,
        Self::StolenCode,
        Self::SpentCode,
        Self::OldCode,
        Self::MixUp,
        Self::RelayedPush,
        Self::ForeignRequestUri,
        Self::ReplayedRequestUri,
        Self::StolenToken,
        Self::ReplayedRequest,
        Self::MovedProof,
        Self::StolenRefreshToken,
        Self::SwappedResponse,
        Self::SwappedAccessToken,
        Self::SwappedRenewal,
        Self::SwappedIdToken,
        Self::ForgedIdToken,
        Self::TenantIdToken,
        Self::SwappedConsentId,
        Self::SwappedConsent,
        Self::ConfusedStore,
        Self::WrongMetadata,
        Self::MisdeliveredMetadata,
        Self::PhishedPush,
        Self::Reload,
        Self::SwappedRequestUri,
        Self::BrowserSwap,
    ];

    /// In words, for a table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csrf => "attacker's code in a customer's session (CSRF)",
            Self::CodeInjection => "stolen code in the attacker's session",
            Self::Denial => "attacker's denial in a customer's session",
            Self::PlantedCookie => "planted cookie and its callback",
            Self::StolenCookie => "stolen cookie and callback",
            Self::StolenCode => "stolen code at the token endpoint",
            Self::SpentCode => "stolen code, already spent",
            Self::OldCode => "stolen code, one hour old",
            Self::MixUp => "mix-up",
            Self::RelayedPush => "mix-up with a relayed push",
            Self::ForeignRequestUri => "request_uri used by another client",
            Self::ReplayedRequestUri => "request_uri used again, one hour later",
            Self::StolenToken => "stolen access token",
            Self::ReplayedRequest => "resource request sent again",
            Self::MovedProof => "proof of another request and access token",
            Self::StolenRefreshToken => "stolen refresh token",
            Self::SwappedResponse => "token response of another flow",
            Self::SwappedAccessToken => "access token of another flow",
            Self::SwappedRenewal => "access token of another flow, at a refresh",
            Self::SwappedIdToken => "ID token of another client",
            Self::ForgedIdToken => "ID token of another institution",
            Self::TenantIdToken => "ID token of another tenant with the same key",
            Self::SwappedConsentId => "consent id of another flow",
            Self::SwappedConsent => "consent of another flow",
            Self::ConfusedStore => "stored grant at another institution",
            Self::WrongMetadata => "metadata of another institution",
            Self::MisdeliveredMetadata => "metadata of another institution at discovery",
            Self::PhishedPush => "push with the recipient's client_id",
            Self::Reload => "callback at two nodes",
            Self::SwappedRequestUri => "request_uri approved first",
            Self::BrowserSwap => "swapped browsers",
        }
    }

    /// What FAPI 2.0 leaves open to it, and nothing else: the attacker model names who could read
    /// so much, and no check on either side can tell whose consent and login it is.
    #[must_use]
    pub fn open_harms(self) -> &'static [Harm] {
        match self {
            Self::SwappedRequestUri | Self::BrowserSwap => {
                &[Harm::OthersConsent, Harm::OthersLogin]
            }
            _ => &[],
        }
    }

    /// Whether FAPI 2.0 leaves anything open to it.
    #[must_use]
    pub fn is_open(self) -> bool {
        !self.open_harms().is_empty()
    }

    /// Whether it is played against proofs, and means nothing where certificates bind.
    pub(crate) fn needs_dpop(self) -> bool {
        matches!(self, Self::ReplayedRequest | Self::MovedProof)
    }

    /// Whether the customer's flow has to be at the hostile institution.
    pub(crate) fn at_the_hostile(self) -> bool {
        matches!(self, Self::MixUp | Self::RelayedPush)
    }
}
