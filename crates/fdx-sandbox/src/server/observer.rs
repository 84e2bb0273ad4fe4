use std::fmt;
use std::sync::Arc;

use http::{Method, StatusCode};

use crate::Verdict;

/// Whoever watches a server at work: called with each request, once it is answered.
///
/// It is called while the institution is locked, so that the order is the institution's own: it
/// should be quick, and must not ask the institution for anything.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Answered<'_>) + Send + Sync>);

/// A request, and what became of it. Queries, headers and bodies hold secrets, and are left out.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Answered<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The request's path, as the client wrote it.
    pub path: &'a str,
    /// The answer's status.
    pub status: StatusCode,
    /// The checks that were made, in their order: the last one may have failed.
    pub verdicts: &'a [Verdict],
}

impl Observer {
    /// Calls `watch` for each request.
    #[must_use]
    pub fn new(watch: impl Fn(&Answered<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(watch))
    }

    pub(super) fn tell(&self, answered: &Answered<'_>) {
        (self.0)(answered);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
