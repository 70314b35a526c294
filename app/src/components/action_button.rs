//! A button for a server action.

use super::{ErrorNote, Icon, IconName};
use crate::api::ApiAction;
use dioxus::prelude::*;

/// A button that starts a server action. It is disabled while the action runs and shows the error
/// below if the action fails.
#[component]
pub fn ActionButton(
    doing: ApiAction,
    /// The element's id, if a page needs one.
    #[props(default)]
    id: Option<&'static str>,
    /// The button's CSS classes.
    class: &'static str,
    label: String,
    #[props(default)] icon: Option<IconName>,
    /// Starts the action.
    onstart: EventHandler<()>,
) -> Element {
    rsx! {
        button {
            id,
            class,
            r#type: "button",
            disabled: doing.is_busy(),
            onclick: move |_| onstart.call(()),
            if let Some(icon) = icon {
                Icon { name: icon }
            }
            "{label}"
        }
        if let Some(error) = doing.error() {
            ErrorNote { error }
        }
    }
}
