use dioxus::prelude::*;

/// A dialog over the page: a `<dialog>` shown as modal, so that the browser itself keeps the focus
/// inside, closes it on Esc and gives the focus back.
#[component]
pub fn Modal(
    /// The element's id.
    id: &'static str,
    /// The heading.
    title: String,
    /// Whether it is open; the dialog itself closes it, too.
    open: Signal<bool>,
    children: Element,
) -> Element {
    use_effect(move || {
        crate::browser::show_modal(id, open(), open);
    });
    rsx! {
        dialog { id, class: "modal", "aria-labelledby": "{id}-title",
            if open() {
                h2 { id: "{id}-title", "{title}" }
                {children}
                // The last in order, so that the focus begins with the content.
                button {
                    class: "icon-button modal-close",
                    r#type: "button",
                    "aria-label": "Close",
                    onclick: move |_| open.set(false),
                    super::Icon { shape: super::Shape::Cross }
                }
            }
        }
    }
}
