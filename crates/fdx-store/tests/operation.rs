//! The engine of operations, under every sequence of failures of the first actions.

use fdx_store::{Action, Decision, Failure, Operation, OperationStep, Rows, Statement};
use fdx_store::{StoreError, Turn};

const WRITE: &str = "INSERT INTO numbers (number) VALUES ($1) ON CONFLICT (number) DO NOTHING";

/// Writes the numbers below `rounds`, one in each round, and is safe to repeat.
#[derive(Clone, Debug)]
struct Writes {
    rounds: i64,
    /// This and the next change while the operation runs. A restart must begin with the first values.
    written: i64,
    started: bool,
}

impl Writes {
    fn operation(rounds: i64) -> Operation<Self> {
        Operation::new(Self { rounds, written: 0, started: false })
    }

    fn statements(&self) -> Vec<Statement> {
        vec![Statement::new(WRITE).with(self.written)]
    }
}

impl Decision for Writes {
    /// The numbers.
    type Output = Vec<i64>;

    fn first(&mut self) -> Vec<Statement> {
        assert!(
            !std::mem::replace(&mut self.started, true),
            "a decision that has begun begins again"
        );
        self.statements()
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Vec<i64>>, StoreError> {
        if results == faster() {
            return Ok(Turn::Restart);
        }
        if results == nonsense() {
            return Err(StoreError::UnexpectedRows);
        }
        self.written += 1;
        Ok(match self.written < self.rounds {
            true => Turn::Run(self.statements()),
            false => Turn::Commit((0..self.written).collect()),
        })
    }
}

/// Rows after which the decision starts again.
fn faster() -> Vec<Rows> {
    vec![Rows::changed(1000)]
}

/// Rows that the decision does not understand.
fn nonsense() -> Vec<Rows> {
    vec![Rows::changed(2000)]
}

/// What happens to one action.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Event {
    Done,
    Restart,
    Fails,
    /// A commit takes place, and its result is lost.
    Unknown,
    Faster,
    Nonsense,
}

const EVENTS: [Event; 6] =
    [Event::Done, Event::Restart, Event::Fails, Event::Unknown, Event::Faster, Event::Nonsense];

/// A database with transactions. It panics when an action does not fit.
#[derive(Debug, Default)]
struct Database {
    numbers: Vec<i64>,
    /// The numbers in the transaction.
    open: Option<Vec<i64>>,
    /// A transaction that ended by its commit, whose result was lost.
    lost: bool,
    begun: usize,
    ended: usize,
}

impl Database {
    fn perform(&mut self, action: &Action, event: Event) -> Result<Vec<Rows>, Failure> {
        let failed = match event {
            Event::Restart | Event::Unknown => Err(Failure::Restart),
            Event::Fails => Err(Failure::Store(full())),
            _ => Ok(Vec::new()),
        };
        match action {
            Action::Begin => {
                assert!(self.open.is_none() && !self.lost, "a transaction is open");
                if failed.is_ok() {
                    self.begun += 1;
                    self.open = Some(self.numbers.clone());
                }
                failed
            }
            Action::Run(statements) => {
                let open = self.open.as_mut().expect("statements need a transaction");
                failed?;
                for statement in statements {
                    let [fdx_store::Value::Integer(number)] = statement.parameters() else {
                        panic!("{statement:?}")
                    };
                    if !open.contains(number) {
                        open.push(*number);
                    }
                }
                Ok(match event {
                    Event::Faster => faster(),
                    Event::Nonsense => nonsense(),
                    _ => statements.iter().map(|_| Rows::changed(1)).collect(),
                })
            }
            Action::Commit => {
                if failed.is_ok() || event == Event::Unknown {
                    self.numbers = self.open.take().expect("a commit needs a transaction");
                    self.lost = failed.is_err();
                }
                self.ended += usize::from(failed.is_ok());
                failed
            }
            Action::RollBack => {
                assert!(self.open.take().is_some() || self.lost, "no transaction is open");
                self.lost = false;
                self.ended += 1;
                failed
            }
        }
    }
}

fn full() -> StoreError {
    StoreError::Full("no room".to_owned())
}

/// How an operation ended.
struct Ended {
    output: Result<Vec<i64>, StoreError>,
    /// The actions, each with its event.
    performed: Vec<(Action, Event)>,
}

