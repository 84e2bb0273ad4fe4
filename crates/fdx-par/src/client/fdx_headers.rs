use core::fmt;
use core::net::IpAddr;

use fdx_wire::UnixTime;
use http::header::HeaderName;

use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::exchange::outgoing::Outgoing;

/// Headers of FDX API calls in addition to the token: the actor, the parties, and facts about the
/// customer. A header that is not set is not sent.
///
/// [`ClientConfig::fdx_headers`](crate::ClientConfig::fdx_headers) has those of all calls,
/// [`Client::with_fdx_headers`](crate::Client::with_fdx_headers) adds those of one call.
///
/// ```
/// use fdx_par::{ActorType, FdxHeaders};
///
/// let all = FdxHeaders::new().data_provider_id("bank-7")?;
/// let this = FdxHeaders::new()
///     .actor_type(ActorType::User)
///     .customer_ip_address("192.0.2.7".parse()?)
///     .customer_user_agent("Mozilla/5.0")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, Eq, PartialEq)]
#[must_use]
pub struct FdxHeaders {
    actor_type: Option<ActorType>,
    data_provider_id: Option<String>,
    data_recipient_id: Option<String>,
    customer_ip_address: Option<IpAddr>,
    auth_date: Option<UnixTime>,
    customer_user_agent: Option<String>,
}

/// `FDX-API-Actor-Type`: whether the customer waits for the response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ActorType {
    /// `USER`: the customer is present.
    User,
    /// `BATCH`: the customer is absent.
    Batch,
}

/// FDX API, Identifier.
const MAX_ID: usize = 256;
const MAX_USER_AGENT: usize = 1024;

impl FdxHeaders {
    /// Creates an empty set of headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// `FDX-API-Actor-Type`.
    pub fn actor_type(mut self, actor_type: ActorType) -> Self {
        self.actor_type = Some(actor_type);
        self
    }

    /// `FDX-API-Data-Provider-Id`: the institution, if one server hosts several.
    ///
    /// # Errors
    /// [`CallFault::HeaderText`] unless it is 1 to 256 characters of printable ASCII.
    pub fn data_provider_id(mut self, id: &str) -> Result<Self, Error> {
        self.data_provider_id = Some(printable(id, MAX_ID)?);
        Ok(self)
    }

    /// `FDX-API-Data-Recipient-Id`: the data recipient, if the institution requires it.
    ///
    /// # Errors
    /// As [`FdxHeaders::data_provider_id`].
    pub fn data_recipient_id(mut self, id: &str) -> Result<Self, Error> {
        self.data_recipient_id = Some(printable(id, MAX_ID)?);
        Ok(self)
    }

    /// `x-fapi-customer-ip-address`: the IP address of the customer at the recipient.
    pub fn customer_ip_address(mut self, address: IpAddr) -> Self {
        self.customer_ip_address = Some(address);
        self
    }

    /// `x-fapi-auth-date`: when the customer last logged in at the recipient.
    pub fn auth_date(mut self, time: UnixTime) -> Self {
        self.auth_date = Some(time);
        self
    }

    /// `x-customer-user-agent`: the customer's browser or app, as it named itself.
    ///
    /// # Errors
    /// [`CallFault::HeaderText`] unless it is 1 to 1,024 characters of printable ASCII.
    pub fn customer_user_agent(mut self, user_agent: &str) -> Result<Self, Error> {
        self.customer_user_agent = Some(printable(user_agent, MAX_USER_AGENT)?);
        Ok(self)
    }

    /// Adds the headers of `others` that are not set.
    pub(crate) fn or(self, others: &Self) -> Self {
        let others = others.clone();
        Self {
            actor_type: self.actor_type.or(others.actor_type),
            data_provider_id: self.data_provider_id.or(others.data_provider_id),
            data_recipient_id: self.data_recipient_id.or(others.data_recipient_id),
            customer_ip_address: self.customer_ip_address.or(others.customer_ip_address),
            auth_date: self.auth_date.or(others.auth_date),
            customer_user_agent: self.customer_user_agent.or(others.customer_user_agent),
        }
    }

    /// Adds the headers to a request.
    ///
    /// # Errors
    /// As [`Outgoing::header`].
    pub(crate) fn write(&self, outgoing: &mut Outgoing) -> Result<(), CallFault> {
        let texts = [
            ("fdx-api-actor-type", self.actor_type.map(|actor| actor.as_str().to_owned())),
            ("fdx-api-data-provider-id", self.data_provider_id.clone()),
            ("fdx-api-data-recipient-id", self.data_recipient_id.clone()),
            ("x-fapi-customer-ip-address", self.customer_ip_address.map(|ip| ip.to_string())),
            ("x-fapi-auth-date", self.auth_date.map(UnixTime::to_http_date)),
            ("x-customer-user-agent", self.customer_user_agent.clone()),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                outgoing.header(HeaderName::from_static(name), &text)?;
            }
        }
        Ok(())
    }
}

impl ActorType {
    /// The header's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Batch => "BATCH",
        }
    }
}

/// RFC 9110 section 5.5: a header value without spaces at its ends.
fn printable(text: &str, most: usize) -> Result<String, CallFault> {
    let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if printable && text.trim() == text && (1..=most).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err(CallFault::HeaderText)
    }
}

/// Redacts address and user agent: personal data.
impl fmt::Debug for FdxHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FdxHeaders")
            .field("actor_type", &self.actor_type)
            .field("data_provider_id", &self.data_provider_id)
            .field("data_recipient_id", &self.data_recipient_id)
            .finish_non_exhaustive()
    }
}
