//! The local stack: one machine plays AWS, the identity provider and the database, and runs the
//! GAS processes against them.
//!
//! [`Stack`] owns every process it starts: each runs in a process group of its own, writes to a
//! log file, and is ended when the stack stops or its owner dies. Nothing in the product knows of this crate: a
//! process is told where things are by its environment alone, as it is on AWS.
//!
//! A test is another process than the stack's owner; it finds the stack by its [`Description`].

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

pub use config::{ArchiveBackEnd, Ports, Programs, StackConfig, Verbosity};
pub use environment::{Environment, variable_of_output};
pub use error::Error;
pub use handle::{Description, STACK_VARIABLE};
pub use owner::{is_abandoned, owner, stop_running};
pub use stack::Stack;
