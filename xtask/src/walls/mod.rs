//! The walls: which crate may depend on which, how many dependencies each has, and what the core
//! must not use. Each violation is a row.

mod code;
mod graph;
pub(crate) mod manifest;
mod rooms;
mod rules;
mod texts;

use serde::Serialize;

use crate::args::{Args, Output};
use crate::failure::Failure;
use crate::table::Table;
use graph::Tree;
use manifest::Workspace;

/// Features with many dependencies, which are counted separately.
const FEATURES: [(&str, &str); 1] = [("fdx-sandbox", "server")];

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let output = args.output()?;
    let report = Report::of(&Workspace::load()?)?;
    match output {
        Output::Json => println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default()),
        Output::Table => report.print(),
    }
    match report.rules.iter().map(|rule| rule.broken.len()).sum::<usize>() {
        0 => Ok(()),
        broken => Err(Failure::new(format!("violations of the walls: {broken}")).next(
            "each row above names the file or the crate; CONTRIBUTING.md describes the layers",
        )),
    }
}

#[derive(Serialize)]
struct Report {
    crates: Vec<Count>,
    rules: Vec<Rule>,
}

/// The number of third-party crates that a crate brings: normal dependencies on this target, with
/// default features and optionally one more, without siblings.
#[derive(Serialize)]
struct Count {
    name: String,
    third_party: usize,
    limit: Option<usize>,
    crates: Vec<String>,
}

/// One rule, and its violations.
#[derive(Serialize)]
struct Rule {
    rule: &'static str,
    broken: Vec<String>,
}

impl Report {
    fn of(workspace: &Workspace) -> Result<Self, Failure> {
        let mut trees = Vec::new();
        for package in workspace.published() {
            trees.push(Tree::of(&package.name, None, workspace)?);
            let counted = FEATURES.iter().filter(|(name, _)| *name == package.name);
            for (name, feature) in counted {
                trees.push(Tree::of(name, Some(feature), workspace)?);
            }
        }
        Ok(Self {
            crates: trees.iter().map(Count::of).collect(),
            rules: rules::all(workspace, &trees)?,
        })
    }

    fn print(&self) {
        let mut counts = Table::new(&["crate", "third-party", "at most"]);
        for count in &self.crates {
            let limit = count.limit.map_or_else(String::new, |limit| limit.to_string());
            counts.row(vec![count.name.clone(), count.third_party.to_string(), limit]);
        }
        let mut rules = Table::new(&["rule", ""]);
        for rule in &self.rules {
            if rule.broken.is_empty() {
                rules.row(vec![rule.rule.to_owned(), "holds".to_owned()]);
            }
            for broken in &rule.broken {
                rules.row(vec![rule.rule.to_owned(), format!("VIOLATED: {broken}")]);
            }
        }
        println!("{counts}\n{rules}");
    }
}

impl Count {
    fn of(tree: &Tree) -> Self {
        Self {
            name: tree.title().replace('`', ""),
            third_party: tree.third_party().len(),
            limit: rules::limit(tree.root()),
            crates: tree.third_party().iter().map(ToString::to_string).collect(),
        }
    }
}
