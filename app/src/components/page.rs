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

/// The window's title. Dioxus' own `document::Title` runs a script in the browser, which the
/// Content Security Policy forbids, so it is used on the server only.
#[component]
fn WindowTitle(title: String) -> Element {
    let full = format!("{title} · GAS");
    #[cfg(feature = "web")]
    use_effect(use_reactive!(|full| crate::browser::set_title(&full)));
    #[cfg(not(feature = "web"))]
    return rsx! {
        document::Title { "{full}" }
    };
    #[cfg(feature = "web")]
    rsx! {}
}
