//! The steps of a demo, with their clauses and times.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::print::{TEXT, hanging, result};

/// One completed step.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) clause: &'static str,
    pub(crate) milliseconds: f64,
}

/// Whether each completed step is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Voice {
    Aloud,
    Silent,
}

/// The completed steps.
pub(crate) struct Steps {
    voice: Voice,
    done: Vec<Step>,
    begun: Instant,
}

impl Steps {
    pub(crate) fn begin(voice: Voice) -> Self {
        Self { voice, done: Vec::new(), begun: Instant::now() }
    }

    /// Completes the step that began at the end of the previous one.
    pub(crate) fn done(&mut self, name: &'static str, clause: &'static str) {
        let milliseconds = milliseconds(self.begun.elapsed());
        self.done.push(Step { name, clause, milliseconds });
        if self.voice == Voice::Aloud {
            let number = self.done.len();
            result(&format!("{number:<3}{name:<66} {milliseconds:>6.1} ms"));
            result(&hanging("   ", clause, TEXT));
        }
        self.begun = Instant::now();
    }

    /// Begins the next step now, after work that is not a step.
    pub(crate) fn resume(&mut self) {
        self.begun = Instant::now();
    }

    pub(crate) fn as_slice(&self) -> &[Step] {
        &self.done
    }
}

/// Converts to milliseconds, exact to the microsecond.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}
