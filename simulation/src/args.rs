/// The command line.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Command {
    /// Search for the checks that must be off together.
    MinimalSets,
    /// Run one world and print each event.
    Replay { seed: u64 },
    /// Run the world of a fuzzer's input and print each event.
    ReplayInput { file: String },
    /// Run many flows.
    Run { flows: u64, seed: u64, output: Output },
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Output {
    Json,
    Table,
}

pub(crate) fn read(args: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut flows, mut seed, mut output) = (None, None, Output::Table);
    let mut args = args;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--minimal-sets" => return Ok(Command::MinimalSets),
            "--input" => {
                let file = args.next().ok_or("--input needs a file")?;
                return Ok(Command::ReplayInput { file });
            }
            "--json" => output = Output::Json,
            "--flows" => flows = Some(number(&arg, args.next())?),
            "--seed" => seed = Some(number(&arg, args.next())?),
            _ => return Err(format!("the simulation does not take '{arg}'")),
        }
    }
    match (flows, seed) {
        (None, Some(seed)) => Ok(Command::Replay { seed }),
        (flows, seed) => {
            Ok(Command::Run { flows: flows.unwrap_or(20_000), seed: seed.unwrap_or(1), output })
        }
    }
}

fn number(name: &str, text: Option<String>) -> Result<u64, String> {
    let number = text.and_then(|text| text.parse().ok());
    number.ok_or_else(|| format!("{name} needs a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Result<Command, String> {
        read(words.iter().map(ToString::to_string))
    }

    #[test]
    fn seed_alone_replays_one_world() {
        assert_eq!(of(&["--seed", "7"]), Ok(Command::Replay { seed: 7 }));
        let run = Command::Run { flows: 3, seed: 7, output: Output::Json };
        assert_eq!(of(&["--flows", "3", "--seed", "7", "--json"]), Ok(run));
        let replay = Command::ReplayInput { file: "crash".to_owned() };
        assert_eq!(of(&["--input", "crash"]), Ok(replay));
        assert!(of(&["--input"]).is_err());
        assert!(of(&["--flows"]).is_err());
        assert!(of(&["7"]).is_err());
    }
}
