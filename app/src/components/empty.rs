//! What a page shows where it has nothing to list.

use dioxus::prelude::*;

/// The picture of an empty state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// No file was annotated yet: a file whose lines become a helix.
    FirstFile,
    /// Nothing matches: a magnifying glass over an empty list.
    NoMatch,
    /// There are no counts yet: the axes of a chart without bars.
    NoChart,
    /// There is no text yet: an empty page.
    NoText,
}

impl Picture {
    /// All pictures, for the gallery.
    #[cfg(any(feature = "gallery", test))]
    pub const ALL: [Self; 4] = [Self::FirstFile, Self::NoMatch, Self::NoChart, Self::NoText];

    /// The lines in the color of the text, and those in the accent color, on a grid of 120 by 80.
    const fn paths(self) -> (&'static str, &'static str) {
        match self {
            Self::FirstFile => (
                "M14 10h26l10 10v50H14ZM40 10v10h10M21 32h22M21 42h16M21 52h22M58 40h12m-5-5 5 5-5 5",
                "M82 10c0 16 22 18 22 30s-22 14-22 30M104 10c0 16-22 18-22 30s22 14 22 30M86 18h14M86 62h14M90 34h6M90 46h6",
            ),
            Self::NoMatch => (
                "M14 14h64M14 30h40M14 46h34M14 62h40",
                "M82 28a18 18 0 1 0 0 36 18 18 0 0 0 0-36ZM95 59l13 13",
            ),
            Self::NoChart => {
                ("M20 8v60h88M20 52h4M20 36h4M20 20h4", "M32 68v-8M50 68v-20M68 68v-12M86 68v-32")
            }
            Self::NoText => ("M34 6h36l16 16v52H34ZM70 6v16h16", "M44 34h22M44 46h32M44 58h16"),
        }
    }
}

/// A picture, and below it what is missing and what to do.
#[component]
pub fn Empty(
    /// The picture above the text.
    picture: Picture,
    /// A live region role, if the content appears while the page is open.
    #[props(default)]
    role: Option<&'static str>,
    children: Element,
) -> Element {
    let (lines, accent) = picture.paths();
    rsx! {
        div { class: "empty", role,
            svg {
                class: "empty-picture",
                view_box: "0 0 120 80",
                width: "120",
                height: "80",
                fill: "none",
                stroke: "currentColor",
                stroke_width: "2",
                stroke_linecap: "round",
                stroke_linejoin: "round",
                "aria-hidden": "true",
                path { d: lines }
                path { class: "empty-accent", d: accent }
            }
            {children}
        }
    }
}
