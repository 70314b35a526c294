//! The tasks that check, send and confirm the files of the queue.
//!
//! Each transfer has a task that belongs to the application and not to the page. The user's commands
//! reach it over a channel.

use super::inspect::inspect;
use super::queue::{QueuedFile, UploadQueue};
use super::resume;
use super::state::{UploadEvent, UploadState};
use super::transfer::{Command, Transfer, TransferError, cancel_job};
use crate::api;
use dioxus::core::spawn_forever;
use futures::channel::mpsc;
use gas_shared::{JobId, Plan};
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    /// The command channels of the running transfers, by the ids of their files.
    static TRANSFERS: RefCell<HashMap<u32, mpsc::UnboundedSender<Command>>> = RefCell::default();
}

/// Applies an event to a file, then starts the transfers for which there is room.
pub fn apply(queue: UploadQueue, id: u32, event: UploadEvent) {
    queue.apply(id, event);
    while let Some(file) = queue.start_next() {
        start_transfer(queue, file);
    }
}

/// Checks a file.
pub fn start_check(queue: UploadQueue, id: u32, plan: Plan) {
    spawn_forever(async move {
        let Some(file) = queue.file(id) else { return };
        let event = match inspect(&file.content).await {
            Ok(preview) => {
                let verdict = queue.set_preview(id, preview);
                // The plan may have changed during the check.
                let plan = queue.live.latest_plan().unwrap_or(plan);
                let fits = file.size <= plan.max_upload_bytes();
                match verdict {
                    Some(rejected @ UploadEvent::Rejected(_)) => rejected,
                    _ if !fits => UploadEvent::TooLarge,
                    Some(review) => review,
                    None => UploadEvent::Passed,
                }
            }
            Err(error) => UploadEvent::Rejected(error),
        };
        apply(queue, id, event);
    });
}

/// Sends a file and confirms its upload.
fn start_transfer(queue: UploadQueue, file: QueuedFile) {
    let id = file.id;
    let (sender, commands) = mpsc::unbounded();
    TRANSFERS.with_borrow_mut(|transfers| transfers.insert(id, sender));
    spawn_forever(async move {
        let result = Transfer::new(queue, file, commands).run().await;
        TRANSFERS.with_borrow_mut(|transfers| transfers.remove(&id));
        match result {
            Ok(job) => {
                apply(queue, id, UploadEvent::Arrived(job));
                confirm(queue, id, job).await;
            }
            Err(TransferError::Stopped) => apply(queue, id, UploadEvent::Stopped),
            Err(TransferError::Failed(error)) => apply(queue, id, UploadEvent::Failed(error)),
        }
    });
}

/// Sends a command to the transfer of a file.
pub fn command(id: u32, command: Command) {
    TRANSFERS.with_borrow(|transfers| {
        if let Some(transfer) = transfers.get(&id) {
            // Fails if the transfer has just ended, which makes the command obsolete.
            _ = transfer.unbounded_send(command);
        }
    });
}

/// Confirms a file again whose confirmation failed. Files to send are started by [`apply`].
pub fn retry_confirmation(queue: UploadQueue, id: u32) {
    if let Some(QueuedFile { state: UploadState::Confirming(job), .. }) = queue.file(id) {
        spawn_forever(confirm(queue, id, job));
    }
}

async fn confirm(queue: UploadQueue, id: u32, job: JobId) {
    match api::confirm_upload(job).await.and_then(|job| job.read()) {
        Ok(job) => {
            if let Some(file) = queue.file(id) {
                resume::forget(&file);
            }
            queue.live.upsert(job.clone());
            apply(queue, id, UploadEvent::Confirmed(Box::new(job)));
        }
        Err(error) => apply(queue, id, UploadEvent::Unconfirmed(error)),
    }
}

/// Cancels the unfinished job of a file that the user removes from the queue.
pub fn abandon(queue: UploadQueue, file: &QueuedFile) {
    let job = match file.state {
        UploadState::Unconfirmed(job, _) => Some(job),
        UploadState::Failed(_) => resume::unfinished_job(file),
        _ => None,
    };
    if let Some(job) = job {
        resume::forget(file);
        spawn_forever(cancel_job(queue.live, job));
    }
}
