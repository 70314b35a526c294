use dioxus::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An arrow up.
    Upload,
    /// An arrow down.
    Download,
    /// A clock.
    Waiting,
    /// An arrow in a circle.
    Running,
    /// A tick.
    Done,
    /// A cross.
    Failed,
    /// A bar in a circle.
    Stopped,
    /// Two sheets.
    Copy,
    /// A box.
    Archive,
    /// A triangle with a mark.
    Warning,
    /// A triangle.
    Rising,
}

impl Shape {
    /// SVG path data on a grid of 24 by 24.
    const fn path(self) -> &'static str {
        match self {
            Self::Upload => "M12 16V4m0 0L7 9m5-5 5 5M4 20h16",
            Self::Download => "M12 4v12m0 0 5-5m-5 5-5-5M4 20h16",
            Self::Waiting => "M12 7v5l3 3M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
            Self::Running => "M20 12a8 8 0 1 1-2.3-5.6M20 3v5h-5",
            Self::Done => "M5 12.5 10 17.5 19 7",
            Self::Failed => "M6 6l12 12M18 6 6 18",
            Self::Stopped => "M8 12h8M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
            Self::Archive => "M4 8v12h16V8M3 4h18v4H3ZM10 12h4",
            Self::Warning => "M12 4 2.5 20h19ZM12 10v5m0 2.5v.1",
            Self::Rising => "M12 7 4 17h16Z",
            Self::Copy => "M9 9h11v11H9ZM5 15H4V4h11v1",
        }
    }
}

/// A line drawing beside a text that says the same.
#[component]
pub fn Icon(shape: Shape) -> Element {
    rsx! {
        svg {
            class: "icon",
            view_box: "0 0 24 24",
            width: "18",
            height: "18",
            fill: "none",
            stroke: "currentColor",
            stroke_width: "2",
            stroke_linecap: "round",
            stroke_linejoin: "round",
            "aria-hidden": "true",
            path { d: shape.path() }
        }
    }
}
