//! The icons.

use dioxus::prelude::*;

/// Declares the icons with their SVG path data on a 24 by 24 grid, so that `IconName::ALL` is complete.
macro_rules! icons {
    ($($(#[$doc:meta])+ $name:ident = $path:literal;)+) => {
        /// The name of an icon, which says what it depicts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum IconName {
            $($(#[$doc])+ $name,)+
        }

        impl IconName {
            /// Every icon, for the gallery.
            #[cfg(any(feature = "gallery", test))]
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            const fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)+
                }
            }
        }
    };
}

icons! {
    /// An arrow up.
    Upload = "M12 16V4m0 0L7 9m5-5 5 5M4 20h16";
    /// An arrow down.
    Download = "M12 4v12m0 0 5-5m-5 5-5-5M4 20h16";
    /// A clock.
    Waiting = "M12 7v5l3 3M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z";
    /// An arrow in a circle.
    Running = "M20 12a8 8 0 1 1-2.3-5.6M20 3v5h-5";
    /// A tick.
    Done = "M5 12.5 10 17.5 19 7";
    /// A pencil.
    Edit = "M4 20h4L19 9l-4-4L4 16v4Z";
    /// A cross.
    Cross = "M6 6l12 12M18 6 6 18";
    /// A bar in a circle.
    Stopped = "M8 12h8M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z";
    /// Two sheets.
    Copy = "M9 9h11v11H9ZM5 15H4V4h11v1";
    /// Two links of a chain.
    Link = "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1";
    /// A box.
    Archive = "M4 8v12h16V8M3 4h18v4H3ZM10 12h4";
    /// A letter i in a circle.
    Info = "M12 11v5m0-8.5v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z";
    /// A triangle with a mark.
    Warning = "M12 4 2.5 20h19ZM12 10v5m0 2.5v.1";
    /// A triangle.
    Rising = "M12 7 4 17h16Z";
    /// Three dots.
    More = "M5 10.8a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4Zm7 0a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4Zm7 0a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4Z";
    /// A bin.
    Delete = "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5m4-5v5";
    /// An angle that points up.
    Up = "M5 15 12 8l7 7";
    /// An angle that points down.
    Down = "M5 9l7 7 7-7";
    /// Lines.
    List = "M4 6h16M4 12h16M4 18h16";
    /// A bank card.
    Card = "M3 6h18v12H3ZM3 10h18M7 15h3";
    /// Head and shoulders.
    Person = "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4 20c0-4 4-6 8-6s8 2 8 6";
    /// A question mark in a circle.
    Help = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .9-1 1.7m0 3.2v.1";
    /// A magnifying glass.
    Search = "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 20 20";
    /// The sun.
    Light = "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v3m0 14v3M2 12h3m14 0h3M5 5l2 2m10 10 2 2M19 5l-2 2M7 17l-2 2";
    /// The moon.
    Dark = "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z";
    /// A half-filled circle.
    System = "M12 3a9 9 0 1 0 0 18ZM12 3a9 9 0 0 1 0 18";
}

/// A decorative icon. It is hidden from screen readers, so a text or label must accompany it.
#[component]
pub fn Icon(name: IconName) -> Element {
    icon(name)
}

/// The same as [`Icon`] without a component of its own, for tables with hundreds of icons.
pub fn icon(name: IconName) -> Element {
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
            path { d: name.path() }
        }
    }
}
