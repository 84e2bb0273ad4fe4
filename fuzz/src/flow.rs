use fdx_simulation::{Settings, World};

/// The choices of a small world of the simulation: customers, nodes, institutions, an attacker, and
/// a network that loses and changes messages. `cargo xtask simulate --input FILE` prints the
/// events.
///
/// # Panics
/// If the world breaks a promise.
pub fn flow(bytes: &[u8]) {
    let tally = World::from_bytes(bytes, Settings::SMALL).run();
    assert!(tally.harms().is_empty(), "{:?}", tally.harms());
}
