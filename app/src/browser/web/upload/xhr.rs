//! One request that carries a file or a part of it. `fetch` tells nothing of an upload's progress, so
//! this is an XMLHttpRequest.

use futures::channel::oneshot;
use gas_shared::upload::UploadTicket;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::{Blob, FormData, ProgressEvent, XmlHttpRequest};

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; 0 stands for no answer.
    pub status: u16,
    /// The body, as far as it is text.
    pub body: String,
}

/// A request under way. Dropping it ends it.
pub struct Upload {
    request: XmlHttpRequest,
    ended: oneshot::Receiver<Answer>,
    _progress: Closure<dyn FnMut(ProgressEvent)>,
    _ends: [Closure<dyn FnMut()>; 2],
}

impl Upload {
    /// Sends a whole file as its ticket says. `on_progress` gets the bytes sent so far.
    ///
    /// # Errors
    /// Where the browser refuses the URL or the form.
    pub fn post(
        ticket: &UploadTicket,
        file: &Blob,
        on_progress: impl FnMut(u64) + 'static,
    ) -> Result<Self, JsValue> {
        let form = FormData::new()?;
        for (name, value) in &ticket.fields {
            form.append_with_str(name, value)?;
        }
        // S3 ignores every field after the file, so it is the last one.
        form.append_with_blob_and_filename("file", file, "file")?;
        let upload = Self::open("POST", &ticket.url, Box::new(on_progress))?;
        upload.request.send_with_opt_form_data(Some(&form))?;
        Ok(upload)
    }

    /// Sends a part of a file.
    ///
    /// # Errors
    /// Where the browser refuses the URL.
    pub fn put(
        url: &str,
        part: &Blob,
        on_progress: impl FnMut(u64) + 'static,
    ) -> Result<Self, JsValue> {
        let upload = Self::open("PUT", url, Box::new(on_progress))?;
        upload.request.send_with_opt_blob(Some(part))?;
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
        let (ends, ended) = watch_ends(&request);
        Ok(Self { request, ended, _progress: progress, _ends: ends })
    }

    /// Waits for the answer.
    pub async fn finish(mut self) -> Answer {
        (&mut self.ended).await.unwrap_or(Answer { status: 0, body: String::new() })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Ok(upload) = self.request.upload() {
            upload.set_onprogress(None);
        }
        self.request.set_onload(None);
        self.request.set_onerror(None);
        // Does nothing where it is over.
        _ = self.request.abort();
    }
}

type Ends = [Closure<dyn FnMut()>; 2];

fn watch_ends(request: &XmlHttpRequest) -> (Ends, oneshot::Receiver<Answer>) {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(Cell::new(Some(sender)));
    let end = || {
        let (sender, request) = (sender.clone(), request.clone());
        Closure::new(move || {
            if let Some(sender) = sender.take() {
                let status = request.status().unwrap_or(0);
                let body = request.response_text().ok().flatten().unwrap_or_default();
                // Nobody waits any more if the upload was given up.
                _ = sender.send(Answer { status, body });
            }
        })
    };
    let ends: Ends = [end(), end()];
    request.set_onload(Some(ends[0].as_ref().unchecked_ref()));
    request.set_onerror(Some(ends[1].as_ref().unchecked_ref()));
    (ends, receiver)
}
