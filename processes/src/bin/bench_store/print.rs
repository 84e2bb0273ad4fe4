//! The results.

use crate::{Growth, Run};

/// Prints a table of at most 100 columns.
pub(crate) fn table(runs: &[Run], growth: &[Growth]) {
    println!(
        "{:>9} {:>14} {:>14} {:>14} {:>14}",
        "consents", "bytes of each", "receipt", "sealed tokens", "filled in s"
    );
    for run in runs {
        let sizes = run.sizes;
        println!(
            "{:>9} {:>14.0} {:>14.0} {:>14.0} {:>14.1}",
            run.consents, sizes.bytes_per_consent, sizes.receipt, sizes.tokens, run.filled_in
        );
    }
    println!("\nMicroseconds. A bare loop runs one statement, and commits as often.\n");
    println!(
        "{:<26} {:>9} {:>7} {:>8} {:>8} {:>8} {:>8} {:>6}",
        "operation", "consents", "commits", "median", "p99", "bare", "bare p99", "ratio"
    );
    let Some(first) = runs.first() else { return };
    for (at, name) in first.operations.iter().map(|measured| measured.name).enumerate() {
        for run in runs {
            let Some(measured) = run.operations.get(at) else { continue };
            let (store, bare) = (measured.store, measured.bare);
            println!(
                "{name:<26} {:>9} {:>7} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>6.2}",
                run.consents,
                u8::from(measured.commits),
                store.median,
                store.p99,
                bare.median,
                bare.p99,
                measured.ratio
            );
        }
    }
    println!(
        "\nGrowth of the medians to {} consents: at most {}, or that of the bare loop.\n",
        runs.last().map_or(0, |run| run.consents),
        crate::GROWTH
    );
    println!("{:<26} {:>8} {:>8}", "operation", "store", "bare");
    for growth in growth {
        let note = if growth.is_too_much() { "  TOO MUCH" } else { "" };
        println!("{:<26} {:>8.2} {:>8.2}{note}", growth.name, growth.store, growth.bare);
    }
}

/// Prints everything as JSON.
pub(crate) fn json(runs: &[Run], growth: &[Growth]) -> Result<(), serde_json::Error> {
    let all = serde_json::json!({ "runs": runs, "growth": growth });
    println!("{}", serde_json::to_string_pretty(&all)?);
    Ok(())
}
