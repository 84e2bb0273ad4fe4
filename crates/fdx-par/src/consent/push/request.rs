use core::fmt;
use std::sync::Arc;

use fdx_rar::{AuthorizationDetails, ConsentRequest, Requested, Scopes};
use fdx_wire::json::{Limits, RawJson};
use fdx_wire::{HttpsUrl, json};

use crate::consent::push::parameters::Parameters;
use crate::discovery::metadata::ServerMetadata;
use crate::discovery::reserved::is_reserved;
use crate::error::caller::{CallFault, ParameterFault};
use crate::error::error::Error;
use crate::error::notice::Notice;

/// The parameters of an authorization request that do not depend on the client.
///
/// ```
/// use fdx_par::AuthorizationRequest;
/// use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
///
/// let consent = ConsentRequest::new(ConsentDuration::OneTime)
///     .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
///     .build()?;
/// let request = AuthorizationRequest::new(consent).openid().offline_access().max_age(300);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct AuthorizationRequest {
    /// Shared with each draft and its pending flow.
    pub(super) requested: Arc<Requested>,
    openid: bool,
    offline_access: bool,
    pub(super) max_age: Option<u64>,
    pub(super) acr_values: Option<String>,
    options: Vec<(&'static str, String)>,
    extras: Vec<(String, Extra)>,
}

/// Omits the options and the other parameters: personal data, such as `login_hint`.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("requested", &self.requested)
            .field("openid", &self.openid)
            .field("offline_access", &self.offline_access)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum Extra {
    Json(RawJson),
    Text(String),
}

const MAX_TEXT: usize = 2048;
/// For values that the caller defines. RFC 9126 section 1: a pushed request has no limit of a URL.
const MAX_EXTRA: usize = 64 * 1024;
/// Parameters that are JSON objects by their specification. RFC 9101 section 4: a request object has
/// each as JSON.
const JSON_OBJECTS: &[&str] = &[
    // OpenID Connect Core 5.5 and 7.2.1.
    "claims",
    "registration",
    // OpenID for Verifiable Presentations 5.1.
    "client_metadata",
    "dcql_query",
    "presentation_definition",
];

impl AuthorizationRequest {
    /// Requests this consent, with exactly the scopes that follow from it.
    pub fn new(consent: ConsentRequest) -> Self {
        Self::of(consent.into())
    }

    /// Requests authorization details of another type than FDX's, with these scopes.
    pub fn of_details(details: AuthorizationDetails, scopes: Scopes) -> Self {
        Self::of(Requested::Details(details, scopes))
    }

    /// Requests scopes only, for an institution without authorization details.
    pub fn of_scopes(scopes: Scopes) -> Self {
        Self::of(Requested::Scopes(scopes))
    }

    fn of(requested: Requested) -> Self {
        Self {
            requested: Arc::new(requested),
            openid: false,
            offline_access: false,
            max_age: None,
            acr_values: None,
            options: Vec::new(),
            extras: Vec::new(),
        }
    }

    /// Requests an ID token as well (OpenID Connect Core 3.1.2.1).
    pub fn openid(mut self) -> Self {
        self.openid = true;
        self
    }

    /// Requests a refresh token as well (OpenID Connect Core 11). With `openid`, and unless
    /// [`AuthorizationRequest::prompt`] is set, the request has `prompt=consent`, which section 11
    /// requires.
    pub fn offline_access(mut self) -> Self {
        self.offline_access = true;
        self
    }

    /// `max_age`, in seconds: the largest age of the customer's login. The ID token must then have
    /// `auth_time`.
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// `resource` (RFC 8707), once for each call.
    pub fn resource(mut self, resource: &HttpsUrl) -> Self {
        self.options.push(("resource", resource.as_str().to_owned()));
        self
    }

    /// `acr_values`: authentication context classes, separated by spaces, of which one
    /// suffices.
    ///
    /// # Errors
    /// [`Error::Parameter`] with [`CallFault::ParameterText`].
    pub fn acr_values(mut self, values: &str) -> Result<Self, Error> {
        self.acr_values = Some(text("acr_values", values, MAX_TEXT)?);
        Ok(self)
    }

    /// `prompt`, such as `login` or `consent`.
    ///
    /// # Errors
    /// [`Error::Parameter`] with [`CallFault::ParameterText`].
    pub fn prompt(self, prompt: &str) -> Result<Self, Error> {
        self.option("prompt", prompt)
    }

    /// `login_hint`: the identifier that the customer probably logs in with.
    ///
    /// # Errors
    /// [`Error::Parameter`] with [`CallFault::ParameterText`].
    pub fn login_hint(self, hint: &str) -> Result<Self, Error> {
        self.option("login_hint", hint)
    }

    /// `ui_locales`: languages that the customer reads, separated by spaces.
    ///
    /// # Errors
    /// [`Error::Parameter`] with [`CallFault::ParameterText`].
    pub fn ui_locales(self, locales: &str) -> Result<Self, Error> {
        self.option("ui_locales", locales)
    }

