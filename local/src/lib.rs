//! The local stack: emulators of AWS, Stripe and the identity provider, PostgreSQL, and the GAS
//! processes on one machine.
//!
//! [`Stack`] owns every process that it starts. Each runs in its own process group, writes to a log
//! file, and ends when the stack stops or its owner dies. The product does not depend on this
//! crate: as on AWS, a process gets all addresses through its environment.
//!
//! Tests run in other processes than the stack's owner; they find the stack through its
//! [`Description`].

mod command;
mod config;
mod deploy;
mod environment;
mod error;
mod handle;
mod health;
mod log;
mod owner;
mod ports;
mod postgres;
mod process;
mod services;
mod stack;

pub use config::{ArchiveBackEnd, Programs, References, StackConfig, Verbosity};
pub use environment::{Environment, variable_of_output};
pub use error::Error;
pub use handle::{Description, STACK_VARIABLE};
pub use owner::{is_abandoned, owner, stop_running};
pub use ports::Ports;
pub use stack::Stack;
