//! What only a browser can do.

mod arrive;
mod checkout;
mod files;
mod genome;
mod keys;
mod modal;
mod picture;
mod preferences;
mod premium;
mod script;
mod scroll;
mod tabs;
pub mod upload;

pub use arrive::{arrive, title};
pub use checkout::{MountedCheckout, mount_checkout};
pub use files::{DropTarget, NamedBlob, fetch_file, take_chosen, text_file, warn_before_leaving};
pub use genome::{MountedGenome, mount_genome};
pub use keys::{focus_search, listen, step_row};
pub use modal::show_modal;
pub use picture::save_png;
pub use preferences::{keep, kept, set_theme};
pub use premium::await_premium;
pub use scroll::{focus_row, scroll_to, show_element};
pub use tabs::Tabs;

use jiff::Timestamp;
use wasm_bindgen::{JsCast, JsValue};

fn window() -> Option<web_sys::Window> {
    web_sys::window()
}

/// The element with an id, where it is of this kind.
fn element<T: JsCast>(id: &str) -> Option<T> {
    let document = window().and_then(|window| window.document());
    let element = document.and_then(|document| document.get_element_by_id(id));
    element.and_then(|element| element.dyn_into().ok())
}

/// Sets the window's title.
pub fn set_title(title: &str) {
    if let Some(document) = window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

/// Leads the browser to a URL outside the application, such as a download.
pub fn go_to(url: &str) {
    if let Some(window) = window() {
        // Fails for a malformed URL only, and URLs come from the server.
        _ = window.location().set_href(url);
    }
}

/// Whether the browser knows that it has no network. It may have none without knowing.
pub fn is_offline() -> bool {
    window().is_some_and(|window| !window.navigator().on_line())
}

/// Copies a text to the clipboard, and says whether it could.
pub async fn copy(text: &str) -> bool {
    let Some(window) = window() else { return false };
    let promise = window.navigator().clipboard().write_text(text);
    wasm_bindgen_futures::JsFuture::from(promise).await.is_ok()
}

/// Gives an element the focus, where there is one.
pub fn focus(id: &str) {
    if let Some(element) = element::<web_sys::SvgElement>(id) {
        // Fails for no element that is in the document.
        _ = element.focus();
    }
}

/// The name of the reader's time zone in the tz database, where the browser knows it.
pub fn time_zone() -> Option<String> {
    let options = js_sys::Intl::DateTimeFormat::default().resolved_options();
    js_sys::Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}

/// A moment in the reader's time zone and language.
pub fn local_time(at: Timestamp) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(at.as_millisecond() as f64));
    let options = js_sys::Object::new();
    for (name, value) in [("dateStyle", "medium"), ("timeStyle", "medium")] {
        // Setting a property of a fresh plain object cannot fail.
        _ = js_sys::Reflect::set(&options, &name.into(), &value.into());
    }
    let text = date.to_locale_string("default", &options);
    text.as_string().unwrap_or_else(|| at.to_string())
}
