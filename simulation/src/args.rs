/// What was asked for on the command line.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Asked {
    /// Which checks must be off together.
    MinimalSets,
    /// One world, traced.
    Replay { seed: u64 },
    /// Many flows.
    Run { flows: u64, seed: u64, output: Output },
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Output {
    Json,
    Table,
}

pub(crate) fn read(args: impl Iterator<Item = String>) -> Result<Asked, String> {
    let (mut flows, mut seed, mut output) = (None, None, Output::Table);
    let mut args = args;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--minimal-sets" => return Ok(Asked::MinimalSets),
            "--json" => output = Output::Json,
            "--flows" => flows = Some(number(&arg, args.next())?),
            "--seed" => seed = Some(number(&arg, args.next())?),
            _ => return Err(format!("the simulation does not take '{arg}'")),
        }
    }
    match (flows, seed) {
        (None, Some(seed)) => Ok(Asked::Replay { seed }),
        (flows, seed) => {
            Ok(Asked::Run { flows: flows.unwrap_or(20_000), seed: seed.unwrap_or(1), output })
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

    fn of(words: &[&str]) -> Result<Asked, String> {
        read(words.iter().map(ToString::to_string))
    }

    #[test]
    fn a_seed_alone_is_a_replay() {
        assert_eq!(of(&["--seed", "7"]), Ok(Asked::Replay { seed: 7 }));
        let run = Asked::Run { flows: 3, seed: 7, output: Output::Json };
        assert_eq!(of(&["--flows", "3", "--seed", "7", "--json"]), Ok(run));
        assert!(of(&["--flows"]).is_err());
        assert!(of(&["7"]).is_err());
    }
}
