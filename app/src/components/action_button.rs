use super::{ErrorNote, Icon, Shape};
use crate::api::Doing;
use dioxus::prelude::*;

/// A button for something that the server does: it waits while that is done, and says below why it
/// could not be.
#[component]
pub fn ActionButton(
    doing: Doing,
    /// The element's id, where a page needs one.
    #[props(default)]
    id: Option<&'static str>,
    /// The button's classes.
    class: &'static str,
    label: &'static str,
    #[props(default)] shape: Option<Shape>,
    /// Starts it.
    onstart: EventHandler<()>,
) -> Element {
    rsx! {
        button {
            id,
            class,
            r#type: "button",
            disabled: doing.is_busy(),
            onclick: move |_| onstart.call(()),
            if let Some(shape) = shape {
                Icon { shape }
            }
            "{label}"
        }
        if let Some(error) = doing.failure() {
            ErrorNote { error }
        }
    }
}
