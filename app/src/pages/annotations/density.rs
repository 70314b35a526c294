use dioxus::prelude::*;

/// Where the browser keeps that rows are compact.
#[cfg(feature = "web")]
const PREFERENCE: &str = "compact-rows";

/// Whether this reader wants a row to be one line, as the browser remembers it.
pub fn use_compact() -> Signal<bool> {
    let mut compact = use_signal(|| false);
    // The server does not know it, so the first render in the browser must not either.
    use_effect(move || {
        #[cfg(feature = "web")]
        compact.set(crate::browser::kept(PREFERENCE).is_some());
        #[cfg(not(feature = "web"))]
        let _ = &mut compact;
    });
    compact
}

/// Where the reader chooses.
#[component]
pub fn Density(compact: Signal<bool>) -> Element {
    rsx! {
        button {
            class: "button density",
            r#type: "button",
            "aria-pressed": compact(),
            onclick: move |_| {
                compact.toggle();
                #[cfg(feature = "web")]
                crate::browser::keep(PREFERENCE, compact.peek().then_some("yes"));
            },
            "Compact"
        }
    }
}
