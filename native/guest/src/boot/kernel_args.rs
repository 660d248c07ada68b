//! What the kernel's command line says to the agent.

use std::path::PathBuf;

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
        let port = match last("vulcan.port=") {
            Some(text) => text
                .parse()
                .map_err(|_| std::io::ErrorKind::InvalidInput)
                .during(format!("kernel argument vulcan.port={text}"))?,
            None => DEFAULT_PORT,
        };
        Ok(Self {
            init: last("init=").unwrap_or(DEFAULT_INIT).into(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_repeated_arguments_counts() {
        let args = KernelArgs::parse("rdinit=/x init=/a vulcan.port=7 quiet init=/b\n");
        assert_eq!(
            args.ok(),
            Some(KernelArgs {
                init: "/b".into(),
                port: 7
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
                port: DEFAULT_PORT
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
