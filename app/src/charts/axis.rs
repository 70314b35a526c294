//! Scales and their round numbers.

/// Round steps from 0 up to a maximum, at most four of them; none where there is nothing.
pub fn ticks(max: u64) -> Vec<u64> {
    let mut power = 1;
    loop {
        for step in [power, 2 * power, 5 * power] {
            if max <= step * 4 {
                return (0..=max / step).map(|n| n * step).collect();
            }
        }
        power *= 10;
    }
}

/// A number as it is drawn: to a tenth, so that paths stay short.
pub fn short(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

/// The outline of a rectangle.
pub fn rectangle(x: f32, y: f32, width: f32, height: f32) -> String {
    let (x, y, width, height) = (short(x), short(y), short(width), short(height));
    format!("M{x} {y}h{width}v{height}h-{width}z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(0), [0]);
        assert_eq!(ticks(3), [0, 1, 2, 3]);
        assert_eq!(ticks(7), [0, 2, 4, 6]);
        assert_eq!(ticks(100), [0, 50, 100]);
        assert_eq!(ticks(1_234_567), [0, 500_000, 1_000_000]);
    }
}
