//! Bar charts: horizontal bars for categories with long names, vertical bars for the bins of a
//! histogram.

use super::axis::{rectangle, ticks};
use super::labels::{fitted, short_count, width_of};
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

/// Horizontal bars with a common heading.
#[derive(Clone, Debug)]
pub struct BarGroup {
    /// The heading; empty if the group has none.
    pub heading: String,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// Height of a horizontal bar with the line of its label above it, and with a gap.
const ROW: f32 = 31.0;

/// Height of a heading.
const HEADING: f32 = 26.0;

/// The height of a horizontal bar.
const BAR: f32 = 9.0;

/// The space between a label and the count in the same line.
const LABEL_GAP: f32 = 10.0;

/// Draws horizontal bars below each other. The label of each bar and its count are above it, so that they never
/// collide with bars.
pub fn horizontal_bars(figure: Figure, groups: Vec<BarGroup>) -> Figure {
    let bars = groups.iter().flat_map(|group| &group.bars);
    let most = bars.map(|bar| bar.count).max().unwrap_or(0).max(1);
    let right = WIDTH as f32;
    let mut figure = figure;
    let mut y = 0.0;
    for group in groups {
        if !group.heading.is_empty() {
            let text = Text::heading(0.0, y + 17.0, fitted(&group.heading, right));
            figure.texts.push(text);
            y += HEADING;
        }
        for bar in group.bars {
            // A minimum width keeps small counts visible.
            let width = (right * bar.count as f32 / most as f32).max(1.5);
            let (baseline, count) = (y + 12.0, format::count(bar.count));
            let tick = fitted(&bar.tick, right - width_of(&count) - LABEL_GAP);
            figure.texts.push(Text::new(0.0, baseline, Anchor::Start, tick));
            figure.texts.push(Text::new(right, baseline, Anchor::End, count));
            figure.marks.push(bar.mark(rectangle(0.0, y + 17.0, width, BAR)));
            y += ROW;
        }
    }
    Figure { height: y as u32, ..figure }
}

// The plot area of vertical bars.
const TOP: f32 = 14.0;
const BASE: f32 = 184.0;
const LEFT: f32 = 58.0;
/// Leaves room for half of the label of the last bar.
const RIGHT: f32 = WIDTH as f32 - 14.0;

/// The space between labels of an axis.
const TICK_GAP: f32 = 4.0;

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
        figure.texts.push(Text::new(LEFT - 6.0, y + 4.0, Anchor::End, short_count(tick)));
    }
    // Labels that would touch the one before are left out; the table below the chart has all.
    let mut free_from = 0.0;
    for (index, bar) in (0u16..).zip(bars) {
        let x = LEFT + step * f32::from(index);
        let (middle, half) = ((x + step / 2.0).round(), width_of(&bar.tick) / 2.0);
        let fits = middle - half >= free_from && middle + half <= WIDTH as f32;
        if !bar.tick.is_empty() && fits {
            let tick = bar.tick.clone();
            figure.texts.push(Text::new(middle, BASE + 19.0, Anchor::Middle, tick));
            free_from = middle + half + TICK_GAP;
        }
        if bar.count > 0 {
            let height = ((BASE - TOP) * bar.count as f32 / most as f32).max(1.5);
            let path = rectangle(x + gap / 2.0, BASE - height, step - gap, height);
            figure.marks.push(bar.mark(path));
        }
    }
    let middle = ((LEFT + RIGHT) / 2.0).round();
    figure.texts.push(Text::new(middle, 222.0, Anchor::Middle, axis.to_owned()));
    figure
}
