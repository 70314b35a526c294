//! Role `redrive`: an operator's command that moves dead letters back to their queue.
//!
//! It runs with the operator's credentials: the roles of the processes may not read dead-letter queues.

use clap::Args;
use gas_backend::aws::Sdk;
use gas_backend::ports::LONG_POLL;
use gas_backend::usecases::redrive;
use std::io::Write;

/// Settings of role `redrive`.
#[derive(Args, Debug)]
pub(crate) struct RedriveSettings {
    /// The prefix of the names of all resources of the deployment.
    #[arg(long, env = "GAS_PREFIX")]
    prefix: String,
    /// The most messages to move.
    #[arg(long, default_value_t = 10_000)]
    max: u64,
    /// The queue without the prefix, such as `mail`. Its dead letters are in `<prefix>_<queue>_dlq`.
    queue: String,
}

/// Moves the dead letters and prints their number.
pub(crate) async fn run(settings: &RedriveSettings) -> anyhow::Result<()> {
    let RedriveSettings { prefix, max, queue } = settings;
    let sdk = Sdk::from_env().await;
    let name = format!("{prefix}_{queue}");
    let to = sdk.queue_named(&name).await?;
    let from = sdk.queue_named(&format!("{name}_dlq")).await?;
    let moved = redrive(&from, &to, *max, LONG_POLL).await?;
    writeln!(std::io::stdout(), "{moved} messages moved from {name}_dlq to {name}")?;
    Ok(())
}
