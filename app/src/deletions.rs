//! Deletions of single jobs, which can be undone for some seconds. The job is hidden at once and deleted
//! afterwards.

use crate::api;
use crate::browser;
use crate::error::ErrorCode;
use crate::live::Live;
use crate::toasts::{ToastAction, Toasts, Tone};
use dioxus::core::spawn_forever;
use dioxus::prelude::*;
use gas_shared::{JobId, JobView};
use std::collections::HashMap;
use std::time::Duration;

/// How long a deletion can be undone.
const UNDO_TIME: Duration = Duration::from_secs(8);

/// The deletions of this browser tab that can still be undone.
#[derive(Clone, Copy, PartialEq)]
pub struct Deletions {
    /// The jobs, with the number of their deletion: an undone one may be followed by another.
    pending: Signal<HashMap<JobId, u32>>,
    count: Signal<u32>,
    live: Live,
    toasts: Toasts,
}

impl Deletions {
    /// Hides a job, and deletes it unless the user takes that back.
    pub fn start(mut self, job: &JobView) {
        let (id, name) = (job.id, job.shown_name().to_owned());
        let number = *self.count.peek();
        self.count.set(number + 1);
        self.pending.write().insert(id, number);
        self.live.hide(id);
        self.toasts.with_action(
            Tone::Success,
            format!("{name} deleted"),
            ToastAction::UndoDeletion(id),
        );
        // The task does not belong to the page that starts the deletion, which the user may leave.
        spawn_forever(async move {
            browser::sleep(UNDO_TIME).await;
            if self.pending.peek().get(&id) == Some(&number) {
                self.finish(id, &name).await;
            }
        });
    }

    /// Shows a job again that is not deleted yet.
    pub fn undo(mut self, id: JobId) {
        self.toasts.dismiss_action(&ToastAction::UndoDeletion(id));
        if self.pending.write().remove(&id).is_some() {
            self.live.unhide(id);
        }
    }

    async fn finish(mut self, id: JobId, name: &str) {
        self.pending.write().remove(&id);
        self.toasts.dismiss_action(&ToastAction::UndoDeletion(id));
        match api::delete_job(id).await {
            Ok(()) => self.live.remove(id),
            // Another tab or the page's last request has deleted it.
            Err(error) if error.code == ErrorCode::NotFound => self.live.remove(id),
            Err(error) => {
                self.live.unhide(id);
                self.toasts.error(format!("{name} could not be deleted: {}", error.message));
            }
        }
    }
}

/// Provides [`Deletions`] to the components below.
pub fn use_deletions_provider(live: Live, toasts: Toasts) {
    let deletions =
        Deletions { pending: use_signal(HashMap::new), count: use_signal(|| 0), live, toasts };
    use_context_provider(|| deletions);
    // If the page is closed meanwhile, the jobs are deleted nevertheless, as the message has said.
    use_effect(move || {
        browser::on_page_hide(move || {
            for id in deletions.pending.peek().keys() {
                browser::send_last_request(&format!("/api/jobs/{id}/delete"));
            }
        });
    });
}

/// The deletions provided by [`use_deletions_provider`].
pub fn use_deletions() -> Deletions {
    use_context::<Deletions>()
}
