//! Kernel modules of the initrd.

use std::fs::File;
use std::path::Path;

use rustix::io::Errno;

use crate::step::{During, Failure};

const DIR: &str = "/modules";

/// Loads the modules that a file beside them names, one a line, in that order. A module that does
/// not load is logged: what is missed because of it is found and named later.
pub fn load(order: &str) -> Result<(), Failure> {
    let dir = Path::new(DIR);
    let order_path = dir.join(order);
    let order =
        std::fs::read_to_string(&order_path).during(format!("reading {}", order_path.display()))?;
    for name in order.lines().filter(|name| !name.is_empty()) {
        let path = dir.join(name);
        let file = File::open(&path).during(format!("opening {}", path.display()))?;
        match rustix::system::finit_module(&file, c"", 0) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => crate::log::write(format_args!("module {name}: {error}")),
        }
    }
    Ok(())
}
