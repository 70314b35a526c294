//! The server as the official SDK sees it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod archives;
mod fake_sns;
mod multipart;
mod process;
mod retrievals;
mod support;
