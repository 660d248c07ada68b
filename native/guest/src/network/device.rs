//! The virtio network device, as sysfs shows it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const DEVICES: &str = "/sys/bus/virtio/devices";
/// VIRTIO_ID_NET.
const NETWORK: &str = "0x0001";

/// Whether the VM has a network device, with or without its driver.
pub fn is_present() -> io::Result<bool> {
    Ok(!find()?.is_empty())
}

/// The name of the network device's link. The driver must be loaded.
pub fn link() -> io::Result<String> {
    let devices = find()?;
    let [device] = devices.as_slice() else {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("this VM has {} network devices, not one", devices.len()),
        ));
    };
    let links = fs::read_dir(device.join("net"))?.collect::<io::Result<Vec<_>>>()?;
    match links.as_slice() {
        [link] => Ok(link.file_name().to_string_lossy().into_owned()),
        _ => Err(io::Error::other("the network device has no link")),
    }
}

fn find() -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for device in list(Path::new(DEVICES))? {
        if fs::read_to_string(device.join("device"))?.trim() == NETWORK {
            found.push(device);
        }
    }
    Ok(found)
}

/// A bus without a driver is one without devices.
fn list(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.map(|entry| Ok(entry?.path())).collect(),
    }
}
