//! `tsc`: plausible and repeatable. x86-64 only.

#![cfg(target_arch = "x86_64")]

mod common;

use common::{run, successful};

fn measured_khz() -> f64 {
    successful(&run(["tsc"])).trim().parse().expect("a number")
}

#[test]
fn two_measurements_agree() {
    let (first, second) = (measured_khz(), measured_khz());
    assert!(
        (first / second - 1.0).abs() < 0.01,
        "{first} and {second} kHz"
    );
}

#[test]
fn it_agrees_with_a_measurement_of_our_own() {
    let started = std::time::Instant::now();
    // SAFETY: Every x86-64 processor has RDTSC, and Linux forbids it only to processes that asked for that.
    let begin = unsafe { core::arch::x86_64::_rdtsc() };
    std::thread::sleep(std::time::Duration::from_millis(200));
    // SAFETY: As above.
    let end = unsafe { core::arch::x86_64::_rdtsc() };
    let elapsed_ms = started.elapsed().as_secs_f64() * 1e3;
    #[allow(
        clippy::cast_precision_loss,
        reason = "a share of one in 2^53 does not matter"
    )]
    let own_khz = (end - begin) as f64 / elapsed_ms;
    let khz = measured_khz();
    assert!((khz / own_khz - 1.0).abs() < 0.1, "{khz} and {own_khz} kHz");
}
