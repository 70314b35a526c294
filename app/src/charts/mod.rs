//! Charts of a result. The server turns the counts of `summary.json` into figures, which are shapes
//! with places; the page draws any of them with one component, and the same figures are files.

#[cfg(feature = "server")]
mod axis;
#[cfg(feature = "server")]
mod bars;
#[cfg(feature = "server")]
mod density;
#[cfg(feature = "server")]
mod figures;
#[cfg(feature = "server")]
mod ring;
#[cfg(feature = "server")]
mod svg;

#[cfg(feature = "server")]
pub use figures::figures;
#[cfg(feature = "server")]
pub use svg::to_svg;

use serde::{Deserialize, Serialize};

/// The width of every figure, in its own units; text is 12 high.
pub const WIDTH: u32 = 480;

/// A chart, laid out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Its name in addresses and ids.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it shows, in a sentence or two.
    pub summary: String,
    /// Its height; its width is [`WIDTH`].
    pub height: u32,
    /// What a row of its table is, and what is counted.
    pub head: (String, String),
    /// The bars, arcs and so on, in reading order.
    pub marks: Vec<Mark>,
    /// Words and numbers.
    pub texts: Vec<Text>,
    /// Axes and the lines of a grid, as SVG path data.
    pub rules: String,
}

/// Something that stands for a count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Its outline, as SVG path data.
    pub path: String,
    /// Which of the figure's colours it has. Labels say what colours do.
    pub tone: u8,
    /// What is counted.
    pub label: String,
    /// How many.
    pub count: u64,
    /// The filter of the results explorer that shows them, as it stands in an address.
    pub filter: String,
}

/// A text at a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// Where it is anchored.
    pub x: f32,
    /// Its baseline.
    pub y: f32,
    /// Which end of it is there.
    pub anchor: Anchor,
    /// The words.
    pub text: String,
}

/// Which end of a text is at its place: SVG's `text-anchor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// The spelling of SVG.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}
