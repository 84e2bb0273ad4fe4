/// The command line.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Command {
    /// Search for the checks that must be off together.
    MinimalSets,
    /// Run one world and print each event.
    Replay { seed: u64, scene: Scene },
    /// Run the world of a fuzzer's input and print each event.
    ReplayInput { file: String },
    /// Run many flows in each scene, or in one.
    Run { flows: u64, seed: u64, scene: Option<Scene>, output: Output },
}

/// What a world is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scene {
    /// An attacker and two institutions.
    Attacks,
    /// Nodes with a database.
    Nodes,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Output {
    Json,
    Table,
}

pub(crate) fn read(args: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut flows, mut seed, mut scene, mut output) = (None, None, None, Output::Table);
    let mut args = args;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--minimal-sets" => return Ok(Command::MinimalSets),
            "--input" => {
                let file = args.next().ok_or("--input needs a file")?;
                return Ok(Command::ReplayInput { file });
            }
            "--scene" => {
                scene = Some(match args.next().as_deref() {
                    Some("attacks") => Scene::Attacks,
                    Some("nodes") => Scene::Nodes,
                    _ => return Err("--scene needs 'attacks' or 'nodes'".to_owned()),
                });
            }
            "--json" => output = Output::Json,
            "--flows" => flows = Some(number(&arg, args.next())?),
            "--seed" => seed = Some(number(&arg, args.next())?),
            _ => return Err(format!("the simulation does not take '{arg}'")),
        }
    }
    match (flows, seed) {
        (None, Some(seed)) => Ok(Command::Replay { seed, scene: scene.unwrap_or(Scene::Attacks) }),
        (flows, seed) => {
            let (flows, seed) = (flows.unwrap_or(20_000), seed.unwrap_or(1));
            Ok(Command::Run { flows, seed, scene, output })
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
        let replay = |scene| Ok(Command::Replay { seed: 7, scene });
        assert_eq!(of(&["--seed", "7"]), replay(Scene::Attacks));
        assert_eq!(of(&["--seed", "7", "--scene", "nodes"]), replay(Scene::Nodes));
        let run = Command::Run { flows: 3, seed: 7, scene: None, output: Output::Json };
        assert_eq!(of(&["--flows", "3", "--seed", "7", "--json"]), Ok(run));
        let replay = Command::ReplayInput { file: "crash".to_owned() };
        assert_eq!(of(&["--input", "crash"]), Ok(replay));
        assert!(of(&["--input"]).is_err());
        assert!(of(&["--flows"]).is_err());
        assert!(of(&["--scene", "7"]).is_err());
        assert!(of(&["7"]).is_err());
    }
}
