use dioxus::prelude::*;

/// A page: its title in the window and as the only first-level heading.
#[component]
pub fn Page(
    /// The heading.
    title: String,
    /// What stands beside the heading, such as the page's main action.
    #[props(default)]
    actions: Option<Element>,
    children: Element,
) -> Element {
    rsx! {
        WindowTitle { title: title.clone() }
        div { class: "page-head",
            // Reading goes on here after a link was followed.
            h1 { tabindex: "-1", "{title}" }
            {actions}
        }
        {children}
    }
}

/// The title of the window.
#[component]
fn WindowTitle(title: String) -> Element {
    crate::browser::use_window_title(format!("{title} · GAS"))
}
