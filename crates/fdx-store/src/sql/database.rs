use super::operation::{Action, Failure};
use super::statement::Rows;

/// One connection to a database, which performs the actions of operations and decides nothing.
pub trait Database {
    /// Performs an action. Returns one [`Rows`] for each statement of [`Action::Run`], none for the
    /// other actions.
    ///
    /// # Errors
    /// [`Failure::Restart`] if the transaction has to be repeated. Otherwise another [`Failure`].
    fn perform(&mut self, action: &Action) -> Result<Vec<Rows>, Failure>;
}
