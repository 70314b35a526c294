//! Files from the user, and the window that must not close while they are sent.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::{Blob, BlobPropertyBag, DragEvent, Event, FileList, HtmlInputElement, Response};

/// A file: its name, its size in bytes, what is in it.
pub type NamedBlob = (String, u64, Blob);

fn named(files: Option<FileList>) -> Vec<NamedBlob> {
    let files = files.iter().flat_map(|list| (0..list.length()).filter_map(|at| list.get(at)));
    files.map(|file| (file.name(), file.size() as u64, file.into())).collect()
}

/// Takes the files that were chosen in a file input. It forgets them, so that choosing the same file
/// again is a change.
pub fn take_chosen(input_id: &str) -> Vec<NamedBlob> {
    let Some(input) = super::element::<HtmlInputElement>(input_id) else { return Vec::new() };
    let files = named(input.files());
    input.set_value("");
    files
}

/// A text as a file.
pub fn text_file(name: &str, text: &str) -> Option<NamedBlob> {
    let options = BlobPropertyBag::new();
    options.set_type("text/plain");
    let parts = js_sys::Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    Some((name.to_owned(), blob.size() as u64, blob))
}

/// Fetches a file of this service.
pub async fn fetch_file(url: &str, name: &str) -> Option<NamedBlob> {
    let answer = wasm_bindgen_futures::JsFuture::from(super::window()?.fetch_with_str(url));
    let answer: Response = answer.await.ok()?.dyn_into().ok()?;
    let blob = wasm_bindgen_futures::JsFuture::from(answer.blob().ok()?).await.ok()?;
    let blob: Blob = blob.dyn_into().ok()?;
    answer.ok().then(|| (name.to_owned(), blob.size() as u64, blob))
}

thread_local! {
    /// Makes the browser ask before it leaves the page.
    static ASK: JsValue = Closure::<dyn Fn(Event)>::new(|event: Event| event.prevent_default()).into_js_value();
}

/// Whether the browser asks before the window is closed.
pub fn warn_before_leaving(on: bool) {
    if let Some(window) = super::window() {
        ASK.with(|ask| window.set_onbeforeunload(on.then(|| ask.unchecked_ref())));
    }
}

/// An event and what listens to it.
type Listener = (&'static str, Closure<dyn FnMut(DragEvent)>);

/// The window as a place to drop files. Dropping this ends it.
pub struct DropTarget(Vec<Listener>);

impl DropTarget {
    /// Tells `over` when files are dragged over the window and when no more, and gives those that are
    /// dropped to `drop`.
    pub fn new(
        over: impl Fn(bool) + Clone + 'static,
        drop: impl Fn(Vec<NamedBlob>) + 'static,
    ) -> Self {
        let (leave, dropped) = (over.clone(), over.clone());
        let listeners: Vec<Listener> = vec![
            (
                "dragover",
                Closure::new(move |event: DragEvent| {
                    if has_files(&event) {
                        // Without this, the browser takes no files.
                        event.prevent_default();
                        over(true);
                    }
                }),
            ),
            (
                "dragleave",
                Closure::new(move |event: DragEvent| {
                    // It leaves each element on its way; outside the window it comes to none.
                    if event.related_target().is_none() {
                        leave(false);
                    }
                }),
            ),
            (
                "drop",
                Closure::new(move |event: DragEvent| {
                    if has_files(&event) {
                        event.prevent_default();
                        dropped(false);
                        drop(named(event.data_transfer().and_then(|data| data.files())));
                    }
                }),
            ),
        ];
        if let Some(window) = super::window() {
            for (name, listener) in &listeners {
                let listener = listener.as_ref().unchecked_ref();
                // Fails for no listener that is a function.
                _ = window.add_event_listener_with_callback(name, listener);
            }
        }
        Self(listeners)
    }
}

impl Drop for DropTarget {
    fn drop(&mut self) {
        let Some(window) = super::window() else { return };
        for (name, listener) in &self.0 {
            let listener = listener.as_ref().unchecked_ref();
            _ = window.remove_event_listener_with_callback(name, listener);
        }
    }
}

fn has_files(event: &DragEvent) -> bool {
    let types = event.data_transfer().map(|data| data.types());
    types.is_some_and(|types| types.includes(&"Files".into(), 0))
}
