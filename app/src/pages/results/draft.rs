//! A filter that is being made, and its way into the address.

use super::Question;
use crate::browser;
use dioxus::core::Task;
use dioxus::prelude::*;
use gas_shared::explorer::Filter;
use std::time::Duration;

/// Changes follow each other while somebody types; this long after the last the server is asked.
const PAUSE: Duration = Duration::from_millis(250);

/// What the fields change.
#[derive(Clone, Copy, PartialEq)]
pub struct Draft {
    filter: Signal<Filter>,
    change: Callback<Filter>,
}

impl Draft {
    /// The filter as it is by now.
    pub fn filter(self) -> Filter {
        self.filter.read().clone()
    }

    /// Changes it.
    pub fn edit(self, edit: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.peek().clone();
        edit(&mut filter);
        self.set(filter);
    }

    /// Puts another in its place.
    pub fn set(self, filter: Filter) {
        self.change.call(filter);
    }
}

/// The draft of a question's filter.
pub fn use_draft(question: &Question) -> Draft {
    let mut filter = use_signal(|| question.filter.clone());
    let mut asked = use_signal(|| question.clone());
    let mut waiting = use_signal(|| None::<Task>);
    // What the address says counts, also after "back". Where only its order is another, what is
    // being typed goes on.
    let current = question.clone();
    use_effect(use_reactive!(|current| {
        if current.filter != asked.peek().filter {
            if let Some(task) = waiting.take() {
                task.cancel();
            }
            filter.set(current.filter.clone());
        }
        asked.set(current);
    }));
    let change = use_callback(move |changed: Filter| {
        filter.set(changed);
        if let Some(task) = waiting.take() {
            task.cancel();
        }
        waiting.set(Some(spawn(async move {
            browser::sleep(PAUSE).await;
            let question = Question { filter: filter.peek().clone(), ..asked.peek().clone() };
            asked.set(question.clone());
            // One step of the history for all filters: "back" leads to the job.
            navigator().replace(question.route());
        })));
    });
    Draft { filter, change }
}
