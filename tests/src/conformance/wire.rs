use fdx_par::{ClientConfig, Draft, Output};
use fdx_sandbox::Sandbox;
use fdx_wire::{Entropy, UnixTime};

use super::Stop;

/// What a flow is carried over.
#[allow(async_fn_in_trait, reason = "nobody sends these futures anywhere")]
pub trait Wire {
    /// Drives an exchange to its end.
    ///
    /// # Errors
    /// What it ends in.
    async fn run<T: Output>(&mut self, draft: Draft<T>) -> Result<T, Stop>;

    /// Speaks to the institution as its customer or its operator does.
    fn bank<R>(&mut self, ask: impl FnOnce(&mut Sandbox) -> R) -> R;

    /// The recipient's configuration.
    fn config(&self) -> ClientConfig;

    /// Entropy that was not drawn before.
    fn draw(&mut self) -> Entropy;

    /// The time.
    fn now(&self) -> UnixTime;
}
