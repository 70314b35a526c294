//! Files that the user chooses, drops or pastes.

use super::Blob;
use dioxus::prelude::*;
use futures::StreamExt;
use futures::channel::mpsc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::{BlobPropertyBag, DragEvent, Element, Event, FileList, HtmlInputElement, Response};

/// A file that the user wants to upload.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenFile {
    /// Its name.
    pub name: String,
    /// Its content.
    pub content: Blob,
}

fn chosen(files: Option<FileList>) -> Vec<ChosenFile> {
    let files = files.iter().flat_map(|list| (0..list.length()).filter_map(|at| list.get(at)));
    files.map(|file| ChosenFile { name: file.name(), content: Blob(file.into()) }).collect()
}

/// Takes the chosen files out of a file input. The input is emptied, so that choosing the same file
/// again is a change.
pub fn take_chosen(input_id: &str) -> Vec<ChosenFile> {
    let Some(input) = super::element::<HtmlInputElement>(input_id) else { return Vec::new() };
    let files = chosen(input.files());
    input.set_value("");
    files
}

/// A text as a file. Returns `None` if the browser has no memory for it.
pub fn text_file(name: &str, text: &str) -> Option<ChosenFile> {
    let options = BlobPropertyBag::new();
    options.set_type("text/plain");
    let parts = js_sys::Array::of1(&text.into());
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    Some(ChosenFile { name: name.to_owned(), content: Blob(blob) })
}

/// Fetches a file of this service. Returns `None` if that fails.
pub async fn fetch_file(url: &str, name: &str) -> Option<ChosenFile> {
    let response = wasm_bindgen_futures::JsFuture::from(super::window()?.fetch_with_str(url));
    let response: Response = response.await.ok()?.dyn_into().ok()?;
    let blob = wasm_bindgen_futures::JsFuture::from(response.blob().ok()?).await.ok()?;
    let blob: web_sys::Blob = blob.dyn_into().ok()?;
    response.ok().then(|| ChosenFile { name: name.to_owned(), content: Blob(blob) })
}

thread_local! {
    /// Makes the browser ask for confirmation before it unloads the page.
    static CONFIRM: JsValue = Closure::<dyn Fn(Event)>::new(|event: Event| event.prevent_default()).into_js_value();
}

/// Sets whether the browser asks for confirmation before it closes or leaves the page.
pub fn warn_before_unload(on: bool) {
    if let Some(window) = super::window() {
        CONFIRM.with(|confirm| window.set_onbeforeunload(on.then(|| confirm.unchecked_ref())));
    }
}

/// Takes files that are dropped anywhere on the window, for as long as the component exists. `over`
/// is true while files are dragged over the window.
pub fn use_drop_target(over: Signal<bool>, onfiles: EventHandler<Vec<ChosenFile>>) {
    // Window events arrive outside of the Dioxus runtime, so a task handles them.
    use_future(move || async move {
        let (sender, mut dropped) = mpsc::unbounded();
        let _target = DropTarget::new(
            move |is_over| {
                let mut over = over;
                // The event fires with every move of the pointer.
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

/// An event and its listener.
type Listener = (&'static str, Closure<dyn FnMut(DragEvent)>);

/// The window as a drop target. Dropping this value removes its listeners.
struct DropTarget(Vec<Listener>);

impl DropTarget {
    /// Calls `over` when files enter or leave the window, and `drop` with the files that are dropped.
    fn new(
        over: impl Fn(bool) + Clone + 'static,
        drop: impl Fn(Vec<ChosenFile>) + 'static,
    ) -> Self {
        let (leave, dropped) = (over.clone(), over.clone());
        let listeners: Vec<Listener> = vec![
            (
                "dragover",
                Closure::new(move |event: DragEvent| {
                    if has_files(&event) {
                        // Without this, the browser does not allow the drop.
                        event.prevent_default();
                        over(true);
                    }
                }),
            ),
            (
                "dragleave",
                Closure::new(move |event: DragEvent| {
                    // The event fires for every element; it has no related target outside the window.
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
                        drop(chosen(event.data_transfer().and_then(|data| data.files())));
                    }
                }),
            ),
        ];
        if let Some(window) = super::window() {
            for (name, listener) in &listeners {
                let listener = listener.as_ref().unchecked_ref();
                // Does not fail for a listener that is a function.
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

/// Whether files are dragged, and not over a field for files, which takes them itself.
fn has_files(event: &DragEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    if target
        .is_some_and(|target| target.matches("input[type=file]").is_ok_and(|is_field| is_field))
    {
        return false;
    }
    let types = event.data_transfer().map(|data| data.types());
    types.is_some_and(|types| types.includes(&"Files".into(), 0))
}
