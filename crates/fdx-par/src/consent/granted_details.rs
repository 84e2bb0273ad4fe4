use fdx_rar::{
    ConsentGrant, ConsentId, ConsentStatus, GrantSource, GrantedAccess, GrantedDetails, Requested,
};
use fdx_wire::members::MemberFault;

use crate::dialect::detail_text::DetailConsent;
use crate::dialect::profile::Profile;
use crate::error::notice::Notice;
use crate::error::server::{Broken, CONSENT_GRANT};
use crate::tokens::issued::{agree, reported_consent_id};

/// How the dialect reads granted details: of token responses, refreshes and introspection.
#[derive(Clone, Copy)]
pub(crate) struct DetailsReader {
    /// The consent in a provider's own details.
    place: Option<&'static DetailConsent>,
    /// The details repeat the request, and say nothing about the grant.
    repeat_the_request: bool,
}

const KNOWN_ID: &str = "the known consent id";

impl DetailsReader {
    pub(crate) fn of(profile: &Profile) -> Self {
        let (place, repeat_the_request) =
            (profile.consent_id_in_details, profile.details_repeat_the_request);
        Self { place, repeat_the_request }
    }

    /// Checks the id and the status of each consent. FDX consents in details usually have neither.
    ///
    /// # Errors
    /// [`ServerRule::BodyMember`] for an `id` or a `status` of FDX that can't be understood,
    /// [`ServerRule::ConsentIdConflict`] for another consent than the known one,
    /// [`ServerRule::ConsentInactive`] for one that is not active.
    pub(crate) fn check(
        &self,
        details: &GrantedDetails,
        consent_id: &mut Option<ConsentId>,
    ) -> Result<(), Broken> {
        if self.repeat_the_request {
            return Ok(());
        }
        if let Some(fault) = details.fault() {
            return Err(fault.into());
        }
        // A provider's own details, like FDX's, may be several: no first one hides another.
        if let Some(place) = self.place {
            for id in place.id.all(details) {
                if let Some(id) = reported_consent_id(id).into_text() {
                    let member = place.id.fault(KNOWN_ID);
                    agree(consent_id, &id).map_err(|rule| Broken::member(rule, member))?;
                }
            }
            place.check_status(details)?;
        }
        for consent in details.consents() {
            if let Some(id) = consent.id() {
                let member = MemberFault::other("id", KNOWN_ID, CONSENT_GRANT);
                agree(consent_id, id.as_str()).map_err(|rule| Broken::member(rule, member))?;
            }
            if let Some(status) = consent.status().filter(|it| **it != ConsentStatus::Active) {
                return Err(Broken::inactive_grant(status));
            }
        }
        Ok(())
    }

    /// Adds what the details report.
    pub(crate) fn add(
        &self,
        access: GrantedAccess,
        source: &GrantSource,
        details: &GrantedDetails,
    ) -> GrantedAccess {
        if self.repeat_the_request {
            return access;
        }
        let access = access.details(source.clone(), details);
        let placed = self.placed(details).into_iter();
        placed.fold(access, |access, grant| access.report(source.clone(), grant))
    }

    /// Adds details that can't be understood as a whole.
    pub(crate) fn add_unread(&self, access: GrantedAccess, source: GrantSource) -> GrantedAccess {
        match self.repeat_the_request {
            true => access,
            false => access.unread_details(source),
        }
    }

    /// The notices of other terms than requested, and of an expiration in a provider's own details
    /// that can't be understood. The reader of a response has those of other members.
    pub(crate) fn notices(
        &self,
        requested: &Requested,
        details: &GrantedDetails,
    ) -> impl Iterator<Item = Notice> {
        let is_source = !self.repeat_the_request;
        let forms = self.place.map_or_else(Vec::new, DetailConsent::forms);
        let differs = is_source && requested.differs_from(details, &forms);
        let not_understood = self.place.and_then(|place| place.not_understood(details));
        let not_understood = not_understood.filter(|_| is_source).map(Notice::NotUnderstood);
        differs.then_some(Notice::GrantedTermsOther).into_iter().chain(not_understood)
    }

    /// The consents in a provider's own details, with their status and their expiration.
    fn placed(&self, details: &GrantedDetails) -> Vec<ConsentGrant> {
        self.place.map_or_else(Vec::new, |place| place.granted(details))
    }
}
