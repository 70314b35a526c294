//! What jobs cost the operator, estimated from settable prices.
//!
//! Only what grows with the jobs is counted: the time of workers, storage of a month, and requests. What a deployment costs
//! without jobs, and downloads, are in `deploy/README.md`.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MicroUsd(pub u64);

const MICROS: u64 = 1_000_000;

impl MicroUsd {
    /// `count` times this amount, divided by `per`.
    fn times(self, count: u64, per: u64) -> Self {
        let product = u128::from(self.0) * u128::from(count) / u128::from(per.max(1));
        Self(product.try_into().unwrap_or(u64::MAX))
    }

    fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// Dollars, such as `0.1785`, without zeros at the end.
impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, micros) = (self.0 / MICROS, self.0 % MICROS);
        if micros == 0 {
            return write!(f, "{dollars}");
        }
        let micros = format!("{micros:06}");
        write!(f, "{dollars}.{}", micros.trim_end_matches('0'))
    }
}

/// A text that is no amount of dollars.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an amount of US dollars with at most 6 decimals, such as 0.1785")]
pub struct InvalidUsd(String);

impl FromStr for MicroUsd {
    type Err = InvalidUsd;

    fn from_str(text: &str) -> Result<Self, InvalidUsd> {
        let invalid = || InvalidUsd(text.to_owned());
        let (dollars, micros) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(dollars) || !is_number(micros) || micros.len() > 6 {
            return Err(invalid());
        }
        let dollars: u64 = dollars.parse().map_err(|_| invalid())?;
        let micros: u64 = format!("{micros:0<6}").parse().map_err(|_| invalid())?;
        let whole = dollars.checked_mul(MICROS).and_then(|whole| whole.checked_add(micros));
        whole.map(Self).ok_or_else(invalid)
    }
}

/// The prices of what jobs use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Prices {
    /// An hour of a worker, divided by the number of jobs that it runs at the same time, in millionths of a US dollar.
    #[cfg_attr(feature = "openapi", schema(value_type = u64, example = 178_500))]
    pub worker_hour: MicroUsd,
    /// A GB (1,000,000,000 bytes) of files for a month.
    #[cfg_attr(feature = "openapi", schema(value_type = u64, example = 23_000))]
    pub gb_month: MicroUsd,
    /// The requests, messages and state transitions of a job.
    #[cfg_attr(feature = "openapi", schema(value_type = u64, example = 160))]
    pub job_requests: MicroUsd,
}

/// The list prices of `deploy/README.md`, in us-east-1.
impl Default for Prices {
    fn default() -> Self {
        Self {
            worker_hour: MicroUsd(178_500),
            gb_month: MicroUsd(23_000),
            job_requests: MicroUsd(160),
        }
    }
}

const HOUR_SECS: u64 = 3600;
const GB: u64 = 1_000_000_000;

impl Prices {
    /// What workers cost that run for this long.
    pub fn of_workers(&self, workers: u32, time: SignedDuration) -> MicroUsd {
        let secs = u64::try_from(time.as_secs()).unwrap_or_default();
        self.worker_hour.times(secs.saturating_mul(workers.into()), HOUR_SECS)
    }
}

/// What jobs cost. Amounts are in millionths of a US dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobCosts {
    /// The prices that it is estimated with.
    pub prices: Prices,
    /// The number of jobs.
    pub jobs: u64,
    /// The seconds that workers ran them.
    pub run_secs: u64,
    /// The bytes of their inputs and results.
    pub bytes: u64,
    /// The cost of the workers.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub workers: MicroUsd,
    /// The cost of the files in a month.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub storage: MicroUsd,
    /// The cost of requests.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub requests: MicroUsd,
    /// The sum.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub total: MicroUsd,
    /// The mean of a job.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub per_job: MicroUsd,
}

impl JobCosts {
    /// What this number of jobs costs, which workers ran for `run_secs`, and whose inputs and results have `bytes`.
    pub fn of(jobs: u64, run_secs: u64, bytes: u64, prices: Prices) -> Self {
        let workers = prices.worker_hour.times(run_secs, HOUR_SECS);
        let storage = prices.gb_month.times(bytes, GB);
        let requests = prices.job_requests.times(jobs, 1);
        let total = workers.plus(storage).plus(requests);
        let per_job = total.times(1, jobs);
        Self { prices, jobs, run_secs, bytes, workers, storage, requests, total, per_job }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_written_as_they_are_read() {
        for text in ["0", "0.1785", "0.023", "0.00016", "12", "12.5"] {
            assert_eq!(text.parse::<MicroUsd>().unwrap().to_string(), text);
        }
        assert_eq!("1.50".parse(), Ok(MicroUsd(1_500_000)));
        for text in ["", ".", "-1", "1,5", "0.0000001", "1e3", "99999999999999999999"] {
            assert!(text.parse::<MicroUsd>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn costs_are_the_sum_of_workers_storage_and_requests() {
        let costs = JobCosts::of(1_000, 7_200, 30 * GB, Prices::default());
        assert_eq!(costs.workers, MicroUsd(357_000), "2 h x 0.1785");
        assert_eq!(costs.storage, MicroUsd(690_000), "30 GB x 0.023");
        assert_eq!(costs.requests, MicroUsd(160_000));
        assert_eq!((costs.total, costs.per_job), (MicroUsd(1_207_000), MicroUsd(1_207)));
        let none = JobCosts::of(0, 0, 0, Prices::default());
        assert_eq!((none.total, none.per_job), (MicroUsd(0), MicroUsd(0)));
    }

    #[test]
    fn a_run_costs_the_time_of_all_its_workers() {
        let prices = Prices::default();
        assert_eq!(prices.of_workers(8, SignedDuration::from_mins(30)), MicroUsd(714_000));
        assert_eq!(prices.of_workers(1, SignedDuration::from_secs(-5)), MicroUsd(0));
        assert_eq!(prices.of_workers(u32::MAX, SignedDuration::MAX), MicroUsd(u64::MAX));
    }

    #[test]
    fn the_default_prices_are_those_of_the_price_list() {
        let list = include_str!("../../deploy/README.md");
        let Prices { worker_hour, gb_month, job_requests } = Prices::default();
        for price in [format!("h x {worker_hour} "), format!("GB x {gb_month} ")] {
            assert!(list.contains(&price), "{price}");
        }
        assert!(list.contains(&format!("{job_requests} a job")));
    }
}
