//! The manual's chapter on the minimal sets.

use std::collections::BTreeMap;
use std::fmt::Write;

use fdx_testkit::Binding;

use crate::attack::Attack;
use crate::checks;
use crate::minimal::{Needs, search};

/// The result of the search, as the manual prints it.
pub struct Chapter {
    /// Markdown.
    pub text: String,
    /// Checks without a set and without a stated reason for that, and attacks that never succeed.
    pub unexplained: Vec<String>,
}

/// Searches and returns the chapter.
#[must_use]
pub fn chapter() -> Chapter {
    let needs = search();
    let mut unexplained = Vec::new();
    let mut text = String::new();
    let _ = writeln!(text, "| attack | checks that must all be off |\n|---|---|");
    for attack in Attack::ALL {
        let cell = cell(&needs, attack);
        if cell.is_empty() {
            unexplained.push(format!("no set of checks lets it succeed: {}", attack.name()));
        }
        let _ = writeln!(text, "| {} | {cell} |", attack.name());
    }
    let mut member: BTreeMap<u64, usize> = BTreeMap::new();
    for needs in &needs {
        for (bit, count) in (0..u64::BITS)
            .map(|bit| (1 << bit, needs.sets.iter().filter(|set| *set & (1 << bit) != 0).count()))
        {
            *member.entry(bit).or_default() += count;
        }
    }
    let _ = writeln!(text, "\n| check | who makes it, and what it ensures | sets |\n|---|---|---|");
    for (number, check) in checks::ALL.iter().enumerate() {
        let count = member.get(&(1 << number)).copied().unwrap_or(0);
        let sets = match (count, check.idle) {
            (0, Some(idle)) => format!("none: {idle}"),
            (0, None) => {
                unexplained.push(format!("belongs to no set: {}", check.marker));
                "none".to_owned()
            }
            (count, _) => count.to_string(),
        };
        let _ = writeln!(text, "| {} | {} | {sets} |", check.name, check.rule);
    }
    Chapter { text, unexplained }
}

/// The sets of an attack. Sets that differ if tokens are bound to certificates follow separately.
fn cell(needs: &[Needs], attack: Attack) -> String {
    let of = |binding| {
        let needs = needs.iter().find(|needs| needs.attack == attack && needs.binding == binding);
        needs.map(|needs| shown(&needs.sets))
    };
    match (of(Binding::Dpop), of(Binding::Mtls)) {
        (Some(dpop), Some(mtls)) if dpop != mtls => format!("{dpop}; by mTLS: {mtls}"),
        (Some(dpop), _) => dpop,
        (None, mtls) => mtls.unwrap_or_default(),
    }
}

fn shown(sets: &[u64]) -> String {
    let set = |set: &u64| {
        if *set == 0 {
            return "none: FAPI 2.0 leaves it open".to_owned();
        }
        let checks = checks::ALL.iter().enumerate();
        let off = checks.filter(|(number, _)| set & (1 << number) != 0);
        off.map(|(_, check)| check.name).collect::<Vec<_>>().join(" + ")
    };
    sets.iter().map(set).collect::<Vec<_>>().join("<br>or ")
}
