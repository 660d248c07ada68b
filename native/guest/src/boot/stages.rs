//! When each stage of the boot was reached; carried to the next program in its environment.

use rustix::time::{ClockId, clock_gettime};

use crate::protocol::Stages;

const INIT_VARIABLE: &str = "VULCAN_INIT_MS";
const ROOT_VARIABLE: &str = "VULCAN_ROOT_MS";

/// Milliseconds since the kernel started, time asleep included.
pub fn boot_ms() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec * 1000 + now.tv_nsec / 1_000_000).unwrap_or_default()
}

pub(super) fn to_env(stages: &Stages) -> impl Iterator<Item = (&'static str, String)> {
    [
        (INIT_VARIABLE, stages.init_ms),
        (ROOT_VARIABLE, stages.root_ms),
    ]
    .into_iter()
    .filter_map(|(name, ms)| Some((name, ms?.to_string())))
}

pub(super) fn from_env() -> Stages {
    let read = |name| std::env::var(name).ok()?.parse().ok();
    Stages {
        init_ms: read(INIT_VARIABLE),
        root_ms: read(ROOT_VARIABLE),
        listening_ms: 0,
    }
}
