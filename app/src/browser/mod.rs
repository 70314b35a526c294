//! What only a browser can do.

mod checkout;
mod modal;
mod premium;
mod scroll;
mod submit;
mod xhr;

pub use checkout::{MountedCheckout, mount_checkout};
pub use modal::show_modal;
pub use premium::await_premium;
pub use scroll::{focus_row, scroll_to};
pub use submit::{cancel_upload, confirm, submit};

use jiff::Timestamp;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlInputElement;

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

/// Copies a text to the clipboard, and says whether it could.
pub async fn copy(text: &str) -> bool {
    let Some(window) = window() else { return false };
    let promise = window.navigator().clipboard().write_text(text);
    wasm_bindgen_futures::JsFuture::from(promise).await.is_ok()
}

/// Forgets the choice of a file input, so that choosing the same file again is a change.
pub fn forget_choice(input_id: &str) {
    if let Some(input) = element::<HtmlInputElement>(input_id) {
        input.set_value("");
    }
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
