//! A request that uploads a file or a part of it. `fetch` does not report the progress of an upload,
//! so this is an `XMLHttpRequest`.

use super::Blob;
use crate::browser::data::UploadResponse;
use futures::channel::oneshot;
use gas_shared::upload::UploadTicket;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::{FormData, ProgressEvent, XmlHttpRequest};

/// A running request. Dropping it aborts the request.
pub struct UploadRequest {
    request: XmlHttpRequest,
    ended: oneshot::Receiver<UploadResponse>,
    _progress: Closure<dyn FnMut(ProgressEvent)>,
    _listeners: Listeners,
}

impl UploadRequest {
    /// Uploads an entire file with the form of its ticket. `on_progress` receives the number of bytes
    /// sent so far. Returns `None` if the browser rejects the URL or the form.
    pub fn post(
        ticket: &UploadTicket,
        file: &Blob,
        on_progress: impl FnMut(u64) + 'static,
    ) -> Option<Self> {
        Self::try_post(ticket, file, Box::new(on_progress)).ok()
    }

    /// Uploads a part of a file. Returns `None` if the browser rejects the URL.
    pub fn put(url: &str, part: &Blob, on_progress: impl FnMut(u64) + 'static) -> Option<Self> {
        let upload = Self::open("PUT", url, Box::new(on_progress)).ok()?;
        upload.request.send_with_opt_blob(Some(&part.0)).ok()?;
        Some(upload)
    }

    fn try_post(
        ticket: &UploadTicket,
        file: &Blob,
        on_progress: Box<dyn FnMut(u64)>,
    ) -> Result<Self, JsValue> {
        let form = FormData::new()?;
        for (name, value) in &ticket.fields {
            form.append_with_str(name, value)?;
        }
        // S3 ignores every field after the file, so the file is last.
        form.append_with_blob_and_filename("file", &file.0, "file")?;
        let upload = Self::open("POST", &ticket.url, on_progress)?;
        upload.request.send_with_opt_form_data(Some(&form))?;
        Ok(upload)
    }

    fn open(
        method: &str,
        url: &str,
        mut on_progress: Box<dyn FnMut(u64)>,
    ) -> Result<Self, JsValue> {
        let request = XmlHttpRequest::new()?;
        request.open(method, url)?;
        let progress = Closure::new(move |event: ProgressEvent| on_progress(event.loaded() as u64));
        request.upload()?.set_onprogress(Some(progress.as_ref().unchecked_ref()));
        let (listeners, ended) = listen_for_end(&request);
        Ok(Self { request, ended, _progress: progress, _listeners: listeners })
    }

    /// Waits for the response.
    pub async fn finish(mut self) -> UploadResponse {
        (&mut self.ended).await.unwrap_or(UploadResponse { status: 0, body: String::new() })
    }
}

impl Drop for UploadRequest {
    fn drop(&mut self) {
        if let Ok(upload) = self.request.upload() {
            upload.set_onprogress(None);
        }
        self.request.set_onload(None);
        self.request.set_onerror(None);
        // Does nothing if the request has ended.
        _ = self.request.abort();
    }
}

type Listeners = [Closure<dyn FnMut()>; 2];

fn listen_for_end(request: &XmlHttpRequest) -> (Listeners, oneshot::Receiver<UploadResponse>) {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(Cell::new(Some(sender)));
    let listener = || {
        let (sender, request) = (sender.clone(), request.clone());
        Closure::new(move || {
            if let Some(sender) = sender.take() {
                let status = request.status().unwrap_or(0);
                let body = request.response_text().ok().flatten().unwrap_or_default();
                // Fails if the upload was abandoned and the receiver is dropped.
                _ = sender.send(UploadResponse { status, body });
            }
        })
    };
    let listeners: Listeners = [listener(), listener()];
    request.set_onload(Some(listeners[0].as_ref().unchecked_ref()));
    request.set_onerror(Some(listeners[1].as_ref().unchecked_ref()));
    (listeners, receiver)
}
