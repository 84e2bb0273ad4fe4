//! Runs one target in libFuzzer: `cargo xtask fuzz jws`, or
//! `FUZZ_TARGET=jws cargo +nightly fuzz run target fuzz/corpus/jws`.
//!
//! Built without cargo-fuzz, it prints the names of the targets.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
static BODY: std::sync::LazyLock<fdx_fuzz::Body> = std::sync::LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names no target");
    fdx_fuzz::target(&name).unwrap_or_else(|| panic!("FUZZ_TARGET is unknown: {name}"))
});

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(init: std::sync::LazyLock::force(&BODY), |bytes: &[u8]| BODY(bytes));

#[cfg(not(fuzzing))]
fn main() {
    for (name, _) in fdx_fuzz::TARGETS {
        println!("{name}");
    }
}
