//! The ring chart: two parts of a whole.

use super::bar_chart::Bar;
use super::labels::fitted;
use super::{Anchor, Figure, Mark, Text, WIDTH};
use crate::format;
use std::f32::consts::TAU;

const CENTER: (f32, f32) = (76.0, 80.0);
const OUTER: f32 = 70.0;
const INNER: f32 = 44.0;

/// The left end of the legend.
const LEGEND: f32 = 170.0;

/// Draws parts as segments of a ring with a legend. A part with a count of 0 has no segment.
pub fn ring_chart(figure: Figure, parts: Vec<Bar>) -> Figure {
    let total = parts.iter().map(|part| part.count).sum::<u64>().max(1);
    let mut figure = Figure { height: 160, ..figure };
    let mut before = 0;
    for (row, part) in (0u16..).zip(parts) {
        let (from, to) = (turn(before, total), turn(before + part.count, total));
        let y = 56.0 + 46.0 * f32::from(row);
        let percent = part.count as f64 * 100.0 / total as f64;
        let counted = format!("{} ({percent:.1} %)", format::count(part.count));
        let left = LEGEND + 22.0;
        let room = WIDTH as f32 - left;
        figure.texts.push(Text::new(left, y, Anchor::Start, fitted(&part.tick, room)));
        figure.texts.push(Text::new(left, y + 17.0, Anchor::Start, counted));
        // The legend's color key is part of the mark.
        let key = super::axis::rectangle(LEGEND, y - 11.0, 14.0, 14.0);
        if part.count > 0 {
            figure.marks.push(Mark {
                path: format!("{}{key}", arc(from, to)),
                tone: part.tone,
                label: part.label,
                count: part.count,
                filter: part.filter,
            });
        }
        before += part.count;
    }
    figure
}

/// The fraction of a turn.
fn turn(part: u64, total: u64) -> f32 {
    (part as f64 / total as f64) as f32
}

/// The path of a segment between two fractions of a turn, clockwise from the top. It is drawn in
/// two halves because SVG does not draw an arc whose ends coincide.
fn arc(from: f32, to: f32) -> String {
    let middle = (from + to) / 2.0;
    let at = |turn: f32, radius: f32| {
        let (sin, cos) = (turn * TAU).sin_cos();
        format!("{:.1} {:.1}", CENTER.0 + radius * sin, CENTER.1 - radius * cos)
    };
    let sweep = |radius: f32, turn: f32, clockwise: u8| {
        format!("A{radius} {radius} 0 0 {clockwise} {}", at(turn, radius))
    };
    format!(
        "M{}{}{}L{}{}{}z",
        at(from, OUTER),
        sweep(OUTER, middle, 1),
        sweep(OUTER, to, 1),
        at(to, INNER),
        sweep(INNER, middle, 0),
        sweep(INNER, from, 0),
    )
}
