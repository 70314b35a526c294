//! The functions of [`browser`](super) in a browser.

mod arrive;
mod blob;
mod checkout;
mod files;
mod genome;
mod keys;
mod modal;
mod notify;
mod picture;
mod preferences;
mod script;
mod scroll;
mod start;
mod tabs;
mod window;
mod xhr;

pub use arrive::focus_new_page;
pub use blob::Blob;
pub use checkout::{MountedCheckout, mount_checkout};
pub use files::{
    ChosenFile, fetch_file, take_chosen, text_file, use_drop_target, warn_before_unload,
};
pub use genome::{MountedGenome, mount_genome};
pub use keys::{focus_search, on_key, step_row};
pub use modal::{focus_content_if_lost, hide_popover, show_modal};
pub use notify::{allow_notifications, is_in_background, may_notify, notify};
pub use picture::save_png;
pub use preferences::{read_preference, set_theme, write_preference};
pub use scroll::{focus_row, scroll_into_view, scroll_to};
pub use start::{reload_if_outdated, start};
pub use tabs::Tabs;
pub use window::{
    copy_text, focus_element, go_to, is_offline, is_unfolded, local_time, on_page_hide, origin,
    page_title, random, send_last_request, sleep, time_zone, use_window_title,
};
pub use xhr::UploadRequest;

use wasm_bindgen::JsCast;

/// The error of a script that could not be loaded or that failed.
pub type ScriptError = wasm_bindgen::JsValue;

fn window() -> Option<web_sys::Window> {
    web_sys::window()
}

fn document() -> Option<web_sys::Document> {
    window()?.document()
}

/// The element with an id, if it exists and is of type `T`.
fn element<T: JsCast>(id: &str) -> Option<T> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}
