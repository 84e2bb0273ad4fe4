use fdx_par::{ClientConfig, Draft, Output};
use fdx_sandbox::Sandbox;
use fdx_wire::{Entropy, UnixTime};

use super::Stop;

/// The connection of a flow to the institution.
#[allow(async_fn_in_trait, reason = "no caller moves these futures between threads")]
pub trait Wire {
    /// Drives an exchange to its end.
    ///
    /// # Errors
    /// The exchange's error.
    async fn run<T: Output>(&mut self, draft: Draft<T>) -> Result<T, Stop>;

    /// Sends the institution a request of its customer or its operator.
    fn bank<R>(&mut self, ask: impl FnOnce(&mut Sandbox) -> R) -> R;

    /// The recipient's configuration.
    fn config(&self) -> ClientConfig;

    /// Returns entropy that was not drawn before.
    fn draw(&mut self) -> Entropy;

    /// Returns the time.
    fn now(&self) -> UnixTime;
}
