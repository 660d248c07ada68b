//! The kernel's timer, which it may have measured wrong.

use std::fs;
use std::io;

/// Timers that come later than by this part are wrong. Early ones only cost a second look.
const LATE_PERCENT_MAX: u64 = 25;

/// Whether the kernel took its timer for as fast as it is. Linux measures the local APIC's timer
/// against the time stamp counter in the first tenth of a second. An emulator that a busy machine
/// stops meanwhile makes it find too little, and do without a timer until it hangs, or too much,
/// and be late as long as the VM lives.
pub fn keeps_time(khz: u64) -> io::Result<bool> {
    let list = fs::read_to_string("/proc/timer_list")?;
    Ok(measured_khz(&list).is_some_and(|measured| is_close(measured, khz)))
}

fn is_close(measured_khz: u64, khz: u64) -> bool {
    measured_khz >= khz / 2 && measured_khz * 100 <= khz * (100 + LATE_PERCENT_MAX)
}

/// How fast the kernel believes the local APIC's timer of the first CPU to be.
fn measured_khz(timer_list: &str) -> Option<u64> {
    let (_, of_cpu) = timer_list.split_once("Per CPU device: 0\n")?;
    let field = |name: &str| {
        let mut lines = of_cpu.lines();
        lines.find_map(|line| line.trim_start().strip_prefix(name))
    };
    if field("Clock Event Device:")?.trim() != "lapic" {
        return None;
    }
    let mult: u64 = field("mult:")?.trim().parse().ok()?;
    let shift: u32 = field("shift:")?.trim().parse().ok()?;
    // What a nanosecond is in ticks, times a power of two.
    u64::try_from(
        u128::from(mult)
            .checked_mul(1_000_000)?
            .checked_shr(shift)?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timer_list(device: &str, mult: u64) -> String {
        format!(
            "Timer List Version: v0.10\n\nTick Device: mode:     1\nBroadcast device\nClock Event Device: <NULL>\n\n\
             Tick Device: mode:     1\nPer CPU device: 0\nClock Event Device: {device}\n\
             \u{20}max_delta_ns:   34359738300\n min_delta_ns:   1000\n mult:           {mult}\n shift:          32\n mode:           3\n"
        )
    }

    #[test]
    fn the_speed_is_that_of_the_first_cpus_timer() {
        assert_eq!(
            measured_khz(&timer_list("lapic", 268_435_456)),
            Some(62_500)
        );
    }

    #[test]
    fn another_timer_or_none_is_no_speed() {
        assert_eq!(measured_khz(&timer_list("pit", 5_124_677)), None);
        assert_eq!(measured_khz("Timer List Version: v0.10\n"), None);
        assert_eq!(
            measured_khz(&timer_list("lapic", 0).replace("32", "many")),
            None
        );
    }

    #[test]
    fn only_what_makes_timers_late_or_very_early_is_wrong() {
        assert!(is_close(62_500, 62_500));
        assert!(is_close(40_000, 62_500));
        assert!(is_close(78_125, 62_500));
        assert!(!is_close(78_126, 62_500));
        assert!(!is_close(30_000, 62_500));
        assert!(!is_close(0, 62_500));
    }
}
