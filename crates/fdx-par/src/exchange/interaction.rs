use crate::error::caller::CallFault;
use crate::error::notice::Notice;
use crate::exchange::answer::Answer;
use crate::exchange::mint::{INTERACTION_ID, Mint};
use crate::exchange::outgoing::Outgoing;

/// The `x-fapi-interaction-id` of a request, kept until the response.
pub struct InteractionId(String);

impl InteractionId {
    /// Mints an id and adds it to a request.
    ///
    /// # Errors
    /// As [`Outgoing::header`].
    pub(crate) fn send(outgoing: &mut Outgoing, mint: &Mint<'_>) -> Result<Self, CallFault> {
        let id = mint.interaction_id();
        outgoing.header(INTERACTION_ID, &id)?;
        Ok(Self(id))
    }

    /// Compares the id with that of the response. A difference is a notice and never an error: some
    /// servers send no id or one of their own.
    pub(crate) fn compare(&self, answer: &Answer<'_>) -> Option<Notice> {
        match answer.text(&INTERACTION_ID) {
            Some(echoed) if echoed.eq_ignore_ascii_case(&self.0) => None,
            Some(_) => Some(Notice::InteractionIdOther),
            None => Some(Notice::InteractionIdMissing),
        }
    }

    /// The text, which results report.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}
