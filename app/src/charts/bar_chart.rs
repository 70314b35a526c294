//! Bar charts: horizontal bars for categories with long names, vertical bars for the bins of a
//! histogram.

use super::axis::{rectangle, ticks};
use super::{Anchor, Figure, Mark, Text, WIDTH};
use crate::format;

/// One bar, or one part of a ring.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What is counted, as tables and screen readers show it.
    pub label: String,
    /// The label at the axis; empty if the bar has none.
    pub tick: String,
    /// The count.
    pub count: u64,
    /// The index of its color.
    pub tone: u8,
    /// The filter of the results explorer that selects the counted variants, in URL form.
    pub filter: String,
}

impl Bar {
    fn mark(self, path: String) -> Mark {
        Mark { path, tone: self.tone, label: self.label, count: self.count, filter: self.filter }
    }
}

/// Height of a horizontal bar with its gap.
const ROW: f32 = 26.0;

/// The left end of horizontal bars, to the right of their labels.
const BAR_LEFT: f32 = 240.0;

/// Width reserved for the count to the right of the longest horizontal bar.
const COUNT_WIDTH: f32 = 62.0;

/// Draws horizontal bars below each other.
pub fn horizontal_bars(figure: Figure, bars: Vec<Bar>) -> Figure {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    let room = WIDTH as f32 - BAR_LEFT - COUNT_WIDTH;
    let height = 8.0 + ROW * bars.len() as f32;
    let mut figure = Figure {
        height: height as u32,
        rules: format!("M{BAR_LEFT} 2V{}", height - 2.0),
        ..figure
    };
    for (row, bar) in (0u16..).zip(bars) {
        let y = 6.0 + ROW * f32::from(row);
        // A minimum width keeps small counts visible.
        let width = (room * bar.count as f32 / most as f32).max(1.5);
        let baseline = y + 13.0;
        let (tick, count) = (bar.tick.clone(), format::count(bar.count));
        let text = |x, anchor, text| Text { x, y: baseline, anchor, text };
        figure.texts.push(text(BAR_LEFT - 6.0, Anchor::End, tick));
        figure.texts.push(text((BAR_LEFT + width + 6.0).round(), Anchor::Start, count));
        figure.marks.push(bar.mark(rectangle(BAR_LEFT, y, width, 18.0)));
    }
    figure
}

// The plot area of vertical bars.
const TOP: f32 = 14.0;
const BASE: f32 = 184.0;
const LEFT: f32 = 52.0;
/// Leaves room for half of the label of the last bar.
const RIGHT: f32 = WIDTH as f32 - 12.0;

/// Draws vertical bars side by side above an axis with the title `axis`. A bar with a count of 0 is
/// not drawn but keeps its space.
pub fn vertical_bars(figure: Figure, bars: Vec<Bar>, axis: &str) -> Figure {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    let step = (RIGHT - LEFT) / bars.len().max(1) as f32;
    let gap = (step * 0.2).min(3.0);
    let mut figure = Figure { height: 228, ..figure };
    for tick in ticks(most) {
        let y = BASE - (BASE - TOP) * tick as f32 / most as f32;
        figure.rules.push_str(&format!("M{LEFT} {:.1}H{RIGHT}", y));
        let text = format::count(tick);
        figure.texts.push(Text { x: LEFT - 6.0, y: y + 4.0, anchor: Anchor::End, text });
    }
    for (index, bar) in (0u16..).zip(bars) {
        let x = LEFT + step * f32::from(index);
        if !bar.tick.is_empty() {
            let x = (x + step / 2.0).round();
            let text = bar.tick.clone();
            figure.texts.push(Text { x, y: BASE + 17.0, anchor: Anchor::Middle, text });
        }
        if bar.count > 0 {
            let height = ((BASE - TOP) * bar.count as f32 / most as f32).max(1.5);
            let path = rectangle(x + gap / 2.0, BASE - height, step - gap, height);
            figure.marks.push(bar.mark(path));
        }
    }
    let middle = ((LEFT + RIGHT) / 2.0).round();
    let text = axis.to_owned();
    figure.texts.push(Text { x: middle, y: 222.0, anchor: Anchor::Middle, text });
    figure
}
