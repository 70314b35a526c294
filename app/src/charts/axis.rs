//! Axis ticks and SVG path helpers.

/// The ticks of an axis from 0 to `max`: 0 and at most four multiples of a round step.
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

/// Rounds a coordinate to a tenth, which keeps paths short.
pub fn short(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

/// The SVG path of a rectangle.
pub fn rectangle(x: f32, y: f32, width: f32, height: f32) -> String {
    let (x, y, width, height) = (short(x), short(y), short(width), short(height));
    format!("M{x} {y}h{width}v{height}h-{width}z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_few_round_ticks() {
        assert_eq!(ticks(0), [0]);
        assert_eq!(ticks(3), [0, 1, 2, 3]);
        assert_eq!(ticks(7), [0, 2, 4, 6]);
        assert_eq!(ticks(100), [0, 50, 100]);
        assert_eq!(ticks(1_234_567), [0, 500_000, 1_000_000]);
    }
}
