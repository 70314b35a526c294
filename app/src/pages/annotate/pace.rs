//! How much of a file is sent, how fast, and how long the rest will take.

/// The time over which the speed is an average, in milliseconds: long enough to be read, short
/// enough to follow a network that changes.
const AVERAGE_MS: f64 = 4000.0;

/// The shortest time between two looks at the speed, in milliseconds.
const LOOK_MS: f64 = 500.0;

/// The way of one file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The file's size in bytes.
    pub size: u64,
    /// How many bytes of it S3 has.
    pub sent: u64,
    /// Bytes in a millisecond, once known.
    speed: Option<f64>,
    /// When the speed was last looked at, and how much was sent then.
    looked: Option<(f64, u64)>,
}

impl Pace {
    /// A file that begins to be sent.
    pub const fn new(size: u64) -> Self {
        Self { size, sent: 0, speed: None, looked: None }
    }

    /// After so many bytes in all.
    #[must_use]
    pub fn after(self, bytes: u64, now: f64) -> Self {
        // What is sent again counts once; the tail of a request is no part of the file.
        let sent = bytes.min(self.size);
        let at = Self { sent, ..self };
        // The first news, which may be of an upload that goes on, says nothing of the speed.
        let Some((looked_at, had)) = self.looked else {
            return Self { looked: Some((now, sent)), ..at };
        };
        let time = now - looked_at;
        if time < LOOK_MS {
            return at;
        }
        let fresh = sent.saturating_sub(had) as f64 / time;
        let weight = (time / AVERAGE_MS).min(1.0);
        let speed = self.speed.map_or(fresh, |old| old + (fresh - old) * weight);
        Self { speed: Some(speed), looked: Some((now, sent)), ..at }
    }

    /// After the connection broke: what was under way is lost, and the speed is not known any more.
    #[must_use]
    pub const fn broken(self) -> Self {
        Self { speed: None, looked: None, ..self }
    }

    /// Per cent sent.
    pub const fn percent(&self) -> u64 {
        // A file has less than 2^53 bytes, so this fits.
        match (self.sent * 100).checked_div(self.size) {
            Some(percent) => percent,
            None => 100,
        }
    }

    /// Bytes a second, once known.
    pub fn bytes_per_second(&self) -> Option<u64> {
        self.speed.filter(|speed| *speed > 0.0).map(|speed| (speed * 1000.0) as u64)
    }

    /// How many seconds the rest takes at this speed, once known.
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
    fn speed_and_time_left_follow_what_is_sent() {
        let pace = Pace::new(10_000_000).after(0, 0.0);
        assert_eq!((pace.percent(), pace.bytes_per_second(), pace.seconds_left()), (0, None, None));
        let pace = pace.after(1_000_000, 1000.0);
        assert_eq!(pace.percent(), 10);
        assert_eq!((pace.bytes_per_second(), pace.seconds_left()), (Some(1_000_000), Some(9)));
        let slower = pace.after(1_100_000, 2000.0);
        let speed = slower.bytes_per_second().unwrap();
        assert!((500_000..1_000_000).contains(&speed), "{speed} is between old and new");
        assert!(slower.seconds_left() > pace.seconds_left());
    }

    #[test]
    fn news_in_quick_succession_move_the_bar_but_not_the_speed() {
        let pace = Pace::new(1000).after(0, 0.0).after(100, 600.0);
        let speed = pace.bytes_per_second();
        let pace = pace.after(900, 610.0);
        assert_eq!((pace.sent, pace.bytes_per_second()), (900, speed));
    }

    #[test]
    fn after_a_break_the_speed_is_measured_anew() {
        let pace = Pace::new(10_000).after(0, 0.0).after(5000, 1000.0).broken();
        assert_eq!((pace.sent, pace.seconds_left()), (5000, None));
        let pace = pace.after(4000, 90_000.0);
        assert_eq!((pace.sent, pace.bytes_per_second()), (4000, None), "some is sent again");
        assert_eq!(pace.after(6000, 91_000.0).bytes_per_second(), Some(2000));
    }

    #[test]
    fn a_stalled_connection_promises_nothing() {
        let pace = Pace::new(1000).after(0, 0.0).after(0, 1000.0);
        assert_eq!((pace.bytes_per_second(), pace.seconds_left()), (None, None));
    }

    #[test]
    fn a_forms_own_bytes_are_none_of_the_file() {
        assert_eq!(Pace::new(1000).after(2345, 1.0).percent(), 100);
    }
}
