use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::args::{Args, Output};
use crate::failure::Failure;
use crate::shell;

/// The oldest supported version of Node.js.
const NODE: u32 = 20;
/// The peers in Java, each with a `pom.xml`.
const JAVA: [&str; 3] = ["keycloak", "nimbus", "spring-authorization-server"];
/// The files to copy. Node.js looks for packages next to the script.
const FILES: [&str; 11] = [
    "configuration.mjs",
    "customer.mjs",
    "encrypted.mjs",
    "fdx.mjs",
    "keys.mjs",
    "oauth4webapi.mjs",
    "openid-client.mjs",
    "package-lock.json",
    "package.json",
    "recipient.mjs",
    "server.mjs",
];

/// Installs the peers and runs the program that tests against them (`src/bin/interop`). It is a
/// separate program, so that the other commands need not build its dependencies.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let output = args.output()?;
    check_node()?;
    let dir = shell::target().join("interop");
    install(&dir)?;
    let without = match missing_for_java() {
        Some(missing) => missing,
        None => build_java(&dir.join("java")).map(|()| String::new())?,
    };
    let dir = dir.to_string_lossy();
    let mut drive = vec!["run", "--quiet", "--package", "xtask", "--features", "interop"];
    drive.extend(["--bin", "interop", "--", &dir, &without]);
    if output == Output::Json {
        drive.push("--json");
    }
    shell::watch(shell::cargo(&drive))
}

fn check_node() -> Result<(), Failure> {
    let install = format!(
        "install Node.js {NODE} or later and npm, for example by 'apt-get install nodejs npm'"
    );
    let mut node = Command::new("node");
    node.args(["--print", "process.versions.node"]);
    let mut npm = Command::new("npm");
    npm.arg("--version");
    let version = shell::read(node)
        .and_then(|version| shell::read(npm).map(|_| version))
        .map_err(|_| Failure::new("this command needs node and npm").next(install.clone()))?;
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= NODE) {
        Ok(())
    } else {
        Err(Failure::new(format!("Node.js {} is too old", version.trim())).next(install))
    }
}

/// What the peers in Java need and this machine lacks.
fn missing_for_java() -> Option<String> {
    let missing: Vec<&str> = [("java", "-version"), ("javac", "-version"), ("mvn", "--version")]
        .into_iter()
        .filter(|(program, version)| {
            let mut command = Command::new(program);
            command.arg(version);
            !shell::is_there(command)
        })
        .map(|(program, _)| program)
        .collect();
    (!missing.is_empty()).then(|| {
        let missing = missing.join(", ");
        format!(
            "missing: {missing}; install a JDK (17 or later) and Maven, for example by \
                 'apt-get install default-jdk-headless maven'"
        )
    })
}

/// Copies the programs in Java into `dir`, and lets Maven fetch their packages and compile them.
fn build_java(dir: &Path) -> Result<(), Failure> {
    for name in JAVA {
        let built = dir.join(name);
        let changed = copy(&shell::root().join("xtask/interop").join(name), &built)?;
        let done = built.join("target/done");
        if !changed && done.exists() {
            continue;
        }
        let mut maven = Command::new("mvn");
        maven
            .args(["--quiet", "--batch-mode", "compile", "dependency:build-classpath"])
            .arg("-Dmdep.outputFile=target/classpath")
            .current_dir(&built);
        shell::watch(maven)?;
        if name == "keycloak" {
            configure_keycloak(&built.join("target"))?;
        }
        fs::write(done, "")?;
    }
    Ok(())
}

/// Sets what Keycloak reads only when it is built.
fn configure_keycloak(target: &Path) -> Result<(), Failure> {
    let mut unpacked = fs::read_dir(target)?.filter_map(Result::ok);
    let home = unpacked
        .find(|entry| entry.file_name().to_string_lossy().starts_with("keycloak-"))
        .ok_or_else(|| Failure::new("Keycloak's package is empty"))?;
    let mut build = Command::new(home.path().join("bin/kc.sh"));
    build
        .args(["build", "--db=dev-file", "--cache=local", "--https-client-auth=request"])
        .env("JAVA_OPTS_KC_HEAP", "-Xmx384m")
        .stdout(Stdio::null());
    shell::watch(build)
}

/// Copies a directory, and returns whether a file changed.
fn copy(from: &Path, to: &Path) -> Result<bool, Failure> {
    fs::create_dir_all(to)?;
    let mut changed = false;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            changed |= copy(&from, &to)?;
        } else {
            let text = fs::read(&from)?;
            if fs::read(&to).ok().as_ref() != Some(&text) {
                fs::write(&to, text)?;
                changed = true;
            }
        }
    }
    Ok(changed)
}

/// Copies the scripts into `dir` and installs the packages of the lock file.
fn install(dir: &Path) -> Result<(), Failure> {
    let ours = shell::root().join("xtask/interop");
    let written = |path: PathBuf| {
        move |error: std::io::Error| {
            Failure::new(format!("{} could not be written: {error}", path.display()))
        }
    };
    fs::create_dir_all(dir).map_err(written(dir.to_path_buf()))?;
    let lock = "package-lock.json";
    let installed = fs::read(dir.join(lock)).ok() == fs::read(ours.join(lock)).ok()
        && dir.join("node_modules/.package-lock.json").exists();
    for file in FILES {
        fs::copy(ours.join(file), dir.join(file)).map_err(written(dir.join(file)))?;
    }
    if installed {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(dir)
        .stdout(Stdio::null());
    shell::watch(npm)
}
