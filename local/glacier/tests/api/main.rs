//! Tests of the server through the official SDK.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod archives;
mod fake_sns;
mod multipart;
mod process;
mod retrievals;
mod support;
