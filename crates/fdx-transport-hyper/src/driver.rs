use core::fmt;
use std::sync::Arc;

use fdx_jose::Signer;
use fdx_store::procedure::{Sending, Step};
use tokio::time::sleep;
use zeroize::Zeroizing;

use crate::{Clock, Store, Transport};

/// Runs the procedures of `fdx-store` for one institution: signs, sends, stores and waits. It decides
/// nothing. A clone is cheap.
///
/// A future of it can be dropped at any time. The store is then in a state that `fdx-store`
/// documents, and no transaction is open. The connection of a request without a response is closed.
///
/// The signer runs on the calling task and should not block for long. For keys in a remote service,
/// handle [`Step::Sign`] in a loop around [`advance`](Self::advance).
///
/// ```
/// use fdx_jose::Signer;
/// use fdx_par::AuthorizationRequest;
/// use fdx_store::procedure::{Consents, Started};
/// use fdx_store_sqlite::SqliteStore;
/// use fdx_transport_hyper::{BlockingStore, Driver, Transport, system_now};
/// use fdx_wire::Entropy;
///
/// async fn begin(
///     consents: &Consents,
///     request: &AuthorizationRequest,
///     transport: Transport,
///     keys: impl Signer + Send + Sync + 'static,
///     entropy: Entropy,
/// ) -> Result<Started, Box<dyn std::error::Error>> {
///     let store = BlockingStore::new(SqliteStore::open("consents.db")?);
///     let driver = Driver::new(transport, keys, store);
///     Ok(driver.run(consents.begin("customer-17", request, entropy, system_now())).await)
/// }
/// ```
#[derive(Clone)]
pub struct Driver<S> {
    transport: Transport,
    signer: Arc<dyn Signer + Send + Sync>,
    store: S,
    clock: Clock,
}

impl<S> Driver<S> {
    /// A driver with the system's clock.
    pub fn new(
        transport: Transport,
        signer: impl Signer + Send + Sync + 'static,
        store: S,
    ) -> Self {
        Self { transport, signer: Arc::new(signer), store, clock: Clock::default() }
    }

    /// Replaces the clock.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }
}

impl<S: Store> Driver<S> {
    /// Runs a procedure to its end.
    pub async fn run<T: Send + 'static>(&self, mut step: Step<T>) -> T {
        loop {
            step = match step {
                Step::Done(output) => return output,
                step => self.advance(step).await,
            };
        }
    }

    /// Takes one step, or all steps in the store that follow each other. A finished procedure stays as
    /// it is.
    pub async fn advance<T: Send + 'static>(&self, step: Step<T>) -> Step<T> {
        match step {
            Step::Sign(signing) => signing.sign(&*self.signer, self.clock.now()),
            Step::Send(sending) => self.send(sending).await,
            Step::Store(storing) => self.store.perform(storing, &self.clock).await,
            Step::Wait(waiting) => {
                sleep(waiting.until().since(self.clock.now())).await;
                waiting.resumed(self.clock.now())
            }
            Step::Done(_) => step,
        }
    }

    async fn send<T>(&self, sending: Sending<T>) -> Step<T> {
        let deadline = sending.deadline();
        let (request, awaiting) = match sending.start(self.clock.now()) {
            Ok(started) => started,
            Err(late) => return late,
        };
        let sent = match deadline {
            Some(deadline) => self.transport.send_by(request, deadline, &self.clock).await,
            None => self.transport.send(request).await,
        };
        let now = self.clock.now();
        match sent {
            Ok(response) => awaiting.received(response.map(Zeroizing::new), now),
            Err(error) if error.may_have_arrived() => awaiting.no_response(&error.to_string(), now),
            Err(error) => awaiting.not_sent(&error.to_string(), now),
        }
    }
}

impl<S> fmt::Debug for Driver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("transport", &self.transport).finish_non_exhaustive()
    }
}
