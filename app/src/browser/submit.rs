//! Submitting a file: check its beginning, ask for a ticket, send it to S3, confirm, and show the
//! job.

use super::xhr::{Sent, Upload};
use crate::api;
use crate::app::Route;
use crate::error::{ApiError, ErrorCode};
use crate::pages::Step;
use dioxus::html::FileData;
use dioxus::prelude::*;
use dioxus::web::WebFileExt;
use gas_shared::JobId;
use gas_shared::vcf::check_preview;
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{File, XmlHttpRequest};

/// How much of a file is checked before it is sent, in bytes.
const PREVIEW_BYTES: f64 = 262_144.0;

/// gzip's magic number (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

thread_local! {
    /// The upload that the user can cancel. A page has one at a time.
    static CURRENT: RefCell<Option<XmlHttpRequest>> = const { RefCell::new(None) };
}

/// Stops the upload that is under way.
pub fn cancel_upload() {
    if let Some(request) = CURRENT.take() {
        // Aborting a request that is over does nothing.
        _ = request.abort();
    }
}

/// Submits a file, telling `step` how far it is, and leads to the job's page.
pub fn submit(file: FileData, mut step: Signal<Step>) {
    let navigator = navigator();
    spawn(async move {
        match send(&file, step).await {
            Ok(Some(id)) => queue(id, step, navigator).await,
            Ok(None) => step.set(Step::Choose),
            Err(error) => step.set(Step::Failed(error)),
        }
    });
}

/// Tries again to queue a job whose file is in S3.
pub fn confirm(id: JobId, step: Signal<Step>) {
    let navigator = navigator();
    spawn(queue(id, step, navigator));
}

async fn queue(id: JobId, mut step: Signal<Step>, navigator: dioxus::router::Navigator) {
    step.set(Step::Confirming);
    match api::confirm_upload(id).await {
        Ok(job) => {
            navigator.push(Route::JobDetails { id: job.id.to_string() });
        }
        Err(error) => step.set(Step::Unconfirmed(id, error)),
    }
}

/// A job whose file is not in S3 yet. However its upload ends before that, by an error, by the
/// user, or because the page is left, it is cancelled: it would wait for ever.
struct AwaitsFile(Option<JobId>);

impl AwaitsFile {
    fn has_arrived(mut self) {
        self.0 = None;
    }

    /// Cancels it now, so that the user goes on only when it is.
    async fn cancel(mut self) {
        if let Some(id) = self.0
            && api::cancel_job(id).await.is_ok()
        {
            self.0 = None;
        }
    }
}

impl Drop for AwaitsFile {
    fn drop(&mut self) {
        if let Some(id) = self.0 {
            // Not a task of the page, which may be gone. If the server cannot be reached, the job
            // stays; it costs nothing and shows as uploading.
            wasm_bindgen_futures::spawn_local(async move {
                _ = api::cancel_job(id).await;
            });
        }
    }
}

/// Sends the file, and answers the job, or `None` where the user cancelled.
async fn send(file: &FileData, mut step: Signal<Step>) -> Result<Option<JobId>, ApiError> {
    let unreadable =
        || ApiError::new(ErrorCode::Invalid, "the file cannot be read any more; choose it again");
    let blob = file.get_web_file().ok_or_else(unreadable)?;
    check_beginning(&blob).await?;
    let ticket = api::request_upload(file.name(), file.size()).await?;
    let job = AwaitsFile(Some(ticket.job_id));
    step.set(Step::Sending { sent: 0, total: file.size() });
    let progress = move |sent, total| step.set(Step::Sending { sent, total });
    let upload = Upload::begin(&ticket, &blob, progress).map_err(|_| unreadable())?;
    CURRENT.set(Some(upload.request()));
    let sent = upload.finish().await;
    CURRENT.take();
    match sent {
        Sent::Answered(200..300) => {
            job.has_arrived();
            Ok(Some(ticket.job_id))
        }
        Sent::Cancelled => {
            job.cancel().await;
            Ok(None)
        }
        Sent::Answered(status) => Err(refused_by_storage(status)),
    }
}

fn refused_by_storage(status: u16) -> ApiError {
    match status {
        0 => ApiError::new(
            ErrorCode::Unavailable,
            "the connection to the storage broke; check your network and try again",
        ),
        status => ApiError::new(
            ErrorCode::Invalid,
            format!(
                "the storage refused the file (HTTP {status}); it may be larger than your plan allows, or the upload took too long: try again"
            ),
        ),
    }
}

/// Finds what is wrong in the first lines of an uncompressed file, with line and column.
async fn check_beginning(file: &File) -> Result<(), ApiError> {
    let Ok(slice) = file.slice_with_f64_and_f64(0.0, PREVIEW_BYTES) else { return Ok(()) };
    let Ok(buffer) = wasm_bindgen_futures::JsFuture::from(slice.array_buffer()).await else {
        return Err(ApiError::new(ErrorCode::Invalid, "the file cannot be read; choose it again"));
    };
    let bytes = js_sys::Uint8Array::new(buffer.unchecked_ref()).to_vec();
    if bytes.starts_with(&GZIP) {
        // Compressed files are checked by the worker.
        return Ok(());
    }
    let complete = file.size() <= PREVIEW_BYTES;
    check_preview(&bytes, complete)
        .map(|_| ())
        .map_err(|found| ApiError::new(ErrorCode::Invalid, found.to_string()))
}
