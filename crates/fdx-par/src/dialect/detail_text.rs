use fdx_rar::{ConsentGrant, ConsentStatus, GrantedDetails, OtherDetail, Timestamp};
use fdx_wire::json::RawJson;
use fdx_wire::members::{Excerpt, MemberFault, Value};

use crate::error::server::Broken;

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
    /// The granted consents: each expiration of each detail, and its status. An absent one, or a
    /// detail with neither, adds none.
    pub(crate) fn granted(&self, details: &GrantedDetails) -> Vec<ConsentGrant> {
        let statuses = self.status.into_iter().flat_map(|(place, active)| {
            place.all(details).map(move |value| match value.to_text() {
                Some(status) if status.eq_ignore_ascii_case(active) => ConsentStatus::Active,
                Some(status) => ConsentStatus::parse(&status),
                None => ConsentStatus::parse(""),
            })
        });
        let ends = self.expiration.into_iter().flat_map(|place| {
            let values = place.all(details).filter(|value| !value.is_empty());
            // A value that is no text is an end too, which can't be understood.
            values.map(|value| match value.to_text() {
                Some(text) => Timestamp::parse(&text),
                None => Timestamp::parse(Excerpt::of(value.as_str()).as_str()),
            })
        });
        let statuses = statuses.map(|status| ConsentGrant::default().with_status(status));
        let ends = ends.map(|end| ConsentGrant::default().with_expiration_time(end));
        statuses.chain(ends).collect()
    }

    /// Checks each status of each detail.
    ///
    /// # Errors
    /// [`ServerRule::ConsentInactive`](crate::ServerRule::ConsentInactive).
    pub(crate) fn check_status(&self, details: &GrantedDetails) -> Result<(), Broken> {
        let Some((place, active)) = self.status else { return Ok(()) };
        // Protective: a status that is no text, such as `null`, is not that of a consent in force.
        let is_active = |value: &Value<'_>| {
            value.to_text().is_some_and(|status| status.eq_ignore_ascii_case(active))
        };
        match place.all(details).find(|value| !is_active(value)) {
            Some(value) => {
                let status = value.to_text();
                let status = status.as_deref().unwrap_or(value.as_str());
                Err(Broken::inactive(place.fault(active), status))
            }
            None => Ok(()),
        }
    }

    /// The places of the consent's members, one for each form.
    pub(crate) fn forms(&self) -> Vec<&'static [&'static str]> {
        self.id.paths.iter().filter_map(|path| Some(path.split_last()?.1)).collect()
    }

    /// The member of an expiration that can't be understood.
    pub(crate) fn not_understood(&self, details: &GrantedDetails) -> Option<&'static str> {
        let grants = self.granted(details);
        let mut ends = grants.iter().filter_map(ConsentGrant::expiration_time);
        ends.any(|end| end.time().is_none() && !end.has_no_end())
            .then(|| self.expiration?.paths.first()?.last().copied())
            .flatten()
    }
}

/// The place of a text inside a provider's authorization details.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DetailText {
    /// The start of the detail's `type`. Details of other types are skipped. A type without its
    /// version covers every version.
    pub type_prefix: &'static str,
    /// The names of the members from the outermost to the text, one list for each form of the
    /// detail. A check looks at the values at all of them.
    pub paths: &'static [&'static [&'static str]],
    /// The clause that defines the member.
    pub clause: &'static str,
}

impl DetailText {
    /// The fault of another value than `expected`.
    pub(crate) fn fault(&self, expected: &'static str) -> MemberFault {
        let name = self.paths.first().and_then(|path| path.last()).copied().unwrap_or_default();
        MemberFault::other(name, expected, self.clause)
    }

    /// Returns the text of the first detail that has it.
    pub(crate) fn find<'a>(
        &self,
        mut details: impl Iterator<Item = &'a OtherDetail>,
    ) -> Option<String> {
        details.find_map(|detail| self.of_detail(detail))
    }

    /// Returns the text in this detail.
    pub(crate) fn of_detail(&self, other: &OtherDetail) -> Option<String> {
        self.values(other).find_map(Value::to_text)
    }

    /// The values of all details, at each path, `null` included.
    pub(crate) fn all<'a>(self, details: &'a GrantedDetails) -> impl Iterator<Item = Value<'a>> {
        details.others().flat_map(move |detail| self.values(detail))
    }

    /// The values at the paths, of any type.
    fn values<'a>(&self, other: &'a OtherDetail) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let is_of_type = other.detail_type().starts_with(self.type_prefix);
        self.paths.iter().filter(move |_| is_of_type).filter_map(move |path| {
            let (first, rest) = path.split_first()?;
            value(other.member(first)?, rest)
        })
    }
}

/// Follows `path` from `outermost` to a value.
fn value<'a>(outermost: &'a RawJson, path: &[&str]) -> Option<Value<'a>> {
    path.iter().try_fold(Value::of_raw(outermost).ok()?, |value, name| {
        let object = value.to_object()?;
        object.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    })
}
