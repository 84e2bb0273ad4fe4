use std::fs;
use std::time::{Duration, Instant};

use crate::args::Args;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::table::Table;
use crate::{
    api, conformance, explore, interop, isolated, msrv, named_tests, package, processes, shell,
    simulate, test, walls,
};

/// The crates that are also checked without features.
const CORE: [&str; 5] = ["fdx-wire", "fdx-pkce", "fdx-rar", "fdx-jose", "fdx-par"];

/// A package that is not a member of the workspace.
const FUZZ: [&str; 2] = ["--manifest-path", "fuzz/Cargo.toml"];

const STEPS: [Step; 18] = [
    Step { name: "fmt", run: || fmt().map(passed) },
    Step { name: "clippy", run: || clippy().map(passed) },
    Step { name: "features", run: || features().map(passed) },
    Step { name: "docs", run: || docs().map(passed) },
    Step { name: "test", run: || test::run().map(passed) },
    Step { name: "names", run: || named_tests::run().map(passed) },
    Step { name: "isolated", run: || isolated::run().map(passed) },
    Step { name: "simulate", run: || simulate::for_ci().map(passed) },
    Step { name: "explore", run: || explore::run(Args::none()).map(passed) },
    Step { name: "processes", run: || processes::for_ci().map(passed) },
    Step { name: "conformance", run: || conformance::run(Args::none()).map(passed) },
    Step { name: "minimal-sets", run: || simulate::minimal_sets().map(passed) },
    Step { name: "walls", run: || walls::run(Args::none()).map(passed) },
    Step { name: "api", run: || api::run(Args::none()) },
    Step { name: "deny", run: || deny().map(passed) },
    Step { name: "package", run: || package::run().map(passed) },
    Step { name: "msrv", run: msrv::run },
    Step { name: "interop", run: || interop::run(Args::none()).map(passed) },
];

/// Runs every step, even after a failure, and prints a table at the end.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let skips = args.skips()?;
    let names = STEPS.map(|step| step.name);
    if let Some(unknown) = skips.iter().find(|skip| !names.contains(&skip.as_str())) {
        return Err(Failure::new(format!("unknown step '{unknown}'"))
            .next(format!("the steps are {}", names.join(", "))));
    }
    let mut table = Table::new(&["step", "result", "seconds"]);
    let mut failed = Vec::new();
    for step in STEPS {
        if skips.iter().any(|skip| skip == step.name) {
            table.row(vec![step.name.to_owned(), "skipped".to_owned(), String::new()]);
            continue;
        }
        eprintln!("\n== {}", step.name);
        let start = Instant::now();
        let result = (step.run)();
        let result = match result {
            Ok(Outcome::Passed) => "passed",
            Ok(Outcome::LeftOut) => "LEFT OUT",
            Err(failure) => {
                eprintln!("{failure}");
                failed.push(step.name);
                "FAILED"
            }
        };
        table.row(vec![step.name.to_owned(), result.to_owned(), seconds(start.elapsed())]);
    }
    println!("\n{table}");
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("failed: {}", failed.join(", ")))
            .next("see each step's output above"))
    }
}

#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    run: fn() -> Result<Outcome, Failure>,
}

fn passed((): ()) -> Outcome {
    Outcome::Passed
}

fn fmt() -> Result<(), Failure> {
    shell::watch(shell::cargo(&["fmt", "--all", "--check"]))?;
    // A macro declares the modules of the fuzz targets, so rustfmt does not find their files itself.
    let mut fuzz = shell::cargo(&[&["fmt"], &FUZZ[..], &["--", "--check"]].concat());
    for file in fs::read_dir(shell::root().join("fuzz/src"))? {
        fuzz.arg(file?.path());
    }
    shell::watch(fuzz)?;
    for manifest in isolated::manifests()? {
        let manifest = manifest.to_string_lossy();
        shell::watch(shell::cargo(&["fmt", "--manifest-path", &manifest, "--check"]))?;
    }
    Ok(())
}

fn clippy() -> Result<(), Failure> {
    let denied = ["--all-targets", "--all-features", "--", "-D", "warnings"];
    shell::watch(shell::cargo(&[&["clippy", "--workspace"], &denied[..]].concat()))?;
    shell::watch(shell::cargo(&[&["clippy"], &FUZZ[..], &denied].concat()))
}

/// Checks sets of features: each core crate without features and with its defaults, `fdx-jose` also
/// with aws-lc-rs alone and with both backends, and `fdx-cli` without aws-lc-rs. `clippy` checks
/// all features together.
fn features() -> Result<(), Failure> {
    let no_ring = ["--no-default-features", "--features", "aws-lc-rs"];
    let mut sets =
        vec![("fdx-jose", &no_ring[..]), ("fdx-jose", &no_ring[1..]), ("fdx-cli", &no_ring[..1])];
    sets.extend(CORE.iter().flat_map(|name| [(*name, &no_ring[..1]), (*name, &[][..])]));
    for (name, features) in sets {
        let args = [&["clippy", "--package", name][..], features, &["--", "-D", "warnings"]];
        shell::watch(shell::cargo(&args.concat()))?;
    }
    Ok(())
}

fn docs() -> Result<(), Failure> {
    let mut doc = shell::cargo(&["doc", "--workspace", "--no-deps", "--all-features"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    shell::watch(doc)
}

fn deny() -> Result<(), Failure> {
    if !shell::is_there(shell::cargo(&["deny", "--version"])) {
        return Err(Failure::new("cargo-deny is not installed")
            .next("run 'cargo install --locked cargo-deny', or skip it with '--skip deny'"));
    }
    shell::watch(shell::cargo(&[
        "deny",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}

fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}
