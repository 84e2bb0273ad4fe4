use super::Digest;
use super::head::Scope;
use super::root::SignedRoot;
use crate::{Decision, Operation, Rows, Statement, StoreError, Turn};

/// Reads the compact JWS of the newest root of these chains, if one was kept. Verify it with
/// [`SignedRoot::verify`] before the next root names it.
pub fn last_root(scope: &Scope) -> Operation<LastRoot> {
    Operation::new(LastRoot { name: name(scope) })
}

/// Keeps a root as the newest one. Of several nodes that make a root at the same time, one succeeds:
/// roots never fork. Earlier roots are not kept here, because each was published.
pub fn keep_root(root: &SignedRoot) -> Operation<KeepRoot> {
    Operation::new(KeepRoot {
        name: name(&root.root().scope),
        jws: root.as_str().to_owned(),
        previous: root.root().previous,
        writes: false,
    })
}

/// [`last_root`].
#[derive(Clone, Debug)]
pub struct LastRoot {
    name: String,
}

/// [`keep_root`].
#[derive(Clone, Debug)]
pub struct KeepRoot {
    name: String,
    jws: String,
    previous: Option<Digest>,
    writes: bool,
}

/// Whether a root was kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RootKept {
    /// It is the newest root now, or was before.
    Newest,
    /// The newest root is another one than it names. Read it, and make a new root.
    Overtaken,
}

/// The name in `fdx_meta`. A tenant has no space.
fn name(scope: &Scope) -> String {
    match scope.tenant() {
        None => "root".to_owned(),
        Some(tenant) => format!("root {tenant}"),
    }
}

fn select(name: &str) -> Statement {
    Statement::new("SELECT value FROM fdx_meta WHERE name = $1").with(name)
}

fn value(results: Vec<Rows>) -> Result<Option<String>, StoreError> {
    let rows = results.into_iter().next().ok_or(StoreError::UnexpectedRows)?;
    rows.reader().map(|mut row| row.next()).transpose()
}

impl Decision for LastRoot {
    type Output = Option<String>;

    fn first(&mut self) -> Vec<Statement> {
        vec![select(&self.name)]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Option<String>>, StoreError> {
        value(results).map(Turn::Commit)
    }
}

impl Decision for KeepRoot {
    type Output = RootKept;

    fn first(&mut self) -> Vec<Statement> {
        vec![select(&self.name)]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<RootKept>, StoreError> {
        if self.writes {
            // Another transaction kept a root after this one read.
            let written = results.first().is_some_and(Rows::changed_one);
            return Ok(if written { Turn::Commit(RootKept::Newest) } else { Turn::Restart });
        }
        let newest = value(results)?;
        if newest.as_ref() == Some(&self.jws) {
            return Ok(Turn::Commit(RootKept::Newest));
        }
        if newest.as_ref().map(Digest::of) != self.previous {
            return Ok(Turn::Commit(RootKept::Overtaken));
        }
        self.writes = true;
        let write = match newest {
            None => Statement::new(
                "INSERT INTO fdx_meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            )
            .with(self.name.as_str())
            .with(self.jws.as_str()),
            Some(newest) => {
                Statement::new("UPDATE fdx_meta SET value = $1 WHERE name = $2 AND value = $3")
                    .with(self.jws.as_str())
                    .with(self.name.as_str())
                    .with(newest)
            }
        };
        Ok(Turn::Run(vec![write]))
    }
}
