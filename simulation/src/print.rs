use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write;
use std::time::Duration;

use fdx_simulation::{Attack, Report, Tally};
use serde_json::{Value, json};

/// The reader of a pipe may close it early.
macro_rules! line {
    ($($text:tt)*) => {
        let _ = writeln!(std::io::stdout(), $($text)*);
    };
}

/// What was counted, and how long it took.
type Timed<'a, T> = Option<&'a (T, Option<Duration>)>;

pub(crate) fn json(tally: Timed<'_, Tally>, report: Timed<'_, Report>) {
    let with_time = |mut document: Value, time: &Option<Duration>| {
        if let Some(members) = document.as_object_mut() {
            members.extend(time.map(|time| ("seconds".to_owned(), json!(time.as_secs_f64()))));
        }
        document
    };
    let document = json!({
        "attacks": tally.map(|(tally, time)| with_time(tally.to_json(), time)),
        "nodes": report.map(|(report, time)| with_time(report.to_json(), time)),
    });
    line!("{}", serde_json::to_string_pretty(&document).unwrap_or_default());
}

pub(crate) fn table(tally: Timed<'_, Tally>, report: Timed<'_, Report>) {
    if let Some((tally, time)) = tally {
        attacks(tally, *time);
    }
    if let Some((report, time)) = report {
        nodes(report, *time);
    }
}

fn seconds(time: Option<Duration>) {
    if let Some(time) = time {
        row("seconds", format!("{:.1}", time.as_secs_f64()));
    }
}

fn nodes(report: &Report, time: Option<Duration>) {
    line!("\nNODES WITH A DATABASE");
    for (name, count) in report.totals() {
        row(name, count);
    }
    seconds(time);
    for (title, group) in report.groups() {
        counts(title, group);
    }
    for missing in report.missing() {
        line!("never occurred: {missing}");
    }
    line!();
    if report.harms().is_empty() {
        line!("no promise was broken");
    }
    for (seed, harm, what) in report.harms().iter().take(20) {
        line!(
            "BROKEN: {harm:?}: {what}; see it with 'cargo xtask simulate --scene nodes --seed {seed}'"
        );
    }
}

fn attacks(tally: &Tally, time: Option<Duration>) {
    line!("\nATTACKS");
    row("worlds", tally.worlds());
    row("flows", tally.flows());
    row("events", tally.events());
    row("requests", tally.requests());
    row("most requests of one flow", tally.most_requests());
    seconds(time);
    counts("network and machines", tally.network());
    counts("outcomes", tally.ends());
    counts("refusals by code", tally.errors());
    line!("\n{:<48}{:>10}{:>11}", "attacks", "tried", "harms done");
    for attack in Attack::ALL {
        let (tried, succeeded) = tally.attack(attack);
        let open = if attack.is_open() { "  left open by FAPI 2.0" } else { "" };
        line!("  {:<46}{tried:>10}{succeeded:>11}{open}", attack.name());
    }
    for missing in tally.missing() {
        line!("never occurred: {missing}");
    }
    line!();
    if tally.harms().is_empty() {
        line!("no promise was broken");
    }
    for (seed, harm, attack) in tally.harms().iter().take(20) {
        let by = attack.map_or("no attack", Attack::name);
        line!("BROKEN: {harm:?}, by: {by}; see it with 'cargo xtask simulate --seed {seed}'");
    }
}

fn counts(title: &str, counts: &BTreeMap<&'static str, u64>) {
    line!("\n{title}");
    for (name, count) in counts {
        row(&format!("  {name}"), count);
    }
}

fn row(name: &str, value: impl Display) {
    line!("{name:<48}{value:>10}");
}
