//! Notifications of the operating system.

use futures::channel::oneshot;
use futures::future::{Either, ready};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Notification, NotificationOptions, NotificationPermission};

/// Whether the user sees another tab or another program.
pub fn is_in_background() -> bool {
    super::document().is_some_and(|document| document.hidden())
}

/// The preference that says that the user wants notifications.
const PREFERENCE: &str = "notifications";

/// Whether the user wants notifications and the browser permits them.
pub fn may_notify() -> bool {
    super::read_preference(PREFERENCE).is_some()
        && Notification::permission() == NotificationPermission::Granted
}

/// Turns notifications on or off. Asks the user for the browser's permission if necessary, and returns whether they are
/// on now. Must be called while a click is handled.
pub async fn allow_notifications(wanted: bool) -> bool {
    super::write_preference(PREFERENCE, None);
    if !wanted {
        return false;
    }
    // Some browsers know notifications of installed applications only.
    let Ok(asked) = Notification::request_permission() else { return false };
    if wasm_bindgen_futures::JsFuture::from(asked).await.is_err() {
        return false;
    }
    super::write_preference(PREFERENCE, Some("on"));
    may_notify()
}

/// Shows a notification if the user wants them. A later one with the same tag replaces it, so that several tabs show one.
/// Returns whether the user has clicked it, and never if nothing is clicked.
pub fn notify(text: &str, tag: &str) -> impl Future<Output = bool> + use<> {
    let (sender, clicked) = oneshot::channel::<()>();
    if !may_notify() {
        return Either::Left(ready(false));
    }
    let options = NotificationOptions::new();
    options.set_tag(tag);
    let Ok(notification) = Notification::new_with_options(text, &options) else {
        return Either::Left(ready(false));
    };
    let shown = notification.clone();
    let on_click = Closure::once_into_js(move || {
        if let Some(window) = super::window() {
            // Browsers allow it while the click is handled.
            _ = window.focus();
        }
        shown.close();
        // Fails if the page does not wait any more.
        _ = sender.send(());
    });
    notification.set_onclick(Some(on_click.unchecked_ref()));
    Either::Right(async move { clicked.await.is_ok() })
}