    /// A parameter that this crate does not know, with a text of at most 64 KiB. Parameters that are
    /// JSON objects by their specification, such as `claims`, are read as JSON: see
    /// [`AuthorizationRequest::extra_json`].
    ///
    /// # Errors
    /// [`Error::Parameter`] with [`CallFault::ExtraReserved`] for a name that the protocol uses, or for
    /// a repeated name, [`CallFault::ParameterText`], or [`CallFault::ParameterJson`].
    pub fn extra(self, name: &str, value: &str) -> Result<Self, Error> {
        if JSON_OBJECTS.contains(&name) {
            return self.with_extra(name, || json_of(name, value, &["{"]));
        }
        self.with_extra(name, || text(name, value, MAX_EXTRA).map(Extra::Text))
    }

    /// A parameter whose value is a JSON object or array of at most 64 KiB. A form has its text, a
    /// request object the JSON itself (RFC 9101 section 4).
    ///
    /// # Errors
    /// [`Error::Parameter`] with [`CallFault::ExtraReserved`] as for [`AuthorizationRequest::extra`], or
    /// with [`CallFault::ParameterJson`] for any other value.
    pub fn extra_json(self, name: &str, json: &str) -> Result<Self, Error> {
        self.with_extra(name, || json_of(name, json, &["{", "["]))
    }

    fn with_extra(
        mut self,
        name: &str,
        value: impl FnOnce() -> Result<Extra, Error>,
    ) -> Result<Self, Error> {
        // No value is right for a parameter of the protocol, so the name is checked first.
        if self.has_extra(name) || is_reserved(name) {
            return Err(ParameterFault::new(CallFault::ExtraReserved, name).into());
        }
        self.extras.push((text(name, name, MAX_TEXT)?, value()?));
        Ok(self)
    }

    /// The requested access.
    #[must_use]
    pub fn requested(&self) -> &Requested {
        &self.requested
    }

    fn option(mut self, name: &'static str, value: &str) -> Result<Self, Error> {
        let value = text(name, value, MAX_TEXT)?;
        self.options.retain(|(known, _)| *known != name);
        self.options.push((name, value));
        Ok(self)
    }

    /// Whether [`AuthorizationRequest::extra`] has set a parameter of this name.
    pub(crate) fn has_extra(&self, name: &str) -> bool {
        self.extras.iter().any(|(extra, _)| extra == name)
    }

    /// The scopes to request, and a notice for each that the server does not list.
    pub(super) fn scopes(&self, metadata: &ServerMetadata) -> (Scopes, Vec<Notice>) {
        let mut scopes = self.requested.scopes();
        let mut notices = Vec::new();
        for (wanted, scope, notice) in [
            (self.openid, "openid", Notice::OpenidNotListed),
            (self.offline_access, "offline_access", Notice::OfflineAccessNotListed),
        ] {
            if wanted && (!metadata.may_ask_for(scope) || scopes.insert(scope).is_err()) {
                notices.push(notice);
            }
        }
        (scopes, notices)
    }

    /// Writes the options. `scopes` are the requested scopes.
    pub(super) fn write_options<'a>(&'a self, scopes: &Scopes, parameters: &mut Parameters<'a>) {
        if let Some(seconds) = self.max_age {
            parameters.number("max_age", seconds);
        }
        if let Some(values) = &self.acr_values {
            parameters.text("acr_values", values);
        }
        for (name, value) in &self.options {
            parameters.text(name, value);
        }
        // OpenID Connect Core 11: without it, a server may ignore offline_access.
        let is_offline = scopes.contains("openid") && scopes.contains("offline_access");
        if is_offline && !self.options.iter().any(|(name, _)| *name == "prompt") {
            parameters.text("prompt", "consent");
        }
        for (name, value) in &self.extras {
            match value {
                Extra::Json(object) => parameters.json(name, object.clone()),
                Extra::Text(text) => parameters.text(name, text),
            };
        }
    }
}

/// Reads JSON that begins with one of these.
fn json_of(name: &str, text: &str, beginnings: &[&str]) -> Result<Extra, Error> {
    let json: Result<RawJson, _> = json::from_slice(text.as_bytes(), &Limits::bytes(MAX_EXTRA));
    let is_of_this_kind =
        |json: &RawJson| beginnings.iter().any(|it| json.as_str().starts_with(it));
    match json.ok().filter(is_of_this_kind) {
        Some(json) => Ok(Extra::Json(json)),
        None => Err(ParameterFault::new(CallFault::ParameterJson, name).into()),
    }
}

/// Checks the value of a parameter, of at most `longest` bytes.
fn text(name: &str, value: &str, longest: usize) -> Result<String, Error> {
    if value.is_empty() || value.len() > longest || value.chars().any(char::is_control) {
        let fault = ParameterFault::new(CallFault::ParameterText, name);
        return Err(ParameterFault { limit: Some(longest), ..fault }.into());
    }
    Ok(value.to_owned())
}
