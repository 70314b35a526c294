//! Small functions of the window: its title, its address, the clipboard, the time.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;
use jiff::Timestamp;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::BlobPropertyBag;

/// Sets the window's title and renders nothing.
///
/// Dioxus' own `document::Title` runs a script in the browser, which the Content Security Policy
/// forbids.
pub fn use_window_title(title: String) -> Element {
    use_effect(use_reactive!(|title| {
        if let Some(document) = super::document() {
            document.set_title(&title);
        }
    }));
    rsx! {}
}

/// The current title of the window.
pub fn page_title() -> String {
    super::document().map(|document| document.title()).unwrap_or_default()
}

/// The address of the service without a path, such as `https://gas.example.org`.
pub fn origin() -> Option<String> {
    super::window()?.location().origin().ok()
}

/// Navigates to a URL outside the application, such as a download.
pub fn go_to(url: &str) {
    if let Some(window) = super::window() {
        // Fails only for a malformed URL, and URLs come from the server.
        _ = window.location().set_href(url);
    }
}

/// Whether the browser reports that it has no network. It may be offline without reporting it.
pub fn is_offline() -> bool {
    super::window().is_some_and(|window| !window.navigator().on_line())
}

/// Copies a text to the clipboard and returns whether that succeeded.
pub async fn copy_text(text: &str) -> bool {
    let Some(window) = super::window() else { return false };
    let promise = window.navigator().clipboard().write_text(text);
    wasm_bindgen_futures::JsFuture::from(promise).await.is_ok()
}

/// Focuses the element with an id, if it exists.
pub fn focus_element(id: &str) {
    // Does not fail for an element in the document.
    if let Some(element) = super::element::<web_sys::HtmlElement>(id) {
        _ = element.focus();
    } else if let Some(element) = super::element::<web_sys::SvgElement>(id) {
        _ = element.focus();
    }
}

/// Whether the `details` element with an id is open, whoever has opened it.
pub fn is_unfolded(id: &str) -> bool {
    super::element::<web_sys::Element>(id).is_some_and(|element| element.has_attribute("open"))
}

/// The user's time zone as a name of the tz database, if the browser knows it.
pub fn time_zone() -> Option<String> {
    let options = js_sys::Intl::DateTimeFormat::default().resolved_options();
    js_sys::Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}

/// A time in the user's time zone and language.
pub fn local_time(at: Timestamp) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(at.as_millisecond() as f64));
    let options = js_sys::Object::new();
    for (name, value) in [("dateStyle", "medium"), ("timeStyle", "medium")] {
        // Setting a property of a new plain object cannot fail.
        _ = js_sys::Reflect::set(&options, &name.into(), &value.into());
    }
    let text = date.to_locale_string("default", &options);
    text.as_string().unwrap_or_else(|| at.to_string())
}

/// Waits for a duration, which must be less than 24 days.
pub fn sleep(duration: Duration) -> TimeoutFuture {
    TimeoutFuture::new(duration.as_millis() as u32)
}

/// Calls `handle` when the page is closed or left.
pub fn on_page_hide(handle: impl Fn() + 'static) {
    let Some(window) = super::window() else { return };
    let listener = Closure::<dyn Fn()>::new(handle);
    // Does not fail for a window. The listener lives as long as the page.
    _ = window.add_event_listener_with_callback("pagehide", listener.as_ref().unchecked_ref());
    listener.forget();
}

/// Sends a POST request without a body to this service, which the browser completes after the page is closed.
pub fn send_last_request(path: &str) {
    let Some(window) = super::window() else { return };
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let body = web_sys::Blob::new_with_str_sequence_and_options(&js_sys::Array::new(), &options);
    // Fails if too many requests of this kind are waiting.
    _ = body.and_then(|body| window.navigator().send_beacon_with_opt_blob(path, Some(&body)));
}

/// A random number from 0 (inclusive) to 1 (exclusive).
pub fn random() -> f64 {
    js_sys::Math::random()
}
