mod judges;
mod reasons;

use std::fs;

use crate::args::Args;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::shell;
use crate::table::Table;
use judges::Verdicts;
use reasons::reasons;

/// A crate whose every line has to matter to a test, and where its tests are.
struct Judged {
    name: &'static str,
    tests: &'static [&'static str],
}

const CRATES: [Judged; 5] = [
    Judged { name: "fdx-wire", tests: &["fdx-wire"] },
    Judged { name: "fdx-pkce", tests: &["fdx-pkce"] },
    Judged { name: "fdx-rar", tests: &["fdx-rar"] },
    Judged { name: "fdx-jose", tests: &["fdx-jose"] },
    // It is the client of the sandbox's institution, and the two meet there.
    Judged { name: "fdx-par", tests: &["fdx-par", "fdx-tests"] },
];

/// Of the viable mutants of a crate, so many in a hundred have to be caught.
const LEAST: usize = 90;

/// Changes the core in every way that cargo-mutants knows, and prints whether a test noticed.
/// Survivors need a reason in `xtask/mutants.txt`.
///
/// Most mutants are judged by `mutation/`, all in one program; cargo-mutants has the rest.
pub(crate) fn run(args: Args) -> Result<Outcome, Failure> {
    let asked = args.names(&CRATES.map(|judged| judged.name))?;
    if !shell::is_there(shell::cargo(&["mutants", "--version"])) {
        let install = "'cargo install --locked cargo-mutants'";
        return Ok(Outcome::left_out("no cargo-mutants", install));
    }
    let reasons = reasons()?;
    let mut table = Table::new(&[
        "crate",
        "mutants",
        "do not compile",
        "viable",
        "caught",
        "missed",
        "with reason",
        "score",
    ]);
    let (mut unexplained, mut low) = (Vec::new(), Vec::new());
    for Judged { name, tests } in CRATES.iter().filter(|judged| asked.contains(&judged.name)) {
        let work = shell::target().join("mutants").join(name);
        fs::create_dir_all(&work)?;
        let Verdicts { caught, missed, unviable } = judges::judge(name, tests, &work)?;
        let viable = caught + missed.len();
        let (known, new): (Vec<_>, Vec<_>) =
            missed.into_iter().partition(|mutant| reasons.contains_key(mutant));
        table.row(vec![
            (*name).to_owned(),
            (viable + unviable).to_string(),
            unviable.to_string(),
            viable.to_string(),
            caught.to_string(),
            (known.len() + new.len()).to_string(),
            known.len().to_string(),
            format!("{:.1} %", caught as f64 * 100.0 / viable.max(1) as f64),
        ]);
        if caught * 100 < viable * LEAST {
            low.push(*name);
        }
        unexplained.extend(new);
    }
    print!("{table}");
    if !unexplained.is_empty() {
        return Err(Failure::new(format!("no test notices:\n{}", unexplained.join("\n")))
            .next("write a test, or a reason into xtask/mutants.txt"));
    }
    if !low.is_empty() {
        let what = format!("less than {LEAST} % of the viable mutants: {}", low.join(", "));
        return Err(Failure::new(what).next("write tests: reasons do not count as caught"));
    }
    Ok(Outcome::Passed)
}

/// Whether what judges them puts them where they belong.
pub(crate) fn test() -> Result<(), Failure> {
    shell::watch(shell::cargo(&["test", "--manifest-path", "mutation/Cargo.toml"]))
}
