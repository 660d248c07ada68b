//! The guest's network: one virtio device, set up over netlink as its host says.

mod apply;
mod device;
mod message;
mod netlink;
mod resolver;
mod settings;

pub use apply::{configure_device, configure_link};
pub use device::is_present;
pub use settings::{Gateway, LinkSettings, Prefix, Settings};
