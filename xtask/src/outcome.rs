/// How a check ended that did not fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    Passed,
    /// The machine lacks what it needs, and it was said how to get that.
    LeftOut,
}

impl Outcome {
    /// Says what is missing and how to get it.
    pub(crate) fn left_out(missing: &str, next: &str) -> Self {
        eprintln!("LEFT OUT: {missing}\n  next: {next}");
        Self::LeftOut
    }
}
