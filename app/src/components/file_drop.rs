use super::{Icon, Shape};
use dioxus::prelude::*;

/// A file as the page gets it.
#[cfg(feature = "web")]
pub type DroppedFile = crate::browser::NamedBlob;
/// The server only renders pages.
#[cfg(not(feature = "web"))]
pub type DroppedFile = (String, u64, ());

/// Takes files by a button, or by dropping them anywhere on the page.
#[component]
pub fn FileDrop(
    /// The id of the file input.
    id: &'static str,
    /// What the input takes, as the attribute `accept`.
    accept: &'static str,
    /// What the button says.
    label: &'static str,
    /// What may be dropped here, while files are over the page.
    invitation: String,
    /// What is said below the button.
    hint: String,
    /// Gets the files.
    onfiles: EventHandler<Vec<DroppedFile>>,
    /// Other ways to give a file.
    children: Element,
) -> Element {
    let over = use_signal(|| false);
    use_drop_target(over, onfiles);
    rsx! {
        div { class: "picker",
            Icon { shape: Shape::Upload }
            label { class: "button button-main", r#for: id, "{label}" }
            input {
                id,
                class: "visually-hidden",
                r#type: "file",
                multiple: true,
                accept,
                "aria-describedby": "{id}-hint",
                onchange: move |_| {
                    #[cfg(feature = "web")]
                    onfiles.call(crate::browser::take_chosen(id));
                    #[cfg(not(feature = "web"))]
                    let _ = &onfiles;
                },
            }
            p { id: "{id}-hint", class: "muted", "{hint}" }
            {children}
        }
        if over() {
            div { class: "drop-overlay",
                div { class: "drop-overlay-frame",
                    Icon { shape: Shape::Upload }
                    p { "{invitation}" }
                }
            }
        }
    }
}

/// Listens to the window for as long as the component is there.
fn use_drop_target(over: Signal<bool>, onfiles: EventHandler<Vec<DroppedFile>>) {
    #[cfg(feature = "web")]
    {
        use futures::StreamExt;
        // The window's events come from outside of Dioxus; a task takes them in.
        use_future(move || async move {
            let (sender, mut dropped) = futures::channel::mpsc::unbounded();
            let _target = crate::browser::DropTarget::new(
                move |is_over| {
                    let mut over = over;
                    // It comes with every move of the pointer.
                    if *over.peek() != is_over {
                        over.set(is_over);
                    }
                },
                move |files| _ = sender.unbounded_send(files),
            );
            while let Some(files) = dropped.next().await {
                onfiles.call(files);
            }
        });
    }
    #[cfg(not(feature = "web"))]
    let _ = (over, onfiles);
}
