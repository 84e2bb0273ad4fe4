use super::answer::Answer;
use super::mint::Mint;
use super::outgoing::Outgoing;
use crate::{Error, NextStep};

/// What an exchange ends in. Sealed: the exchanges of this crate are all there are.
pub trait Output: Exchange {}

impl<T: Exchange> Output for T {}

/// One interaction: what is asked, how it is written, how the answer is read.
pub trait Exchange: Sized + Send + Sync + 'static {
    /// What is asked, kept until the answer is read.
    type Ask: Send + Sync + 'static;

    /// What is safe when no answer comes.
    const UNHEARD: NextStep;

    /// The same for this ask, where it is not the same for all.
    fn unheard(_: &Self::Ask) -> NextStep {
        Self::UNHEARD
    }

    /// Writes the request of one attempt.
    fn write(ask: &Self::Ask, mint: &Mint<'_>) -> Result<Outgoing, Error>;

    /// Reads the answer to that attempt, whose minted values `mint` yields again.
    fn read(ask: Self::Ask, mint: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error>;
}
