//! A table that scrolls within the page.

use dioxus::prelude::*;

/// A table that scrolls sideways on narrow screens, also by keyboard. It scrolls as a group, because a landmark would
/// often have the name of the section around it.
#[component]
pub fn ScrollTable(
    /// The name of the group that scrolls.
    label: String,
    /// What the table shows, for screen readers.
    caption: String,
    /// The classes of the table.
    #[props(default = "jobs")]
    class: &'static str,
    /// The headings of the columns.
    columns: Vec<String>,
    /// Whether a further column has buttons.
    #[props(default)]
    has_actions: bool,
    /// The rows.
    children: Element,
) -> Element {
    rsx! {
        div { class: "table-scroll", tabindex: "0", role: "group", "aria-label": label,
            table { class,
                caption { class: "visually-hidden", {caption} }
                thead {
                    tr {
                        for column in columns {
                            th { key: "{column}", scope: "col", "{column}" }
                        }
                        if has_actions {
                            th { scope: "col", span { class: "visually-hidden", "Actions" } }
                        }
                    }
                }
                tbody { {children} }
            }
        }
    }
}
