use std::collections::VecDeque;

use crate::failure::Failure;

/// The arguments of the command line that are not read yet.
pub(crate) struct Args(VecDeque<String>);

impl Args {
    pub(crate) fn of_process() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// An empty command line.
    pub(crate) fn none() -> Self {
        Self(VecDeque::new())
    }

    /// A command line with these arguments.
    pub(crate) fn of(words: &[&str]) -> Self {
        Self(words.iter().map(ToString::to_string).collect())
    }

    /// Returns the remaining arguments, for another program.
    pub(crate) fn rest(self) -> Vec<String> {
        self.0.into()
    }

    /// Removes and returns the command.
    pub(crate) fn command(&mut self) -> Option<String> {
        self.0.pop_front()
    }

    /// Reads `--json`, and fails if another argument remains.
    pub(crate) fn output(mut self) -> Result<Output, Failure> {
        let output = self.json();
        self.nothing_else()?;
        Ok(output)
    }

    /// Removes and returns `--json`.
    pub(crate) fn json(&mut self) -> Output {
        let before = self.0.len();
        self.0.retain(|arg| arg != "--json");
        if self.0.len() < before { Output::Json } else { Output::Table }
    }

    /// Reads every `--skip NAME`, and fails if another argument remains.
    pub(crate) fn skips(mut self) -> Result<Vec<String>, Failure> {
        let mut skips = Vec::new();
        while let Some(flag) = self.0.pop_front() {
            match (flag.as_str(), self.0.pop_front()) {
                ("--skip", Some(step)) => skips.push(step),
                ("--skip", None) => {
                    return Err(Failure::new("--skip needs the name of a step")
                        .next("write for example '--skip test'"));
                }
                _ => return Err(unknown(&flag)),
            }
        }
        Ok(skips)
    }

    /// Returns the named ones of `known`, or all of them if none is named.
    pub(crate) fn names(self, known: &[&'static str]) -> Result<Vec<&'static str>, Failure> {
        let find = |word: String| {
            known.iter().copied().find(|name| *name == word).ok_or_else(|| unknown(&word))
        };
        let named = self.0.into_iter().map(find).collect::<Result<Vec<_>, _>>()?;
        Ok(if named.is_empty() { known.to_vec() } else { named })
    }

    /// Removes `--seconds N` and returns `N`. The default is `usual`.
    pub(crate) fn seconds(&mut self, usual: u64) -> Result<u64, Failure> {
        let Some(place) = self.0.iter().position(|arg| arg == "--seconds") else {
            return Ok(usual);
        };
        let number = self.0.remove(place + 1).and_then(|text| text.parse().ok());
        self.0.remove(place);
        // For libFuzzer, 0 seconds means no limit.
        number.filter(|seconds| *seconds > 0).ok_or_else(|| {
            Failure::new("--seconds needs a number from 1").next("write for example '--seconds 20'")
        })
    }

    /// Fails if an argument remains.
    pub(crate) fn nothing_else(&self) -> Result<(), Failure> {
        self.0.front().map_or(Ok(()), |arg| Err(unknown(arg)))
    }
}

/// The output format of a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Output {
    /// One JSON document on standard output.
    Json,
    /// A table for people.
    Table,
}

fn unknown(arg: &str) -> Failure {
    Failure::new(format!("unknown argument '{arg}'"))
        .next("run 'cargo xtask help' for the arguments of each command")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args {
        Args(words.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn json_is_the_only_output_flag() {
        assert_eq!(args(&["--json"]).output().unwrap(), Output::Json);
        assert_eq!(args(&[]).output().unwrap(), Output::Table);
        assert!(args(&["--jsno"]).output().is_err());
    }

    #[test]
    fn returns_the_named_or_all() {
        let known = ["a", "b"];
        assert_eq!(args(&["b"]).names(&known).unwrap(), ["b"]);
        assert_eq!(args(&[]).names(&known).unwrap(), ["a", "b"]);
        assert!(args(&["c"]).names(&known).is_err());
    }

    #[test]
    fn seconds_are_a_number_from_one() {
        assert_eq!(args(&[]).seconds(20).unwrap(), 20);
        let mut named = args(&["jws", "--seconds", "5", "jwks"]);
        assert_eq!(named.seconds(20).unwrap(), 5);
        assert_eq!(named.rest(), ["jws", "jwks"]);
        for wrong in [&["--seconds", "0"][..], &["--seconds"], &["--seconds", "x"]] {
            assert!(args(wrong).seconds(20).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn skip_takes_one_name_each_time() {
        let skips = args(&["--skip", "test", "--skip", "deny"]).skips().unwrap();
        assert_eq!(skips, ["test", "deny"]);
        assert!(args(&["--skip"]).skips().is_err());
        assert!(args(&["test"]).skips().is_err());
    }
}
