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
        let text = |place: DetailText| place.find(details.others());
        let status = self.status.and_then(|(place, active)| {
            let status = text(place)?;
            let is_active = status.eq_ignore_ascii_case(active);
            Some(if is_active { ConsentStatus::Active } else { ConsentStatus::parse(&status) })
        });
        let expiration = self.expiration.and_then(text).map(|text| Timestamp::parse(&text));
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
        if !other.detail_type().starts_with(self.type_prefix) {
            return None;
        }
        self.paths.iter().find_map(|path| {
            let (first, rest) = path.split_first()?;
            text(other.member(first)?, rest)
        })
    }
}

/// Follows `path` from `outermost` to a text.
fn text(outermost: &RawJson, path: &[&str]) -> Option<String> {
    let mut value = outermost.value().ok()?;
    for name in path {
        let JsonValue::Object(mut members) = value else { return None };
        value = members.remove(*name)?;
    }
    match value {
        JsonValue::String(text) => Some(text),
        _ => None,
    }
}
