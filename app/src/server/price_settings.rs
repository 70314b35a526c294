//! The prices of what jobs use, with which operators see the costs of jobs.

use clap::Args;
use gas_shared::cost::{MicroUsd, Prices};

/// Prices in US dollars. The defaults are the list prices of us-east-1.
#[derive(Args, Clone, Debug)]
pub struct PriceSettings {
    /// The price of an hour of a worker's instance, divided by the number of jobs that it runs at the same time.
    #[arg(long, env = "GAS_PRICE_WORKER_HOUR", default_value_t = Prices::default().worker_hour)]
    pub price_worker_hour: MicroUsd,
    /// The price of a GB of files in S3 for a month.
    #[arg(long, env = "GAS_PRICE_GB_MONTH", default_value_t = Prices::default().gb_month)]
    pub price_gb_month: MicroUsd,
    /// The price of the requests, messages and state transitions of a job.
    #[arg(long, env = "GAS_PRICE_JOB_REQUESTS", default_value_t = Prices::default().job_requests)]
    pub price_job_requests: MicroUsd,
}

impl PriceSettings {
    /// The prices.
    pub const fn prices(&self) -> Prices {
        let Self { price_worker_hour, price_gb_month, price_job_requests } = self;
        Prices {
            worker_hour: *price_worker_hour,
            gb_month: *price_gb_month,
            job_requests: *price_job_requests,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        prices: PriceSettings,
    }

    #[test]
    fn prices_are_dollars_with_defaults() {
        let read = |arguments: &[&str]| {
            let arguments = std::iter::once("gas-web").chain(arguments.iter().copied());
            Command::try_parse_from(arguments).map(|command| command.prices.prices())
        };
        assert_eq!(read(&[]).unwrap(), Prices::default());
        let spot = read(&["--price-worker-hour", "0.07"]).unwrap();
        assert_eq!(spot, Prices { worker_hour: MicroUsd(70_000), ..Prices::default() });
        assert!(read(&["--price-gb-month", "-1"]).is_err());
    }
}
