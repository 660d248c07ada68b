//! Runtimes are data: how each turns an entrypoint into a command.

/// A language that workloads can be written in.
pub struct Runtime {
    pub name: &'static str,
    /// The program and its arguments before the entrypoint; the program's path is absolute.
    pub command: &'static [&'static str],
    pub default_entrypoint: &'static str,
    /// Environment that a request may override.
    pub env: &'static [(&'static str, &'static str)],
}

/// The runtimes that images are made for.
pub const RUNTIMES: &[Runtime] = &[
    Runtime {
        name: "node",
        command: &["/usr/local/bin/node"],
        default_entrypoint: "index.js",
        env: &[],
    },
    Runtime {
        name: "python",
        command: &["/usr/bin/python3"],
        default_entrypoint: "main.py",
        // Into a pipe Python would hold output back until a block of it is full.
        env: &[("PYTHONUNBUFFERED", "1")],
    },
];

impl Runtime {
    /// The path of the program that an image of this runtime has.
    pub fn interpreter(&self) -> &'static str {
        self.command[0]
    }

    /// The whole command for an entrypoint, which is relative to the working directory.
    pub fn argv(&self, entrypoint: &str, args: Vec<String>) -> Vec<String> {
        // An entrypoint must not be taken for an option.
        let entrypoint = match entrypoint.starts_with('-') {
            true => format!("./{entrypoint}"),
            false => entrypoint.to_owned(),
        };
        let command = self.command.iter().map(|word| (*word).to_owned());
        command.chain([entrypoint]).chain(args).collect()
    }
}
