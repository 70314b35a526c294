//! `./gas bench load`: jobs a minute, and the times until they run and are completed, for several numbers of users at
//! once. An example of the end-to-end tests does the work, because it accesses the service as a browser does.

use crate::paths::Paths;
use crate::serve::prepare_servers;
use crate::step::run;
use crate::temporary_stack::with_stack;
use crate::workspace::example;
use anyhow::Result;
use clap::Args;
use gas_local::Ports;

/// Options of `bench load`.
#[derive(Args)]
pub(crate) struct LoadOptions {
    /// The numbers of users. Each submits one job after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 100])]
    users: Vec<u32>,
    /// How long new jobs are submitted for each number of users, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Starts a stack and measures. Web server, worker and utility node are not optimized.
pub(super) fn load(paths: &Paths, options: &LoadOptions) -> Result<()> {
    with_stack(prepare_servers(paths, Ports::free()?)?, "load", |stack| {
        run(stack.configure(
            example(paths, "gas-tests", "load-bench", &[])
                .arg(options.seconds.to_string())
                .args(options.users.iter().map(u32::to_string)),
        ))
    })
}
