//! The filter that is being edited, which is written to the address after a pause.

use super::TableQuery;
use crate::browser;
use dioxus::core::Task;
use dioxus::prelude::*;
use gas_shared::explorer::Filter;
use std::time::Duration;

/// The pause after the last change, so that typing does not send a query per key.
const PAUSE: Duration = Duration::from_millis(250);

/// The filter that the fields edit.
#[derive(Clone, Copy, PartialEq)]
pub struct Draft {
    filter: Signal<Filter>,
    change: Callback<Filter>,
}

impl Draft {
    /// The current filter.
    pub fn filter(self) -> Filter {
        self.filter.read().clone()
    }

    /// The current filter, without subscribing to its changes.
    pub fn peek(self) -> Filter {
        self.filter.peek().clone()
    }

    /// Edits the filter.
    pub fn edit(self, edit: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.peek().clone();
        edit(&mut filter);
        self.set(filter);
    }

    /// Replaces the filter.
    pub fn set(self, filter: Filter) {
        self.change.call(filter);
    }
}

/// A draft of the filter of a query.
pub fn use_draft(query: &TableQuery) -> Draft {
    let mut filter = use_signal(|| query.filter.clone());
    let mut submitted = use_signal(|| query.clone());
    let mut waiting = use_signal(|| None::<Task>);
    // A filter in the address, for example after "back", replaces the draft. If only the sort order
    // changes, editing continues.
    let current = query.clone();
    use_effect(use_reactive!(|current| {
        if current.filter != submitted.peek().filter {
            if let Some(task) = waiting.take() {
                task.cancel();
            }
            filter.set(current.filter.clone());
        }
        submitted.set(current);
    }));
    let change = use_callback(move |changed: Filter| {
        filter.set(changed);
        if let Some(task) = waiting.take() {
            task.cancel();
        }
        waiting.set(Some(spawn(async move {
            browser::sleep(PAUSE).await;
            let query = TableQuery { filter: filter.peek().clone(), ..submitted.peek().clone() };
            submitted.set(query.clone());
            // All filters share one history entry, so that "back" returns to the job.
            navigator().replace(query.route());
        })));
    });
    Draft { filter, change }
}
