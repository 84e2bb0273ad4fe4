/// The outcome of a check that did not fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    Passed,
    /// A required tool is missing. The command has printed how to install it.
    LeftOut,
}

impl Outcome {
    /// Prints what is missing and how to install it.
    pub(crate) fn left_out(missing: &str, next: &str) -> Self {
        eprintln!("LEFT OUT: {missing}\n  next: {next}");
        Self::LeftOut
    }
}
