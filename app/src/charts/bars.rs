//! Bars: lying ones for categories with long names, standing ones for ranges of a number.

use super::axis::{rectangle, ticks};
use super::{Anchor, Figure, Mark, Text, WIDTH};
use crate::format;

/// What a bar stands for.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What is counted, in words.
    pub label: String,
    /// What stands at the axis; empty where the axis has no room.
    pub tick: String,
    /// How many.
    pub count: u64,
    /// Which colour.
    pub tone: u8,
    /// The explorer's filter.
    pub filter: String,
}

impl Bar {
    fn mark(self, path: String) -> Mark {
        Mark { path, tone: self.tone, label: self.label, count: self.count, filter: self.filter }
    }
}

const ROW: f32 = 26.0;

/// Where lying bars begin; their names end before it.
const NAMES: f32 = 240.0;

/// The room behind the longest lying bar for its number.
const NUMBER: f32 = 62.0;

/// Lying bars, one below the other.
pub fn lying(figure: Figure, bars: Vec<Bar>) -> Figure {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    let room = WIDTH as f32 - NAMES - NUMBER;
    let height = 8.0 + ROW * bars.len() as f32;
    let mut figure =
        Figure { height: height as u32, rules: format!("M{NAMES} 2V{}", height - 2.0), ..figure };
    for (row, bar) in (0u16..).zip(bars) {
        let y = 6.0 + ROW * f32::from(row);
        // A bar that can be seen, however few it stands for.
        let width = (room * bar.count as f32 / most as f32).max(1.5);
        let baseline = y + 13.0;
        let (tick, count) = (bar.tick.clone(), format::count(bar.count));
        let text = |x, anchor, text| Text { x, y: baseline, anchor, text };
        figure.texts.push(text(NAMES - 6.0, Anchor::End, tick));
        figure.texts.push(text((NAMES + width + 6.0).round(), Anchor::Start, count));
        figure.marks.push(bar.mark(rectangle(NAMES, y, width, 18.0)));
    }
    figure
}

const TOP: f32 = 14.0;
const BASE: f32 = 184.0;
const LEFT: f32 = 52.0;
const RIGHT: f32 = WIDTH as f32 - 6.0;

/// RenewalStatus bars side by side over an axis that is called `axis`. Bars of nothing are left out, and
/// keep their room.
pub fn standing(figure: Figure, bars: Vec<Bar>, axis: &str) -> Figure {
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
    for (place, bar) in (0u16..).zip(bars) {
        let x = LEFT + step * f32::from(place);
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
