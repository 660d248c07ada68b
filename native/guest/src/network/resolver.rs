//! Which name servers programs ask.

use std::fmt::Write;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Replaces the resolver's configuration at `path` in one step: who reads it sees all or nothing.
pub fn write(path: &Path, nameservers: &[IpAddr]) -> io::Result<()> {
    let text = nameservers.iter().fold(String::new(), |mut text, server| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "nameserver {server}");
        text
    });
    let draft = path.with_extension("conf.new");
    fs::write(&draft, text)?;
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o644))?;
    fs::rename(&draft, path)
}
