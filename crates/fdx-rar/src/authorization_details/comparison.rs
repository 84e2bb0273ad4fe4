//! The terms of granted details that neither the coverage nor the expiration compares.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use fdx_wire::UnixTime;
use fdx_wire::json::JsonValue;

use super::{FDX_V1_0, GrantedDetails};
use crate::{ConsentGrant, ConsentRequest, DurationDays, Expiration, Requested, ResourceType};

impl Requested {
    /// Whether granted details have a type that was not requested, or another value for a requested
    /// member that no [`Coverage`](crate::Coverage) compares, such as the amount of a payment.
    ///
    /// A server may leave out members, and may add some (RFC 9396 section 7). `forms` are the places
    /// of the same members in the forms of a provider's own details: `consent.Data` of a response
    /// has the members that `consent` of a request has. The first form that a detail has counts.
    ///
    /// ```
    /// use fdx_rar::{AuthorizationDetails, GrantedDetails, Requested, Scopes};
    ///
    /// let payment = |amount| format!(r#"[{{"type":"payment","amount":{amount}}}]"#);
    /// let requested = AuthorizationDetails::parse(payment("10.99"))?;
    /// let requested = Requested::Details(requested, Scopes::new());
    /// assert!(!requested.differs_from(&GrantedDetails::parse(payment("10.990"))?, &[]));
    /// assert!(requested.differs_from(&GrantedDetails::parse(payment("1099"))?, &[]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn differs_from(&self, granted: &GrantedDetails, forms: &[&[&str]]) -> bool {
        let other_periods = |request: &ConsentRequest| {
            granted.consents().any(|consent| request.has_other_periods(consent))
        };
        if self.consent().is_some_and(other_periods) {
            return true;
        }
        let requested = self.authorization_details().map(|details| JsonValue::of(&details));
        let (Some(Ok(JsonValue::Array(requested))), Ok(JsonValue::Array(granted))) =
            (requested, granted.as_json().value())
        else {
            return false;
        };
        // An element without a readable type is not understood.
        let is_typed = |element: &&JsonValue| matches!(member(element, "type"), Some(JsonValue::String(name)) if !name.is_empty());
        let mut granted = granted.iter().filter(is_typed);
        !granted.all(|granted| requested.iter().any(|it| is_same_detail(it, granted, forms)))
    }
}

impl ConsentRequest {
    /// Whether a grant has another `durationType`, another `lookbackPeriod`, or a longer
    /// `durationPeriod`.
    #[must_use]
    pub fn has_other_periods(&self, grant: &ConsentGrant) -> bool {
        let duration_type = self.duration().duration_type();
        let lookback = self.lookback_period().zip(grant.lookback_period());
        let days = self.duration().days().map(DurationDays::as_days).or(self.duration_period());
        let period = days.zip(grant.duration_period());
        grant.duration_type().is_some_and(|granted| *granted != duration_type)
            || lookback.is_some_and(|(requested, granted)| requested != granted)
            || period.is_some_and(|(requested, granted)| requested < granted)
    }

    /// Whether a consent that was granted at `granted_at` and expires like this lasts longer than
    /// requested. A day begins at another time in another zone, so one more day counts as the same.
    #[must_use]
    pub fn is_outlasted_by(&self, expiration: Expiration, granted_at: UnixTime) -> bool {
        let Some(days) = self.duration().days() else { return false };
        let latest = granted_at + Duration::from_secs((u64::from(days.as_days()) + 1) * DAY);
        match expiration {
            Expiration::Stated(end) | Expiration::Derived(end) => end > latest,
            Expiration::NoEnd => true,
            Expiration::NotReported | Expiration::NotUnderstood => false,
        }
    }
}

const DAY: u64 = 24 * 60 * 60;

/// The members of a consent request that the coverage, the expiration or
/// [`ConsentRequest::has_other_periods`] compares.
const COMPARED: [&str; 4] = ["durationType", "durationPeriod", "lookbackPeriod", "resources"];
const COMPARED_OF_RESOURCE: [&str; 3] = ["resourceType", "resourceId", "dataClusters"];

