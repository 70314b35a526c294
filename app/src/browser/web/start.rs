//! The start of the application, and what it tells the scripts of the page (assets/js/start.js, fields.js).

use web_sys::Event;

/// Loads what the page at the current address needs, then launches the application.
pub fn start<F, E>(load_page_at: impl FnOnce(String) -> F + 'static, launch: fn())
where
    F: Future<Output = Result<(), E>>,
{
    wasm_bindgen_futures::spawn_local(async move {
        match load_page_at(address()).await {
            Ok(()) => {
                dispatch_event("gas-starts");
                // Spawns the task that hydrates the page. Tasks run in the order in which they are spawned.
                launch();
                wasm_bindgen_futures::spawn_local(async { dispatch_event("gas-started") });
            }
            Err(_) => dispatch_event("gas-start-failed"),
        }
    });
}

/// The path and query of the page.
fn address() -> String {
    let location = super::window().map(|window| window.location());
    let text = |text: Option<Result<String, _>>| text.and_then(Result::ok).unwrap_or_default();
    let path = text(location.as_ref().map(|location| location.pathname()));
    path + &text(location.as_ref().map(|location| location.search()))
}

/// Reloads the page if the server has another version of the application by now.
pub fn reload_if_outdated() {
    dispatch_event("gas-page-module-failed");
}

fn dispatch_event(event: &str) {
    if let (Some(window), Ok(event)) = (super::window(), Event::new(event)) {
        // Fails only for an event that is being dispatched.
        _ = window.dispatch_event(&event);
    }
}
