//! The frequency of the time stamp counter, measured against the kernel's raw monotonic clock.

use crate::failure::Failure;

/// Prints the frequency in kHz.
pub fn print_frequency() -> Result<(), Failure> {
    println!("{}", measure_khz()?);
    Ok(())
}

#[cfg(target_arch = "x86_64")]
fn measure_khz() -> Result<u64, Failure> {
    use std::time::Duration;

    /// Each reading is good to some 50 ns, so the result to about one in a million.
    const INTERVAL: Duration = Duration::from_millis(100);

    let begin = Reading::best();
    std::thread::sleep(INTERVAL);
    let end = Reading::best();
    let cycles = u128::from(end.tsc.wrapping_sub(begin.tsc));
    let nanoseconds = u128::from(end.nanoseconds.saturating_sub(begin.nanoseconds));
    let khz = cycles
        .saturating_mul(1_000_000)
        .checked_div(nanoseconds)
        .unwrap_or(0);
    match u64::try_from(khz) {
        Ok(khz) if khz > 0 => Ok(khz),
        _ => Err(Failure::launch(
            "tsc",
            "the time stamp counter or the clock stands still",
        )),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn measure_khz() -> Result<u64, Failure> {
    Err(Failure::launch(
        "tsc",
        "this architecture has no time stamp counter",
    ))
}

#[cfg(target_arch = "x86_64")]
struct Reading {
    tsc: u64,
    nanoseconds: u64,
    /// How many cycles reading both took: the uncertainty.
    spread: u64,
}

#[cfg(target_arch = "x86_64")]
impl Reading {
    /// The tightest of several readings: an interrupt or a preemption between the two clocks spoils one.
    fn best() -> Self {
        const READINGS: usize = 64;
        let first = Self::now();
        (1..READINGS).fold(first, |best, _| {
            let next = Self::now();
            if next.spread < best.spread {
                next
            } else {
                best
            }
        })
    }

    fn now() -> Self {
        let before = read_tsc();
        let time = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicRaw);
        let spread = read_tsc().wrapping_sub(before);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or(0);
        Self {
            tsc: before.wrapping_add(spread / 2),
            nanoseconds: seconds
                .saturating_mul(1_000_000_000)
                .saturating_add(nanoseconds),
            spread,
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn read_tsc() -> u64 {
    // SAFETY: Every x86-64 processor has RDTSC, and Linux forbids it only to processes that asked for that.
    unsafe { core::arch::x86_64::_rdtsc() }
}
