use core::fmt;

use fdx_wire::Secret;

use super::Tokens;
use super::response::Issued;
use crate::encrypted::Keeps;
use crate::pending::{Flow, FlowId};

/// Tokens that came, and are not yet looked into. Persist [`Exchanged::stored`] now; then
/// [`Client::verify`](crate::Client::verify).
#[must_use = "persist what is stored, then verify"]
pub struct Exchanged {
    pub(crate) issued: Issued,
    pub(crate) flow: Box<Flow>,
}

impl Exchanged {
    /// The tokens.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.issued.tokens
    }

    /// The flow that they belong to.
    #[must_use]
    pub fn flow_id(&self) -> &FlowId {
        &self.flow.id
    }
}

impl Keeps for Exchanged {
    fn take(&mut self, signed: Secret) {
        self.issued.opened = Some(signed);
    }
}

impl fmt::Debug for Exchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanged")
            .field("flow_id", &self.flow.id)
            .field("tokens", &self.issued.tokens)
            .finish_non_exhaustive()
    }
}
