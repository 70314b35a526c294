//! Logging and shutdown, the same for all GAS processes.

mod logging;
#[cfg(feature = "metrics")]
pub mod metrics;
mod shutdown;
#[cfg(any(test, feature = "testkit"))]
mod testing;
mod trace;

pub use logging::{LogFormat, init_logging};
pub use shutdown::{Shutdown, shutdown_signal};
#[cfg(feature = "testkit")]
pub use testing::LogCapture;
pub use trace::{current_trace, record_trace};
