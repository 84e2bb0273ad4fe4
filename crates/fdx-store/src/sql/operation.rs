use core::fmt;

use super::statement::{Rows, Statement};

/// One transaction: a decision over rows, without a database.
///
/// [`Operation::start`] returns the first [`OperationStep`]. The driver performs each [`Action`] on
/// one connection and gives its result to [`Running::answered`]. An operation starts again by itself
/// after a [`Failure::Restart`], and is safe to repeat after a commit whose outcome is unknown.
///
/// ```
/// use fdx_store::{Action, Decision, Failure, OperationStep, Rows, StoreError};
///
/// // A driver: `perform` is what a database library does.
/// fn run<D: Decision>(
///     operation: fdx_store::Operation<D>,
///     mut perform: impl FnMut(&Action) -> Result<Vec<Rows>, Failure>,
/// ) -> Result<D::Output, StoreError> {
///     let mut step = operation.start();
///     loop {
///         step = match step {
///             OperationStep::Perform(running) => {
///                 let result = perform(running.action());
///                 running.answered(result)
///             }
///             OperationStep::Done(output) => return output,
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "an operation does nothing until a driver runs it"]
pub struct Operation<D> {
    decision: D,
    scope: Scope,
}

/// Who begins and ends the transaction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scope {
    /// The operation.
    Own,
    /// The caller, whose transaction this is.
    Callers,
}

/// What the driver has to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Action {
    /// Begin a transaction that writes: `BEGIN IMMEDIATE` in SQLite. A read that turns into a write
    /// next to another writer fails there at once.
    Begin,
    /// Run these statements in their order. They don't depend on each other's rows, so a driver may
    /// send all of them before it reads the first result.
    Run(Vec<Statement>),
    /// Commit.
    Commit,
    /// Roll back. Its result is ignored.
    RollBack,
}

/// What an operation does next.
#[must_use = "the operation waits for the result of its action"]
pub enum OperationStep<D: Decision> {
    /// Perform the action of the running operation.
    Perform(Running<D>),
    /// The operation is over.
    Done(Result<D::Output, StoreError>),
}

/// An operation that waits for the result of its [`Action`].
pub struct Running<D: Decision> {
    run: Run<D>,
    action: Action,
    state: State<D>,
}

/// One run of an operation, from its beginning.
struct Run<D: Decision> {
    /// The decision as it was before the transaction, to start again.
    initial: D,
    scope: Scope,
    /// How often the operation has started again.
    restarts: u32,
}

enum State<D: Decision> {
    Beginning,
    Deciding(D),
    Committing(D::Output),
    RollingBack(StoreError),
    /// Starts again after the rollback.
    Restarting,
}

/// Why an action has no result.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Failure {
    /// A serialization failure, a deadlock, a busy database, or a connection that ended during a
    /// commit: the transaction can be repeated, on a new connection if need be.
    #[error("the transaction must be repeated")]
    Restart,
    /// Another failure: see [`StoreError`]. The transaction can only be rolled back.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an operation has no output.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The transaction was repeated as often as it may be.
    #[error("the database is busy: the transaction failed to serialize again and again")]
    Busy,
    /// The caller's transaction must be repeated from its beginning.
    #[error("the surrounding transaction must be repeated from its beginning")]
    RestartTransaction,
    /// The database has no room.
    #[error("the database is full: {0}")]
    Full(String),
    /// The database can't be written.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// There is no database at this place, or it can't be opened or reached.
    #[error("the database can't be opened: {0}")]
    CannotOpen(String),
    /// The schema is not one that this version reads and writes, or the database is another program's.
    /// Nothing was written.
    #[error("the schema of the database does not fit: {0}")]
    Schema(String),
    /// The database engine lacks what a store needs.
    #[error("the database engine does not fit: {0}")]
    Engine(String),
    /// Reading or writing the disk failed. The outcome of a commit is unknown.
    #[error("the disk failed: {0}")]
    Disk(String),
    /// The database is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// A row has other columns or values than this version writes.
    #[error("the database returned rows that this version does not write")]
    UnexpectedRows,
    /// The database failed otherwise.
    #[error("the database failed: {0}")]
    Database(String),
}

impl StoreError {
    /// The stable name of the error, such as `store.busy`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Busy => "store.busy",
            Self::RestartTransaction => "store.restart_transaction",
            Self::Full(_) => "store.full",
            Self::ReadOnly(_) => "store.read_only",
            Self::CannotOpen(_) => "store.cannot_open",
            Self::Schema(_) => "store.schema",
            Self::Engine(_) => "store.engine",
            Self::Disk(_) => "store.disk",
            Self::Damaged(_) => "store.damaged",
            Self::UnexpectedRows => "store.unexpected_rows",
            Self::Database(_) => "store.database",
        }
    }

    /// What to do next, for people.
    #[must_use]
    pub const fn next_step(&self) -> &'static str {
        match self {
            Self::Busy => "repeat the operation later, and end transactions that stay open",
            Self::RestartTransaction => {
                "roll the transaction back, and repeat it from its beginning"
            }
            Self::Full(_) => "make room, then repeat the operation: nothing of it was stored",
            Self::ReadOnly(_) => "give this user permission to write the database",
            Self::CannotOpen(_) => "correct the place of the database, or its permissions",
            Self::Schema(_) => "use the release that wrote the database, or another database",
            Self::Engine(_) => "use the version of the engine that the text names",
            Self::Disk(_) => "check the disk, then repeat the operation: it is safe to repeat",
            Self::Damaged(_) => {
                "pause the keeper, keep a copy of the database, and restore a backup"
            }
            Self::UnexpectedRows => "use the release that wrote the rows, or restore a backup",
            Self::Database(_) => "report the text: the store or its driver has a defect",
        }
    }
}

