use core::fmt;

use fdx_wire::json::Limits;
use fdx_wire::{Entropy, HttpsUrl, UnixTime, json};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use serde::de::DeserializeOwned;

use crate::client::client::Client;
use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::error::said::Said;
use crate::error::server::{ServerFault, ServerRule};
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::interaction::InteractionId;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::fdx_api::error::not_a_success;
use crate::tokens::tokens::AccessToken;

/// A call of the FDX API: any method, any URL below the configured FDX base or consent API.
///
/// ```
/// use fdx_par::ResourceRequest;
/// use fdx_wire::HttpsUrl;
///
/// let accounts = HttpsUrl::parse("https://api.bank.example/fdx/v6/accounts?limit=50")?;
/// let request = ResourceRequest::get(accounts);
/// # Ok::<(), fdx_wire::UrlError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct ResourceRequest {
    method: Method,
    url: HttpsUrl,
    headers: HeaderMap,
    body: Vec<u8>,
    max_response_bytes: usize,
}

const LIMIT: usize = 8 * 1024 * 1024;
const MEMBERS: usize = 500_000;

/// Headers that the exchange writes, or that belong to the connection.
const RESERVED: &[&str] = &[
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "dpop",
    "expect",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
    "x-fapi-interaction-id",
];

impl ResourceRequest {
    /// A `GET` that accepts `application/json`.
    pub fn get(url: HttpsUrl) -> Self {
        Self::new(Method::GET, url)
    }

    /// A request with any method. It reads a response of up to 8 MiB.
    pub fn new(method: Method, url: HttpsUrl) -> Self {
        let (headers, body) = (HeaderMap::new(), Vec::new());
        Self { method, url, headers, body, max_response_bytes: LIMIT }
    }

    /// Sets the largest response, in bytes: a statement as PDF may be large.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Adds a header, such as `FDX-API-Actor-Type` or another `Accept`.
    ///
    /// # Errors
    /// [`CallFault::HeaderReserved`].
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let name = name.parse::<HeaderName>().map_err(|_| CallFault::HeaderReserved)?;
        let value = HeaderValue::from_str(value).map_err(|_| CallFault::HeaderReserved)?;
        if RESERVED.contains(&name.as_str()) {
            return Err(CallFault::HeaderReserved.into());
        }
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Sets the body and its type.
    ///
    /// # Errors
    /// [`CallFault::HeaderReserved`] for a type that can't stand in a header.
    pub fn body(self, content_type: &str, body: Vec<u8>) -> Result<Self, Error> {
        let mut request = self.header("content-type", content_type)?;
        request.body = body;
        Ok(request)
    }
}

impl fmt::Debug for ResourceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceRequest")
            .field("method", &self.method)
            .field("url", &self.url.without_query())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Drafts a call with an access token.
    ///
    /// # Errors
    /// [`CallFault::OutsideFdxBase`],
    /// [`StoredStateFault::OtherKey`](crate::StoredStateFault::OtherKey),
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) for another
    /// institution's token.
    pub fn call(
        &self,
        access_token: &AccessToken,
        request: ResourceRequest,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<ResourceAnswer>, Error> {
        let call =
            ResourceCall { client: self.clone(), access_token: access_token.clone(), request };
        Ok(Draft::new(call, entropy, now)?)
    }
}

pub struct ResourceCall {
    client: Client,
    access_token: AccessToken,
    request: ResourceRequest,
}

impl Exchange for ResourceAnswer {
    type Request = ResourceCall;
    type Kept = InteractionId;
    type Entropy = Entropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    /// RFC 9110 9.2.1: a request with a safe method may be sent again. Another method may have had
    /// an effect that only the institution knows.
    fn on_no_response(call: &ResourceCall) -> NextStep {
        if call.request.method.is_safe() {
            Self::ON_NO_RESPONSE
        } else {
            NextStep::AskTheInstitution
        }
    }

    fn write(call: &ResourceCall, mint: &Mint<'_>) -> Result<(Outgoing, InteractionId), Error> {
        let ResourceRequest { method, url, headers, body, max_response_bytes } = &call.request;
        let body = if body.is_empty() { Body::Empty } else { Body::Bytes(body.clone().into()) };
        let (mut outgoing, interaction_id) = call.client.authorized(
            method.clone(),
            url.clone(),
            body,
            &call.access_token,
            mint,
            *max_response_bytes,
        )?;
        for (name, value) in headers {
            outgoing.headers.insert(name, value.clone());
        }
        Ok((outgoing, interaction_id))
    }

    fn read(
        _: ResourceCall,
        interaction_id: InteractionId,
        answer: &Answer<'_>,
    ) -> Result<Self, Error> {
        if !answer.status.is_success() {
            return Err(not_a_success(answer));
        }
        answer.check_size()?;
        answer.check_not_encoded()?;
        Ok(Self {
            status: answer.status,
            content_type: answer.text(&CONTENT_TYPE).map(str::to_owned),
            notices: interaction_id.compare(answer).into_iter().collect(),
            interaction_id: interaction_id.into_string(),
            body: answer.body.to_vec(),
            said: answer.said(),
            on_no_response: answer.on_no_response,
        })
    }
}

/// The successful response to a [`ResourceRequest`]. `Debug` does not print the customer's data.
pub struct ResourceAnswer {
    status: StatusCode,
    content_type: Option<String>,
    body: Vec<u8>,
    interaction_id: String,
    notices: Vec<Notice>,
    said: Said,
    on_no_response: NextStep,
}

impl ResourceAnswer {
    /// Returns the status, from 200 to 299. In FDX, 206 means a partial result.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Returns the body's bytes.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Reads the body as strict JSON.
    ///
    /// # Errors
    /// [`Error::Server`] with the rule that the body breaks.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let limits = Limits { members: MEMBERS, ..Limits::bytes(self.body.len()) };
        json::from_slice(&self.body, &limits).map_err(|error| {
            let rule = ServerRule::of_json(error.kind());
            Error::Server(Box::new(ServerFault::new(rule, self.said.clone(), self.on_no_response)))
        })
    }

    /// The `x-fapi-interaction-id` that was sent.
    #[must_use]
    pub fn interaction_id(&self) -> &str {
        &self.interaction_id
    }

    /// Returns the tolerated deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

impl fmt::Debug for ResourceAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceAnswer")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}
