//! What the kernel's command line says to the agent.

use std::path::PathBuf;
use std::str::FromStr;

use crate::step::{During, Failure};

const DEFAULT_PORT: u32 = 1024;
const DEFAULT_INIT: &str = "/usr/local/bin/vulcan-guest";

/// The arguments that are meant for the agent.
#[derive(Debug, PartialEq, Eq)]
pub struct KernelArgs {
    /// `init=`: what stage 1 executes in the image.
    pub init: PathBuf,
    /// `vulcan.port=`: the vsock port to listen on.
    pub port: u32,
    /// `vulcan.timer_khz=`: how fast the local APIC's timer is, where the VMM knows it and the kernel
    /// may have found something else.
    pub timer_khz: Option<u64>,
}

impl KernelArgs {
    pub fn read() -> Result<Self, Failure> {
        let line = std::fs::read_to_string("/proc/cmdline").during("reading /proc/cmdline")?;
        Self::parse(&line)
    }

    /// Parses a command line; of repeated arguments the last one counts.
    fn parse(line: &str) -> Result<Self, Failure> {
        let last = |name: &str| {
            let values = line.split_ascii_whitespace();
            values
                .filter_map(|word| word.strip_prefix(name))
                .next_back()
        };
        Ok(Self {
            init: last("init=").unwrap_or(DEFAULT_INIT).into(),
            port: number("vulcan.port=", last)?.unwrap_or(DEFAULT_PORT),
            timer_khz: number("vulcan.timer_khz=", last)?,
        })
    }
}

fn number<'line, T: FromStr>(
    name: &str,
    last: impl Fn(&str) -> Option<&'line str>,
) -> Result<Option<T>, Failure> {
    let parse = |text: &str| {
        text.parse()
            .map_err(|_| std::io::ErrorKind::InvalidInput)
            .during(format!("kernel argument {name}{text}"))
    };
    last(name).map(parse).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_repeated_arguments_counts() {
        let line = "rdinit=/x init=/a vulcan.port=7 vulcan.timer_khz=62500 quiet init=/b\n";
        assert_eq!(
            KernelArgs::parse(line).ok(),
            Some(KernelArgs {
                init: "/b".into(),
                port: 7,
                timer_khz: Some(62_500),
            })
        );
    }

    #[test]
    fn without_arguments_the_defaults_hold() {
        let args = KernelArgs::parse("quiet").ok();
        assert_eq!(
            args,
            Some(KernelArgs {
                init: DEFAULT_INIT.into(),
                port: DEFAULT_PORT,
                timer_khz: None,
            })
        );
    }

    #[test]
    fn a_port_that_is_no_number_is_refused_with_its_text() {
        let failure = KernelArgs::parse("vulcan.port=many").err();
        let words = failure.map(|failure| failure.to_string());
        assert!(words.is_some_and(|words| words.contains("vulcan.port=many")));
    }
}
