use fdx_rar::{ConsentGrant, ConsentStatus, GrantedDetails, OtherDetail, Timestamp};
use fdx_wire::json::{JsonValue, RawJson};

/// The place of a consent inside a provider's authorization details.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DetailConsent {
    /// The consent id, which the client generates.
    pub id: DetailText,
    /// The status, and its name for a consent in force.
    pub status: Option<(DetailText, &'static str)>,
    /// The expiration.
    pub expiration: Option<DetailText>,
}

impl DetailConsent {
    /// The granted consent. `None` if neither its status nor its expiration is reported.
    pub(crate) fn granted(&self, details: &GrantedDetails) -> Option<ConsentGrant> {
        // The id, the status and the expiration are of one detail.
        let detail = details.others().find(|detail| self.id.of_detail(detail).is_some())?;
        let status = self.status.and_then(|(place, active)| match place.of_detail(detail) {
            Some(status) if status.eq_ignore_ascii_case(active) => Some(ConsentStatus::Active),
            Some(status) => Some(ConsentStatus::parse(&status)),
            // Protective: a status that is no text is not that of a consent in force.
            None => place.values(detail).next().map(|_| ConsentStatus::parse("")),
        });
        let expiration = self.expiration.and_then(|place| place.of_detail(detail));
        let expiration = expiration.map(|text| Timestamp::parse(&text));
        if status.is_none() && expiration.is_none() {
            return None;
        }
        let grant = ConsentGrant::default();
        let grant = status.into_iter().fold(grant, ConsentGrant::with_status);
        Some(expiration.into_iter().fold(grant, ConsentGrant::with_expiration_time))
    }
}

/// The place of a text inside a provider's authorization details.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DetailText {
    /// The start of the detail's `type`. Details of other types are skipped. A type without its
    /// version covers every version.
    pub type_prefix: &'static str,
    /// The names of the members from the outermost to the text, one list for each form of the
    /// detail. The first that leads to a text counts.
    pub paths: &'static [&'static [&'static str]],
}

impl DetailText {
    /// Returns the text of the first detail that has it.
    pub(crate) fn find<'a>(
        &self,
        mut details: impl Iterator<Item = &'a OtherDetail>,
    ) -> Option<String> {
        details.find_map(|detail| self.of_detail(detail))
    }

    /// Returns the text in this detail.
    pub(crate) fn of_detail(&self, other: &OtherDetail) -> Option<String> {
        self.values(other).find_map(|value| match value {
            JsonValue::String(text) => Some(text),
            _ => None,
        })
    }

    /// The values at the paths, of any type.
    fn values(&self, other: &OtherDetail) -> impl Iterator<Item = JsonValue> {
        let is_of_type = other.detail_type().starts_with(self.type_prefix);
        self.paths.iter().filter(move |_| is_of_type).filter_map(move |path| {
            let (first, rest) = path.split_first()?;
            value(other.member(first)?, rest)
        })
    }
}

/// Follows `path` from `outermost` to a value.
fn value(outermost: &RawJson, path: &[&str]) -> Option<JsonValue> {
    let mut value = outermost.value().ok()?;
    for name in path {
        let JsonValue::Object(mut members) = value else { return None };
        value = members.remove(*name)?;
    }
    Some(value)
}