/// The decisions of one operation.
///
/// This crate's operations implement it, and so can a caller's: a driver runs both. A decision must
/// be safe to repeat after a commit whose outcome is unknown.
pub trait Decision: Clone + Send + 'static {
    /// What the operation finds or has done.
    type Output: Send + 'static;

    /// The first statements.
    fn first(&mut self) -> Vec<Statement>;

    /// Decides over the results of the last statements, one for each.
    ///
    /// # Errors
    /// [`StoreError`], after which the transaction is rolled back.
    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Self::Output>, StoreError>;
}

/// The result of a decision.
#[derive(Debug)]
pub enum Turn<T> {
    /// Run more statements.
    Run(Vec<Statement>),
    /// Commit, then return this output.
    Commit(T),
    /// Start again: another transaction was faster. Happens only where transactions are weaker than
    /// serializable.
    Restart,
}

/// How often an operation starts again.
const RESTARTS: u32 = 16;

impl<D: Decision> Operation<D> {
    /// An operation of these decisions, in a transaction of its own.
    pub fn new(decision: D) -> Self {
        Self { decision, scope: Scope::Own }
    }

    /// The same operation inside the caller's own transaction. It neither begins nor commits, and
    /// ends with [`StoreError::RestartTransaction`] where it would start again.
    pub fn inside_a_transaction(self) -> Self {
        Self { scope: Scope::Callers, ..self }
    }

    /// The decision, to make it a part of another one.
    pub(crate) fn into_decision(self) -> D {
        self.decision
    }

    /// Starts the operation.
    pub fn start(self) -> OperationStep<D> {
        Run { initial: self.decision, scope: self.scope, restarts: 0 }.start()
    }
}

impl<D: Decision> Running<D> {
    /// What the driver has to do now.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// Continues with the result of the action: one [`Rows`] for each statement, none for the other
    /// actions.
    pub fn answered(self, result: Result<Vec<Rows>, Failure>) -> OperationStep<D> {
        let Self { run, state, .. } = self;
        match (state, result) {
            (State::Beginning, Ok(_)) => run.decide(),
            // There is no transaction to roll back.
            (State::Beginning, Err(Failure::Restart)) => run.start_again(),
            (State::Beginning, Err(Failure::Store(error))) => OperationStep::Done(Err(error)),
            (State::Deciding(decision), Ok(results)) => run.next(decision, results),
            (State::Committing(output), Ok(_)) => OperationStep::Done(Ok(output)),
            (State::Deciding(_) | State::Committing(_), Err(Failure::Restart)) => run.restart(),
            (State::Deciding(_) | State::Committing(_), Err(Failure::Store(error))) => {
                run.fail(error)
            }
            (State::RollingBack(error), _) => OperationStep::Done(Err(error)),
            (State::Restarting, _) => run.start_again(),
        }
    }
}

impl<D: Decision> Run<D> {
    fn start(self) -> OperationStep<D> {
        match self.scope {
            Scope::Own => self.perform(Action::Begin, State::Beginning),
            Scope::Callers => self.decide(),
        }
    }

    fn decide(self) -> OperationStep<D> {
        let mut decision = self.initial.clone();
        self.perform(Action::Run(decision.first()), State::Deciding(decision))
    }

    fn next(self, mut decision: D, results: Vec<Rows>) -> OperationStep<D> {
        match (decision.next(results), self.scope) {
            (Ok(Turn::Run(statements)), _) => {
                self.perform(Action::Run(statements), State::Deciding(decision))
            }
            (Ok(Turn::Commit(output)), Scope::Own) => {
                self.perform(Action::Commit, State::Committing(output))
            }
            (Ok(Turn::Commit(output)), Scope::Callers) => OperationStep::Done(Ok(output)),
            (Ok(Turn::Restart), _) => self.restart(),
            (Err(error), _) => self.fail(error),
        }
    }

    /// Rolls back and ends with an error.
    fn fail(self, error: StoreError) -> OperationStep<D> {
        match self.scope {
            Scope::Own => self.perform(Action::RollBack, State::RollingBack(error)),
            Scope::Callers => OperationStep::Done(Err(error)),
        }
    }

    /// Rolls back and starts again, if it may.
    fn restart(self) -> OperationStep<D> {
        match self.scope {
            Scope::Callers => self.fail(StoreError::RestartTransaction),
            Scope::Own if self.restarts >= RESTARTS => self.fail(StoreError::Busy),
            Scope::Own => self.perform(Action::RollBack, State::Restarting),
        }
    }

    /// Starts again, if it may, where no transaction is open.
    fn start_again(self) -> OperationStep<D> {
        if self.restarts >= RESTARTS {
            return OperationStep::Done(Err(StoreError::Busy));
        }
        Self { restarts: self.restarts + 1, ..self }.start()
    }

    fn perform(self, action: Action, state: State<D>) -> OperationStep<D> {
        OperationStep::Perform(Running { run: self, action, state })
    }
}

impl<D: Decision> fmt::Debug for Running<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("action", &self.action).finish_non_exhaustive()
    }
}

impl<D: Decision> fmt::Debug for OperationStep<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Perform(running) => running.fmt(f),
            Self::Done(output) => f.debug_tuple("Done").field(&output.as_ref().err()).finish(),
        }
    }
}
