//! Plays the customer, for tests and the demo.
//!
//! A [`ConsentPage`] is read from the institution's response; a [`Decision`] fills in its form.

use fdx_rar::{DataCluster, ResourceType};
use fdx_wire::HttpsUrl;
use fdx_wire::form::Form;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, Uri};

/// A consent page: its form and its offers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentPage {
    action: Uri,
    interaction: String,
    offers: Vec<Offer>,
}

/// A data cluster of one resource, which the customer can grant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Offer {
    /// Account or customer.
    pub resource_type: ResourceType,
    /// The account's or the customer's id.
    pub resource_id: String,
    /// The data cluster.
    pub cluster: DataCluster,
}

/// The customer's decision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision(Kind);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Kind {
    Chosen(Vec<Offer>),
    Everything,
    LessThanRequested,
    Refused,
}

/// The error of a decision that can't be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The response is not a consent page. The institution may have refused the request.
    #[error("the response is not a consent page")]
    NotAConsentPage,
    /// The decision grants something that the page does not offer.
    #[error("the decision grants something that the page does not offer")]
    NotOffered,
}

/// The request with which a browser loads `url`.
#[must_use]
pub fn visit(url: &HttpsUrl) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    // Every HttpsUrl is a URI.
    *request.uri_mut() = url.as_str().parse().unwrap_or_default();
    request
}

impl ConsentPage {
    /// Reads the page from a response.
    ///
    /// # Errors
    /// [`PageError::NotAConsentPage`].
    pub fn read(response: &Response<Vec<u8>>) -> Result<Self, PageError> {
        Self::find(response.body()).ok_or(PageError::NotAConsentPage)
    }

    /// Everything that the customer could grant, resource by resource.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// Returns the request that sends the form.
    ///
    /// # Errors
    /// [`PageError::NotOffered`].
    pub fn decide(&self, decision: &Decision) -> Result<Request<Vec<u8>>, PageError> {
        let chosen = match &decision.0 {
            Kind::Chosen(chosen) => chosen.clone(),
            Kind::Everything => self.offers.clone(),
            Kind::LessThanRequested => self.less_than_requested(),
            Kind::Refused => Vec::new(),
        };
        if !chosen.iter().all(|offer| self.offers.contains(offer)) {
            return Err(PageError::NotOffered);
        }
        let mut form = Form::new();
        form.pair("interaction", &self.interaction);
        for offer in &chosen {
            form.pair(&offer.field(), "on");
        }
        let refused = decision.0 == Kind::Refused;
        form.pair("decision", if refused { "refuse" } else { "allow" });

        let mut request = Request::new(form.as_str().into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.action.clone();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form_type);
        Ok(request)
    }

    fn find(body: &[u8]) -> Option<Self> {
        let html = str::from_utf8(body).ok()?;
        let action = attributes(html, "<form method=\"post\" action=\"").next()?;
        let interaction = attributes(html, "name=\"interaction\" value=\"").next()?;
        let offers = attributes(html, "type=\"checkbox\" name=\"").filter_map(|field| {
            let (resource_type, rest) = field.split_once('/')?;
            let (resource_id, cluster) = rest.rsplit_once('/')?;
            Some(Offer {
                resource_type: ResourceType::parse(resource_type),
                resource_id: resource_id.to_owned(),
                cluster: DataCluster::parse(cluster),
            })
        });
        Some(Self { action: action.parse().ok()?, interaction, offers: offers.collect() })
    }

    /// The offers of the first account and the customer, without one pair of resource type and
    /// cluster: the account's last one, or else the last of all. A single pair stays.
    fn less_than_requested(&self) -> Vec<Offer> {
        let first = |offer: &&Offer| offer.resource_type == ResourceType::Account;
        let account = self.offers.iter().find(first).map(|offer| &offer.resource_id);
        let mut kept: Vec<_> = self
            .offers
            .iter()
            .filter(|offer| !first(offer) || Some(&offer.resource_id) == account)
            .cloned()
            .collect();
        let accounts = kept.iter().filter(first).count();
        if accounts > 1 {
            // Accounts come first.
            kept.remove(accounts - 1);
        } else if kept.len() > 1 {
            kept.pop();
        }
        kept
    }
}

impl Decision {
    /// Shares the resources named by later calls. Without such a call, the page is shown again.
    #[must_use]
    pub fn allow() -> Self {
        Self(Kind::Chosen(Vec::new()))
    }

    /// Shares everything on the page.
    #[must_use]
    pub fn everything() -> Self {
        Self(Kind::Everything)
    }

    /// Shares only the first account, and one data cluster fewer than requested if there are
    /// several.
    #[must_use]
    pub fn less_than_requested() -> Self {
        Self(Kind::LessThanRequested)
    }

    /// Shares nothing.
    #[must_use]
    pub fn refuse() -> Self {
        Self(Kind::Refused)
    }

    /// Adds clusters of one account.
    #[must_use]
    pub fn account(
        self,
        account_id: &str,
        clusters: impl IntoIterator<Item = DataCluster>,
    ) -> Self {
        self.resource(&ResourceType::Account, account_id, clusters)
    }

    /// Adds clusters about the customer.
    #[must_use]
    pub fn customer(
        self,
        customer_id: &str,
        clusters: impl IntoIterator<Item = DataCluster>,
    ) -> Self {
        self.resource(&ResourceType::Customer, customer_id, clusters)
    }

    fn resource(
        self,
        resource_type: &ResourceType,
        resource_id: &str,
        clusters: impl IntoIterator<Item = DataCluster>,
    ) -> Self {
        let mut chosen = match self.0 {
            Kind::Chosen(chosen) => chosen,
            _ => Vec::new(),
        };
        chosen.extend(clusters.into_iter().map(|cluster| Offer {
            resource_type: resource_type.clone(),
            resource_id: resource_id.to_owned(),
            cluster,
        }));
        Self(Kind::Chosen(chosen))
    }
}

impl Offer {
    fn field(&self) -> String {
        let Self { resource_type, resource_id, cluster } = self;
        format!("{resource_type}/{resource_id}/{cluster}")
    }
}

/// Returns the unescaped values of the attribute at the end of `prefix`, in their order.
fn attributes<'h>(html: &'h str, prefix: &'h str) -> impl Iterator<Item = String> + 'h {
    html.split(prefix).skip(1).filter_map(|rest| rest.split('"').next()).map(|escaped| {
        escaped
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&")
    })
}
