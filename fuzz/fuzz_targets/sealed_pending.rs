//! `cargo +nightly fuzz run sealed_pending`
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fdx_fuzz::sealed_pending(bytes));

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("run it with: cargo +nightly fuzz run sealed_pending");
}
