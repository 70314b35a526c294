//! The progress of a transfer: bytes sent, speed, remaining time.

/// The time constant of the average speed, in milliseconds: long enough to be readable, short enough to
/// follow changes of the network.
const AVERAGE_MS: f64 = 4000.0;

/// The shortest time between two measurements of the speed, in milliseconds.
const MEASURE_MS: f64 = 500.0;

/// The progress and the average speed of one file's transfer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransferRate {
    /// The file's size in bytes.
    pub size: u64,
    /// The number of bytes that S3 has received.
    pub sent: u64,
    /// Bytes per millisecond, once measured.
    speed: Option<f64>,
    /// The time of the last measurement, and the bytes sent by then.
    measured: Option<(f64, u64)>,
}

impl TransferRate {
    /// The start of a transfer.
    pub const fn new(size: u64) -> Self {
        Self { size, sent: 0, speed: None, measured: None }
    }

    /// The rate when `bytes` have been sent in total at the time `now`, in milliseconds.
    #[must_use]
    pub fn after(self, bytes: u64, now: f64) -> Self {
        // Bytes that are sent again count once, and those of the form around the file do not count.
        let sent = bytes.min(self.size);
        let at = Self { sent, ..self };
        // The first report may be of an upload that is resumed, so it says nothing about the speed.
        let Some((measured_at, before)) = self.measured else {
            return Self { measured: Some((now, sent)), ..at };
        };
        let time = now - measured_at;
        if time < MEASURE_MS {
            return at;
        }
        let current = sent.saturating_sub(before) as f64 / time;
        let weight = (time / AVERAGE_MS).min(1.0);
        let speed = self.speed.map_or(current, |old| old + (current - old) * weight);
        Self { speed: Some(speed), measured: Some((now, sent)), ..at }
    }

    /// The rate after the connection was lost. The speed is unknown until it is measured again.
    #[must_use]
    pub const fn interrupted(self) -> Self {
        Self { speed: None, measured: None, ..self }
    }

    /// The percentage sent.
    pub const fn percent(&self) -> u64 {
        // Files have less than 2^53 bytes, so the product does not overflow.
        match (self.sent * 100).checked_div(self.size) {
            Some(percent) => percent,
            None => 100,
        }
    }

    /// The speed in bytes per second, once known.
    pub fn bytes_per_second(&self) -> Option<u64> {
        self.speed.filter(|speed| *speed > 0.0).map(|speed| (speed * 1000.0) as u64)
    }

    /// The remaining time in seconds at the current speed, once known.
    pub fn seconds_left(&self) -> Option<u64> {
        let left = self.size.saturating_sub(self.sent) as f64;
        let speed = self.speed.filter(|speed| *speed > 0.0)?;
        Some((left / speed / 1000.0).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_and_remaining_time_follow_the_bytes_sent() {
        let rate = TransferRate::new(10_000_000).after(0, 0.0);
        assert_eq!((rate.percent(), rate.bytes_per_second(), rate.seconds_left()), (0, None, None));
        let rate = rate.after(1_000_000, 1000.0);
        assert_eq!(rate.percent(), 10);
        assert_eq!((rate.bytes_per_second(), rate.seconds_left()), (Some(1_000_000), Some(9)));
        let slower = rate.after(1_100_000, 2000.0);
        let speed = slower.bytes_per_second().unwrap();
        assert!((500_000..1_000_000).contains(&speed), "{speed} is between old and new");
        assert!(slower.seconds_left() > rate.seconds_left());
    }

    #[test]
    fn reports_in_quick_succession_advance_the_progress_but_not_the_speed() {
        let rate = TransferRate::new(1000).after(0, 0.0).after(100, 600.0);
        let speed = rate.bytes_per_second();
        let rate = rate.after(900, 610.0);
        assert_eq!((rate.sent, rate.bytes_per_second()), (900, speed));
    }

    #[test]
    fn the_speed_is_measured_again_after_an_interruption() {
        let rate = TransferRate::new(10_000).after(0, 0.0).after(5000, 1000.0).interrupted();
        assert_eq!((rate.sent, rate.seconds_left()), (5000, None));
        let rate = rate.after(4000, 90_000.0);
        assert_eq!((rate.sent, rate.bytes_per_second()), (4000, None), "some bytes are sent again");
        assert_eq!(rate.after(6000, 91_000.0).bytes_per_second(), Some(2000));
    }

    #[test]
    fn a_stalled_connection_has_no_speed_and_no_remaining_time() {
        let rate = TransferRate::new(1000).after(0, 0.0).after(0, 1000.0);
        assert_eq!((rate.bytes_per_second(), rate.seconds_left()), (None, None));
    }

    #[test]
    fn the_bytes_of_the_form_do_not_count_as_bytes_of_the_file() {
        assert_eq!(TransferRate::new(1000).after(2345, 1.0).percent(), 100);
    }
}
