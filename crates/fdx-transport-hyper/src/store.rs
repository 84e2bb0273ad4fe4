use core::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;

use fdx_store::Database;
use fdx_store::procedure::{Step, Storing};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::Clock;

/// A database in which a [`Driver`](crate::Driver) performs the actions of procedures. Several
/// procedures use it at once.
///
/// # Example
/// A database whose client is asynchronous. A dropped future drops its connection, which the pool
/// must not use again: a transaction may be open.
///
/// ```
/// # use fdx_store::{Action, Failure, Rows};
/// use fdx_store::procedure::{Step, Storing};
/// use fdx_transport_hyper::{Clock, Store};
///
/// # struct Pool;
/// # struct Connection;
/// # impl Pool {
/// #     async fn connection(&self) -> Result<Connection, Failure> { Ok(Connection) }
/// #     fn put_back(&self, _: Connection) {}
/// # }
/// # impl Connection {
/// #     async fn perform(&mut self, _: &Action) -> Result<Vec<Rows>, Failure> { Ok(Vec::new()) }
/// # }
/// impl Store for Pool {
///     async fn perform<T: Send + 'static>(&self, storing: Storing<T>, clock: &Clock) -> Step<T> {
///         let mut connection = match self.connection().await {
///             Ok(connection) => connection,
///             Err(failure) => return storing.answered(Err(failure), clock.now()),
///         };
///         let mut step = Step::Store(storing);
///         while let Step::Store(storing) = step {
///             let result = connection.perform(storing.action()).await;
///             step = storing.answered(result, clock.now());
///         }
///         self.put_back(connection);
///         step
///     }
/// }
/// ```
pub trait Store {
    /// Performs this action, and those that follow at once, on one connection. Returns the first step
    /// of another kind. If the future is dropped, its transaction is completed or rolled back.
    fn perform<T: Send + 'static>(
        &self,
        storing: Storing<T>,
        clock: &Clock,
    ) -> impl Future<Output = Step<T>> + Send;
}

/// A connection to a database whose calls block, such as SQLite. They run on tokio's threads for
/// blocking calls, one procedure after the other. A clone is cheap, and shares the connection.
pub struct BlockingStore<D>(Arc<Mutex<D>>);

impl<D> BlockingStore<D> {
    /// The store behind this connection.
    pub fn new(database: D) -> Self {
        Self(Arc::new(Mutex::new(database)))
    }
}

impl<D: Database + Send + 'static> Store for BlockingStore<D> {
    async fn perform<T: Send + 'static>(&self, storing: Storing<T>, clock: &Clock) -> Step<T> {
        let mut database = Arc::clone(&self.0).lock_owned().await;
        let clock = clock.clone();
        // A thread does not end with the future that waits for it: no transaction stays open.
        let thread = spawn_blocking(move || storing.perform(&mut *database, || clock.now()));
        match thread.await {
            Ok(step) => step,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime has shut down. No future of it runs any more.
                Err(_) => core::future::pending().await,
            },
        }
    }
}

impl<D> Clone for BlockingStore<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<D> fmt::Debug for BlockingStore<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingStore").finish_non_exhaustive()
    }
}
