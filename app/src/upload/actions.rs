//! What the user can do with the queue.

use super::queue::UploadQueue;
use super::state::UploadEvent;
use super::tasks;
use super::transfer::Command;
use crate::account::use_account;
use crate::announcer::use_announcer;
use crate::browser::{self, ChosenFile};
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::Plan;

/// Provides the queue to the components below.
pub fn use_upload_queue_provider() {
    let queue = UploadQueue::create(use_live(), use_announcer());
    use_context_provider(|| queue);
    let plan = use_account().map_or(Plan::Free, |account| account.plan);
    // An upgrade starts the uploads that were too large before.
    use_effect(use_reactive!(|plan| queue.raise_limit(plan)));
    use_effect(move || browser::warn_before_unload(queue.is_unfinished()));
}

impl UploadQueue {
    /// Adds files and starts to check them.
    pub fn add(self, plan: Plan, files: Vec<ChosenFile>) {
        for id in self.push(files) {
            tasks::start_check(self, id, plan);
        }
    }

    /// Stops the transfer of a file.
    pub fn stop(self, id: u32) {
        tasks::command(id, Command::Stop);
        tasks::apply(self, id, UploadEvent::Stop);
    }

    /// Ends the pause before the next attempt.
    pub fn resume(self, id: u32) {
        tasks::command(id, Command::Resume);
    }

    /// Retries the step that failed.
    pub fn retry(self, id: u32) {
        tasks::apply(self, id, UploadEvent::Retry);
        tasks::retry_confirmation(self, id);
    }

    /// Sends a file that the user has reviewed.
    pub fn submit(self, id: u32) {
        tasks::apply(self, id, UploadEvent::Reviewed);
    }

    /// Removes a file from the queue.
    pub fn remove(self, id: u32) {
        if let Some(file) = self.file(id) {
            tasks::abandon(self, &file);
        }
        self.remove_file(id);
    }

    /// Starts the files that the plan allows now.
    fn raise_limit(self, plan: Plan) {
        for file in self.fitting(plan) {
            let event = if file.needs_review {
                UploadEvent::ReviewRequired
            } else {
                UploadEvent::LimitRaised
            };
            tasks::apply(self, file.id, event);
        }
    }
}
