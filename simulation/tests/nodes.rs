//! Properties of worlds of nodes without which they would prove nothing.

use fdx_simulation::{Nodes, Report, Trace};

fn run(seed: u64) -> Report {
    Nodes::from_seed(seed, 40, Trace::Off).run()
}

#[test]
fn seed_decides_everything_also_with_a_database_in_a_file() {
    for seed in [7, 50] {
        assert_eq!(run(seed).to_json(), run(seed).to_json());
    }
    assert_ne!(run(7).to_json(), run(8).to_json());
}

#[test]
fn nodes_keep_every_promise_among_faults() {
    let mut all = Report::default();
    for seed in 1..=6 {
        let report = run(seed);
        assert!(report.harms().is_empty(), "seed {seed}: {:?}", report.harms());
        all.add(report);
    }
    assert_eq!(all.missing(), [""; 0]);
}
