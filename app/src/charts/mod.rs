//! Charts of a result. The server turns the counts of `summary.json` into [`Figure`]s, which are
//! shapes and texts with coordinates. The page draws every figure with the same component, and the
//! same figures can be downloaded as SVG files.

#[cfg(feature = "server")]
mod axis;
#[cfg(feature = "server")]
mod bar_chart;
#[cfg(feature = "server")]
mod density_chart;
#[cfg(feature = "server")]
mod figures;
#[cfg(feature = "server")]
mod labels;
#[cfg(feature = "server")]
mod ring_chart;
#[cfg(feature = "server")]
mod svg;

#[cfg(feature = "server")]
pub use figures::figures;
#[cfg(feature = "server")]
pub use svg::to_svg;

use serde::{Deserialize, Serialize};

/// The width of every figure in SVG user units: that of a phone, so that nothing is cut off there. The font size is 12.
pub const WIDTH: u32 = 360;

/// A chart with its layout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The name in URLs and element ids.
    pub name: String,
    /// The title.
    pub title: String,
    /// What the chart shows, in one or two sentences.
    pub summary: String,
    /// The height; the width is [`WIDTH`].
    pub height: u32,
    /// The column headers of its table: the category and the count.
    pub head: (String, String),
    /// Bars or segments, in reading order.
    pub marks: Vec<Mark>,
    /// Labels.
    pub texts: Vec<Text>,
    /// Axes and grid lines, as SVG path data.
    pub rules: String,
}

/// A shape that represents a count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// The outline, as SVG path data.
    pub path: String,
    /// The index of its color. No information is conveyed by color alone: labels repeat it.
    pub tone: u8,
    /// What is counted.
    pub label: String,
    /// The count.
    pub count: u64,
    /// The filter of the results explorer that selects the counted variants, in URL form.
    pub filter: String,
}

/// A text with coordinates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// The x coordinate of its anchor.
    pub x: f32,
    /// The y coordinate of its baseline.
    pub y: f32,
    /// Which point of the text is at `x`.
    pub anchor: Anchor,
    /// The text.
    pub text: String,
    /// Whether it is the heading of a group of bars.
    pub is_heading: bool,
}

#[cfg(feature = "server")]
impl Text {
    const fn new(x: f32, y: f32, anchor: Anchor, text: String) -> Self {
        Self { x, y, anchor, text, is_heading: false }
    }

    const fn heading(x: f32, y: f32, text: String) -> Self {
        Self { x, y, anchor: Anchor::Start, text, is_heading: true }
    }
}

/// SVG's `text-anchor`: which point of a text its x coordinate refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Anchor {
    /// The start of the text.
    Start,
    /// The middle of the text.
    Middle,
    /// The end of the text.
    End,
}

impl Anchor {
    /// The attribute's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}