/// Runs the operation with these events, then without failures.
fn run(
    operation: Operation<Writes>,
    database: &mut Database,
    events: impl IntoIterator<Item = Event>,
) -> Ended {
    let (mut events, mut performed) = (events.into_iter(), Vec::new());
    let mut step = operation.start();
    loop {
        step = match step {
            OperationStep::Perform(running) => {
                assert!(performed.len() < 1000, "no end: {performed:?}");
                let event = events.next().unwrap_or(Event::Done);
                performed.push((running.action().clone(), event));
                let result = database.perform(running.action(), event);
                running.answered(result)
            }
            OperationStep::Done(output) => return Ended { output, performed },
        }
    }
}

/// Each sequence of events of this length.
fn sequences(length: u32) -> impl Iterator<Item = Vec<Event>> {
    (0..EVENTS.len().pow(length)).map(move |number| {
        let digit = |place| EVENTS[number / EVENTS.len().pow(place) % EVENTS.len()];
        (0..length).map(digit).collect()
    })
}

#[test]
fn failures_change_no_result_or_end_in_their_error() {
    for (rounds, events) in (1..=3).flat_map(|n| sequences(6).map(move |events| (n, events))) {
        let mut database = Database::default();
        let operation = Writes::operation(rounds);
        let Ended { output, performed } = run(operation, &mut database, events);

        let complete: Vec<_> = (0..rounds).collect();
        let happened = |wanted| performed.iter().any(|(_, event)| *event == wanted);
        match output {
            Ok(output) => {
                assert_eq!(output, complete, "{performed:?}");
                assert_eq!(database.numbers, complete, "{performed:?}");
            }
            Err(error) => {
                let caused = error == full() && happened(Event::Fails)
                    || error == StoreError::UnexpectedRows && happened(Event::Nonsense);
                assert!(caused, "{error}: {performed:?}");
                // An earlier commit may have taken place without its result.
                let unknown = happened(Event::Unknown) && database.numbers == complete;
                assert!(unknown || database.numbers.is_empty(), "{database:?}: {performed:?}");
            }
        }
        assert!(database.open.is_none() && !database.lost, "{performed:?}");
        assert_eq!(database.begun, database.ended, "{performed:?}");
    }
}

#[test]
fn inside_a_transaction_an_operation_only_runs_statements() {
    for (rounds, events) in (1..=3).flat_map(|n| sequences(4).map(move |events| (n, events))) {
        let mut database = Database { open: Some(Vec::new()), ..Database::default() };
        let operation = Writes::operation(rounds).inside_a_transaction();
        let Ended { output, performed } = run(operation, &mut database, events);
        assert!(performed.iter().all(|(action, _)| matches!(action, Action::Run(_))));
        // The first event that is not `Done` decides.
        let expected = match performed.iter().map(|(_, event)| *event).find(|it| *it != Event::Done)
        {
            None => Ok((0..rounds).collect()),
            Some(Event::Fails) => Err(full()),
            Some(Event::Nonsense) => Err(StoreError::UnexpectedRows),
            Some(_) => Err(StoreError::RestartTransaction),
        };
        assert_eq!(output, expected, "{performed:?}");
        let last = performed.len() - 1;
        assert!(performed[..last].iter().all(|(_, event)| *event == Event::Done));
        assert!(database.open.is_some());
    }
}

#[test]
fn an_operation_starts_again_at_most_16_times() {
    for place in 0..3 {
        for event in [Event::Restart, Event::Faster, Event::Unknown] {
            // `Faster` is an event of statements, the action at place 1.
            if event == Event::Faster && place != 1 {
                continue;
            }
            let mut database = Database::default();
            let mut actions = 0;
            // Fails at this place of each transaction. A rollback is the next action.
            let length = if place == 0 { 1 } else { place + 2 };
            let events = std::iter::from_fn(|| {
                let at = actions % length;
                actions += 1;
                Some(if at == place { event } else { Event::Done })
            });
            let operation = Writes::operation(1);
            let Ended { output, performed } = run(operation, &mut database, events);
            assert_eq!(output, Err(StoreError::Busy), "{performed:?}");
            let begun = performed.iter().filter(|(action, _)| *action == Action::Begin).count();
            assert_eq!(begun, 17);
            assert_eq!(database.begun, database.ended);
        }
    }
}
