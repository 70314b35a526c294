//! The upload itself. `fetch` tells nothing of an upload's progress, so this is an XMLHttpRequest.

use futures::channel::oneshot;
use gas_shared::upload::UploadTicket;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::{File, FormData, ProgressEvent, XmlHttpRequest};

/// How an upload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// S3 answered with this status; 0 stands for no answer.
    Answered(u16),
    /// The user stopped it.
    Cancelled,
}

/// An upload under way. Dropping it ends the request.
pub struct Upload {
    request: XmlHttpRequest,
    ended: oneshot::Receiver<Sent>,
    _progress: Closure<dyn FnMut(ProgressEvent)>,
    _ends: [Closure<dyn FnMut()>; 3],
}

impl Upload {
    /// Begins to send a file as its ticket says.
    ///
    /// # Errors
    /// Where the browser refuses the URL or the form.
    pub fn begin(
        ticket: &UploadTicket,
        file: &File,
        mut on_progress: impl FnMut(u64, u64) + 'static,
    ) -> Result<Self, JsValue> {
        let form = FormData::new()?;
        for (name, value) in &ticket.fields {
            form.append_with_str(name, value)?;
        }
        // S3 ignores every field after the file, so it is the last one.
        form.append_with_blob_and_filename("file", file, "file")?;

        let request = XmlHttpRequest::new()?;
        request.open("POST", &ticket.url)?;
        let progress = Closure::new(move |event: ProgressEvent| {
            on_progress(event.loaded() as u64, event.total() as u64);
        });
        request.upload()?.set_onprogress(Some(progress.as_ref().unchecked_ref()));
        let (ends, ended) = watch_ends(&request);
        request.send_with_opt_form_data(Some(&form))?;
        Ok(Self { request, ended, _progress: progress, _ends: ends })
    }

    /// The request, to abort it.
    pub fn request(&self) -> XmlHttpRequest {
        self.request.clone()
    }

    /// Waits for the end.
    pub async fn finish(mut self) -> Sent {
        (&mut self.ended).await.unwrap_or(Sent::Cancelled)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Ok(upload) = self.request.upload() {
            upload.set_onprogress(None);
        }
        self.request.set_onload(None);
        self.request.set_onerror(None);
        self.request.set_onabort(None);
        // Does nothing where it is over.
        _ = self.request.abort();
    }
}

type Ends = [Closure<dyn FnMut()>; 3];

fn watch_ends(request: &XmlHttpRequest) -> (Ends, oneshot::Receiver<Sent>) {
    let (sender, receiver) = oneshot::channel();
    let sender = std::rc::Rc::new(std::cell::Cell::new(Some(sender)));
    let end_with = |end: Box<dyn Fn() -> Sent>| {
        let sender = sender.clone();
        Closure::new(move || {
            if let Some(sender) = sender.take() {
                // Nobody waits any more if the page is gone.
                _ = sender.send(end());
            }
        })
    };
    let answered = request.clone();
    let load = end_with(Box::new(move || Sent::Answered(answered.status().unwrap_or(0))));
    let error = end_with(Box::new(|| Sent::Answered(0)));
    let abort = end_with(Box::new(|| Sent::Cancelled));
    request.set_onload(Some(load.as_ref().unchecked_ref()));
    request.set_onerror(Some(error.as_ref().unchecked_ref()));
    request.set_onabort(Some(abort.as_ref().unchecked_ref()));
    ([load, error, abort], receiver)
}
