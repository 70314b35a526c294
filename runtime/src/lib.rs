//! Logging and shutdown, the same for all GAS processes.

mod logging;
mod shutdown;
#[cfg(any(test, feature = "testkit"))]
mod testing;

pub use logging::{LogFormat, init_logging};
pub use shutdown::{Shutdown, shutdown_signal};
#[cfg(feature = "testkit")]
pub use testing::LogCapture;
