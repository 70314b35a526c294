//! Signals that end a run.

use anyhow::Context;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What SIGTERM and SIGINT set.
pub(crate) fn cancelled_by_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let cancel = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, cancel.clone())
            .context("cannot install signal handlers")?;
    }
    Ok(cancel)
}
