//! Gives every selection of packages the same features of third-party libraries.
//!
//! The crate has no code: its dependencies turn on, for each library, the union of the features that
//! the whole workspace uses. `./gas up`, `./gas test`, `./gas check` and `cargo build -p gas-cli`
//! therefore share one compilation of each library. `./gas check` verifies it.
//!
//! The browser's half of the application does not depend on this crate, so that its module has only
//! the features that it needs.
