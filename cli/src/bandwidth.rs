//! The limit of the rate at which files are sent and received.

use std::num::NonZeroU64;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The smallest limit, in bytes a second: with less, connections would seem to be idle.
const MIN_BYTES_PER_SEC: u64 = 64 * 1024;

/// A rate in bytes a second, written as `500K`, `10M` or `1G` in binary units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(NonZeroU64);

/// The text is not a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a rate of at least 64K; give bytes a second, such as 500K, 10M or 1G")]
pub struct InvalidRate(String);

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let invalid = || InvalidRate(text.to_owned());
        let (digits, unit) = match text.chars().last() {
            Some('K' | 'k') => (&text[..text.len() - 1], 1 << 10),
            Some('M' | 'm') => (&text[..text.len() - 1], 1 << 20),
            Some('G' | 'g') => (&text[..text.len() - 1], 1 << 30),
            _ => (text, 1),
        };
        let count: u64 = digits.parse().map_err(|_| invalid())?;
        let rate = count.checked_mul(unit).filter(|rate| *rate >= MIN_BYTES_PER_SEC);
        rate.and_then(NonZeroU64::new).map(Self).ok_or_else(invalid)
    }
}

/// Makes all transfers together wait so that they keep to a rate. Clones share it.
#[derive(Clone, Debug)]
pub struct Bandwidth {
    rate: Option<Rate>,
    /// When the next bytes may pass.
    next: Arc<Mutex<Instant>>,
}

impl Bandwidth {
    /// Without a rate, nothing waits.
    pub fn new(rate: Option<Rate>) -> Self {
        Self { rate, next: Arc::new(Mutex::new(Instant::now())) }
    }

    /// Waits until this number of bytes may pass.
    pub async fn pass(&self, bytes: usize) {
        let Some(Rate(rate)) = self.rate else { return };
        let at = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let at = (*next).max(Instant::now());
            *next = at + Duration::from_secs_f64(bytes as f64 / rate.get() as f64);
            at
        };
        sleep_until(at).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_binary_units_and_a_minimum() {
        let rate = |text: &str| text.parse::<Rate>().map(|rate| rate.0.get()).ok();
        assert_eq!(rate("500K"), Some(500 << 10));
        assert_eq!(rate("10m"), Some(10 << 20));
        assert_eq!(rate("1G"), Some(1 << 30));
        assert_eq!(rate("70000"), Some(70_000));
        for text in ["", "K", "1K", "0", "-1M", "10é", "99999999999999999999G"] {
            assert_eq!(rate(text), None, "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_transfers_together_keep_to_the_rate() {
        let bandwidth = Bandwidth::new(Some("100K".parse().unwrap()));
        let begun = Instant::now();
        let transfer = || async {
            let bandwidth = bandwidth.clone();
            for _ in 0..10 {
                bandwidth.pass(10 << 10).await;
            }
        };
        tokio::join!(transfer(), transfer());
        let took = begun.elapsed();
        // The last piece need not wait for its own time.
        assert!((1_890..=2_000).contains(&took.as_millis()), "{took:?}");
        Bandwidth::new(None).pass(usize::MAX).await;
    }
}