fn is_same_detail(requested: &JsonValue, granted: &JsonValue, forms: &[&[&str]]) -> bool {
    let detail_type = member(granted, "type");
    if member(requested, "type") != detail_type {
        return false;
    }
    if matches!(detail_type, Some(JsonValue::String(name)) if name == FDX_V1_0) {
        let consents = member(requested, "consentRequest").zip(member(granted, "consentRequest"));
        return is_same_except(requested, granted, &["consentRequest"])
            && consents.is_none_or(|(requested, granted)| is_same_consent(requested, granted));
    }
    let formed = forms.iter().filter_map(|path| path.first().copied());
    let terms = form(requested, forms).zip(form(granted, forms));
    is_same_except(requested, granted, &formed.collect::<Vec<_>>())
        && terms.is_none_or(|(requested, granted)| is_same(requested, granted))
}

fn is_same_consent(requested: &JsonValue, granted: &JsonValue) -> bool {
    let resources = |consent| match member(consent, "resources") {
        Some(JsonValue::Array(resources)) => resources.as_slice(),
        _ => &[],
    };
    let is_same_resource = |granted: &JsonValue| {
        let kind = resource_type(granted);
        let of_type = resources(requested).iter().filter(|it| resource_type(it) == kind);
        let mut of_type = of_type.peekable();
        // A type that was not requested is part of the coverage.
        of_type.peek().is_none()
            || of_type.any(|it| is_same_except(it, granted, &COMPARED_OF_RESOURCE))
    };
    is_same_except(requested, granted, &COMPARED) && resources(granted).iter().all(is_same_resource)
}

fn resource_type(resource: &JsonValue) -> Option<ResourceType> {
    match member(resource, "resourceType") {
        Some(JsonValue::String(name)) => Some(ResourceType::parse(name)),
        _ => None,
    }
}

/// Whether each value that both have is the same. `null` and `""` count as absent.
fn is_same(requested: &JsonValue, granted: &JsonValue) -> bool {
    match (requested, granted) {
        (_, JsonValue::Null) => true,
        (_, JsonValue::String(text)) if text.is_empty() => true,
        (JsonValue::Object(_), JsonValue::Object(_)) => is_same_except(requested, granted, &[]),
        // The order of a list of permissions or accounts has no meaning.
        (JsonValue::Array(requested), JsonValue::Array(granted)) => {
            granted.iter().all(|it| requested.iter().any(|requested| is_same(requested, it)))
                && requested.iter().all(|it| granted.iter().any(|granted| is_same(it, granted)))
        }
        (JsonValue::String(requested), JsonValue::String(granted)) => {
            let times = [requested, granted].map(|text| UnixTime::parse_rfc3339(text).ok());
            requested == granted || matches!(times, [Some(one), Some(other)] if one == other)
        }
        (requested, granted) => requested == granted,
    }
}

fn is_same_except(requested: &JsonValue, granted: &JsonValue, except: &[&str]) -> bool {
    let mut compared = members(requested)
        .into_iter()
        .flatten()
        .filter(|(name, _)| !except.contains(&name.as_str()));
    compared.all(|(name, value)| member(granted, name).is_none_or(|it| is_same(value, it)))
}

/// The value at the first path that leads to one.
fn form<'a>(detail: &'a JsonValue, forms: &[&[&str]]) -> Option<&'a JsonValue> {
    forms.iter().find_map(|path| path.iter().try_fold(detail, |value, name| member(value, name)))
}

fn members(value: &JsonValue) -> Option<&BTreeMap<String, JsonValue>> {
    match value {
        JsonValue::Object(members) => Some(members),
        _ => None,
    }
}

fn member<'a>(value: &'a JsonValue, name: &str) -> Option<&'a JsonValue> {
    members(value)?.get(name)
}
