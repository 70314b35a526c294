//! The address of this service, for the examples that users copy.

use crate::browser;
use dioxus::prelude::*;

/// The address in examples where that of the service is not known.
pub const EXAMPLE_URL: &str = "https://gas.example.org";

/// The address of this service, without a slash at the end: [`EXAMPLE_URL`] while the server renders the page, then the one
/// that the browser uses.
pub fn use_service_url() -> String {
    let mut url = use_signal(|| EXAMPLE_URL.to_owned());
    use_effect(move || {
        if let Some(origin) = browser::origin() {
            url.set(origin);
        }
    });
    url()
}
