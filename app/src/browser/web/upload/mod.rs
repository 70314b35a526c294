//! The way of a file: checked here, sent to S3, confirmed.
//!
//! Each file that is being sent has a task. The task belongs to the application and not to the page,
//! and hears the user by a channel.

mod check;
mod remember;
mod send;
mod xhr;

pub use check::check;

use crate::api;
use crate::pages::{Card, End, Event, State, Uploads};
use dioxus::core::spawn_forever;
use futures::channel::mpsc;
use gas_shared::JobId;
use send::Trip;
use std::cell::RefCell;
use std::collections::HashMap;

/// What the user wants of a file that is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Stop it.
    Stop,
    /// Do not wait any longer, try again now.
    Resume,
}

thread_local! {
    /// The ways to the tasks, by the numbers of their files.
    static TASKS: RefCell<HashMap<u32, mpsc::UnboundedSender<Command>>> = RefCell::default();
}

/// Tells a file's task what the user wants.
pub fn command(id: u32, command: Command) {
    TASKS.with_borrow(|tasks| {
        if let Some(task) = tasks.get(&id) {
            // A task that has ended in this moment needs no command.
            _ = task.unbounded_send(command);
        }
    });
}

/// Sends a file of the queue.
pub fn send(uploads: Uploads, id: u32) {
    let Some(card) = uploads.card(id) else { return };
    let (sender, commands) = mpsc::unbounded();
    TASKS.with_borrow_mut(|tasks| tasks.insert(id, sender));
    spawn_forever(async move {
        let end = Trip::new(uploads, card, commands).make().await;
        TASKS.with_borrow_mut(|tasks| tasks.remove(&id));
        match end {
            Ok(job) => {
                uploads.tell(id, Event::Arrived(job));
                confirm(uploads, id, job).await;
            }
            Err(End::Stopped) => uploads.tell(id, Event::Stopped),
            Err(End::Failed(error)) => uploads.tell(id, Event::Failed(error)),
        }
    });
}

/// Goes on with a file after the user asked for it: those that are to be sent go by themselves.
pub fn try_again(uploads: Uploads, id: u32) {
    if let Some(Card { state: State::Confirming(job), .. }) = uploads.card(id) {
        spawn_forever(confirm(uploads, id, job));
    }
}

async fn confirm(uploads: Uploads, id: u32, job: JobId) {
    match api::confirm_upload(job).await.and_then(|job| job.read()) {
        Ok(job) => {
            if let Some(card) = uploads.card(id) {
                remember::forget(&card);
            }
            uploads.live.learn(job.clone());
            uploads.tell(id, Event::Confirmed(Box::new(job)));
        }
        Err(error) => uploads.tell(id, Event::Unconfirmed(error)),
    }
}

/// Ends what waits for a file that the user takes off the list.
pub fn forget(uploads: Uploads, card: &Card) {
    let job = match card.state {
        State::Unconfirmed(job, _) => Some(job),
        State::Failed(_) => remember::recall(card),
        _ => None,
    };
    if let Some(job) = job {
        remember::forget(card);
        spawn_forever(cancel(uploads, job));
    }
}

/// Cancels a job whose file will not come. Where the server cannot be reached the job stays, and is
/// ended by the server after a while.
async fn cancel(uploads: Uploads, job: JobId) {
    if let Ok(job) = api::cancel_job(job).await.and_then(|job| job.read()) {
        uploads.live.learn(job);
    }
}
