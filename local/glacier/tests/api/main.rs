//! The server as the official SDK sees it.

mod archives;
mod fake_sns;
mod multipart;
mod process;
mod retrievals;
mod support;
